//! How a row is made.

use super::LoadNarrowRow;
use crate::{
    bus::{Address, Constant},
    stark::Val,
    trace::Executed,
    word::word,
};
use p3_field::PrimeCharacteristicRing;
use tribunal_mips::Op;

impl LoadNarrowRow<Val> {
    pub(crate) fn new(executed: &Executed) -> Self {
        let (constant, result) = (executed.decoded.immediate, executed.rd.new);
        let address = executed.rs.value.wrapping_add_signed(constant.into());
        let byte = executed.is_one_of(&[Op::Lb, Op::Lbu]);
        let word_ = executed.is_one_of(&[Op::Lw, Op::Lwu]);
        let unsigned = executed.is_one_of(&[Op::Lbu, Op::Lhu, Op::Lwu]);
        let sign = !unsigned && result >> 63 == 1;
        let (bits, with_sign) = match (byte, word_) {
            (true, _) => (8, result as u8 as u16),
            (_, false) => (16, result as u16),
            (_, true) => (16, (result >> 16) as u16),
        };
        let [low, high, ..] = word(result);
        Self {
            step: executed.step(),
            byte: Val::from_bool(byte),
            half: Val::from_bool(executed.is_one_of(&[Op::Lh, Op::Lhu])),
            word: Val::from_bool(word_),
            unsigned: Val::from_bool(unsigned),
            rs: executed.rs.read(),
            constant: Constant::new(constant),
            address: Address::new(executed.rs.value, constant),
            memory: executed.memory.cell(),
            rd: executed.rd.write(),
            low,
            high,
            other: Val::from_u8(if byte { byte_at(executed.memory.old, address ^ 1) } else { 0 }),
            sign: Val::from_bool(sign),
            rest: Val::from_u16(with_sign - (u16::from(sign) << (bits - 1))),
        }
    }
}

/// The byte of a word of memory at an address.
const fn byte_at(word: u64, address: u64) -> u8 {
    word.to_be_bytes()[(address & 7) as usize]
}
