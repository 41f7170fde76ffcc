//! How a row is made.

use super::StoreNarrowRow;
use crate::{
    bus::{Address, Constant},
    stark::Val,
    trace::Executed,
    word::word,
};
use p3_field::PrimeCharacteristicRing;
use tribunal_mips::Op;

impl StoreNarrowRow<Val> {
    pub(crate) fn new(executed: &Executed) -> Self {
        let constant = executed.decoded.immediate;
        let address = executed.rs.value.wrapping_add_signed(constant.into());
        let memory = executed.memory.old.to_be_bytes();
        let [replaced, kept] = [address, address ^ 1].map(|address| memory[(address & 7) as usize]);
        let of_byte = |value: u8| Val::from_u8(if executed.is_one_of(&[Op::Sb]) { value } else { 0 });
        let [byte, upper, ..] = executed.rt.value.to_le_bytes();
        Self {
            step: executed.step(),
            sb: executed.is(Op::Sb),
            sh: executed.is(Op::Sh),
            sw: executed.is(Op::Sw),
            rs: executed.rs.read(),
            rt: executed.rt.read(),
            constant: Constant::new(constant),
            address: Address::new(executed.rs.value, constant),
            memory: executed.memory.cell(),
            new: word(executed.memory.new),
            upper: of_byte(upper),
            replaced: Val::from_u8(replaced),
            kept: Val::from_u8(kept),
            both: [byte & upper, replaced & kept].map(of_byte),
        }
    }
}
