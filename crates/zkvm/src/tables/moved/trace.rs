//! How a row is made.

use super::MovedRow;
use crate::{stark::Val, trace::Written, word::word};
use p3_field::PrimeCharacteristicRing;

/// A register of a switch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MovedRegister {
    /// When the step begins.
    pub(crate) time: u32,
    pub(crate) register: Written,
    /// The first cell of the record that a thread moves to, and the access to the register's cell.
    pub(crate) to: Option<(u32, Written)>,
    /// The same of the record from which a thread comes.
    pub(crate) from: Option<(u32, Written)>,
}

impl MovedRow<Val> {
    pub(crate) fn new(moved: &MovedRegister) -> Self {
        let MovedRegister { time, register, to, from } = *moved;
        let (start, before) = (
            |record: Option<(u32, Written)>| Val::from_u32(record.map_or(0, |(start, _)| start)),
            |record: Option<(u32, Written)>| Val::from_u32(record.map_or(0, |(_, cell)| cell.before)),
        );
        let flag = Val::from_bool;
        Self {
            time: Val::from_u32(time),
            register: Val::from_u8(register.register),
            both: flag(to.is_some() && from.is_some()),
            leaves: flag(to.is_some() && from.is_none()),
            comes: flag(to.is_none() && from.is_some()),
            to: start(to),
            from: start(from),
            old: word(register.old),
            new: word(register.new),
            before: Val::from_u32(register.before),
            to_before: before(to),
            from_before: before(from),
        }
    }
}
