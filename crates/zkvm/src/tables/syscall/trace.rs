//! How a row is made.

use super::SyscallRow;
use crate::{
    bus::Step,
    stark::Val,
    trace::{Call, Then},
    word::word,
};
use p3_field::PrimeCharacteristicRing;

impl SyscallRow<Val> {
    /// The row of a call. `constant` says whether its result is looked up.
    pub(crate) fn new(call: &Call, constant: bool) -> Self {
        let flag = Val::from_bool;
        Self {
            step: Step {
                time: Val::from_u32(call.time),
                pc: Val::from_u32(call.pc),
                next_pc: Val::from_u32(call.next_pc),
            },
            real: Val::ONE,
            returns: flag(call.then != Then::Ends),
            yields: flag(call.then == Then::Yields),
            clones: flag(call.then == Then::Clones),
            constant: flag(constant),
            number: Val::from_u64(call.number),
            number_before: Val::from_u32(call.v0.before),
            arguments: call.arguments.map(|argument| word(argument.value)),
            arguments_before: call.arguments.map(|argument| Val::from_u32(argument.before)),
            value: word(call.v0.new),
            error: flag(call.failed()),
            a3: call.a3.replaced(),
        }
    }

    /// The same row, with what a message of the bus `sc` says.
    #[cfg(test)]
    pub(crate) fn with_message(mut self, message: &[Val]) -> Self {
        let mut fields = message.iter().copied();
        let mut next = || fields.next().unwrap_or_default();
        self.step.time = next();
        self.number = next();
        self.arguments.as_flattened_mut().fill_with(&mut next);
        self.value.fill_with(&mut next);
        self.error = next();
        let then = next();
        let is = |other: u32| Val::from_bool(then == Val::from_u32(other));
        self.yields = is(crate::bus::YIELDS);
        self.clones = is(crate::bus::CLONES);
        self.returns = if self.yields + self.clones == Val::ONE { Val::ONE } else { then };
        self
    }
}
