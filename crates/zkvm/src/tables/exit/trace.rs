//! How a row is made.

use super::ExitRow;
use crate::{
    calls::{CLONE_FLAGS, PANIC, number},
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
        let clones = call.number == number::CLONE.into();
        let is = |number: u16| Val::from_bool(call.number == number.into());
        let exits = call.number == number::EXIT.into();
        let weights = [1, 2, 2, 2].map(Val::from_u8);
        let limbs = threads.iter().flat_map(|threads| limbs(threads.old).into_iter().zip(weights));
        let count: Val = limbs.map(|(limb, weight)| Val::from_u16(limb) * weight).sum();
        let others = count - Val::ONE;
        let [low, high, third, fourth] = word(a0);
        let [low_flags, high_flags, ..] = word(CLONE_FLAGS.into());
        let numbers = if exits {
            [others, Val::ZERO, Val::ZERO]
        } else if clones {
            [low - low_flags, high - high_flags, third + fourth]
        } else {
            [Val::ZERO; 3]
        };
        // One of them is enough.
        let mut factors = numbers.map(|number| number.try_inverse().unwrap_or_default());
        if let Some(first) = factors.iter().position(|factor| *factor != Val::ZERO) {
            factors[first + 1..].fill(Val::ZERO);
        }
        Self {
            time: Val::from_u32(call.time),
            group: is(number::EXIT_GROUP),
            thread: Val::from_bool(exits && others == Val::ZERO),
            dies: Val::from_bool(exits && others != Val::ZERO),
            clone: Val::from_bool(clones),
            low: [a0 as u8, (a0 >> 8) as u8].map(Val::from_u8),
            code: Val::from_u8(if clones { PANIC } else { a0 as u8 }),
            upper,
            others: [a1, a2].map(word),
            threads: threads.map(|threads| threads.replaced()),
            factors,
        }
    }
}
