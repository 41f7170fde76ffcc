//! How a row is made.

use super::ExitRow;
use crate::{
    calls::number,
    stark::Val,
    trace::{Call, Written},
    word::{limbs, word},
};
use p3_field::{Field, PrimeCharacteristicRing};

impl ExitRow<Val> {
    /// The row of a call that ends the program or the thread. `threads` are the accesses to the numbers of threads.
    pub(crate) fn new(call: &Call, threads: [Written; 2]) -> Self {
        let [a0, a1, a2] = call.arguments.map(|argument| argument.value);
        let [_, upper @ ..] = word(a0);
        let is = |number: u16| Val::from_bool(call.number == number.into());
        let exits = call.number == number::EXIT.into();
        let weights = [1, 2, 2, 2].map(Val::from_u8);
        let limbs = threads.iter().flat_map(|threads| limbs(threads.old).into_iter().zip(weights));
        let count: Val = limbs.map(|(limb, weight)| Val::from_u16(limb) * weight).sum();
        let others = count - Val::ONE;
        Self {
            time: Val::from_u32(call.time),
            group: is(number::EXIT_GROUP),
            thread: Val::from_bool(exits && others == Val::ZERO),
            dies: Val::from_bool(exits && others != Val::ZERO),
            code: Val::from_u8(a0 as u8),
            second: Val::from_u8((a0 >> 8) as u8),
            upper,
            others: [a1, a2].map(word),
            threads: threads.map(|threads| threads.replaced()),
            inverse: if exits { others.try_inverse().unwrap_or_default() } else { Val::ZERO },
        }
    }
}
