//! How a row is made.

use super::ExitRow;
use crate::{
    calls::number,
    stark::Val,
    trace::{Call, Written},
    word::word,
};
use p3_field::PrimeCharacteristicRing;

impl ExitRow<Val> {
    /// The row of a call that ends the program. `threads` are the accesses to the numbers of threads.
    pub(crate) fn new(call: &Call, threads: [Written; 2]) -> Self {
        let [a0, a1, a2] = call.arguments.map(|argument| argument.value);
        let [_, upper @ ..] = word(a0);
        let is = |number: u16| Val::from_bool(call.number == number.into());
        Self {
            time: Val::from_u32(call.time),
            group: is(number::EXIT_GROUP),
            thread: is(number::EXIT),
            code: Val::from_u8(a0 as u8),
            second: Val::from_u8((a0 >> 8) as u8),
            upper,
            others: [a1, a2].map(word),
            threads: threads.map(|threads| threads.replaced()),
        }
    }
}
