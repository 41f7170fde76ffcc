//! How a row is made.

use super::CloneThreadRow;
use crate::{
    stark::Val,
    trace::{Call, Written},
    word::{limbs, word},
};
use core::array;
use p3_field::PrimeCharacteristicRing;

impl CloneThreadRow<Val> {
    /// The row of a call. `next` is the access to the number of the next thread; the others come after the switch: to the number
    /// of the running thread, the stack pointer and v0.
    pub(crate) fn new(call: &Call, next: Written, [thread, stack, value]: [Written; 3]) -> Self {
        let [_, a1, a2] = call.arguments.map(|argument| argument.value);
        let mut carry = true;
        let carries = array::from_fn(|limb| {
            carry &= limbs(next.old)[limb] == u16::MAX;
            Val::from_bool(carry)
        });
        Self {
            time: Val::from_u32(call.time),
            real: Val::ONE,
            others: [a1, a2].map(word),
            next: next.replaced(),
            carries,
            thread: thread.replaced(),
            stack: stack.replaced(),
            value_before: Val::from_u32(value.before),
        }
    }
}
