//! How a row is made.

use super::{UnalignedRow, columns::MemoryBytes};
use crate::{
    bus::{Constant, Slot, carries},
    stark::Val,
    trace::Executed,
    word::word,
};
use core::array;
use p3_field::PrimeCharacteristicRing;
use tribunal_mips::Op;

impl UnalignedRow<Val> {
    pub(crate) fn new(executed: &Executed) -> Self {
        let (constant, memory) = (executed.decoded.immediate, executed.memory);
        let place = executed.rs.value.wrapping_add_signed(constant.into()) & 7;
        let loads = executed.is_one_of(&[Op::Lwl, Op::Lwr, Op::Ldl, Op::Ldr]);
        let narrow = executed.is_one_of(&[Op::Lwl, Op::Lwr]);
        let result = executed.rd.new;
        Self {
            step: executed.step(),
            lwl: executed.is(Op::Lwl),
            lwr: executed.is(Op::Lwr),
            ldl: executed.is(Op::Ldl),
            ldr: executed.is(Op::Ldr),
            swl: executed.is(Op::Swl),
            swr: executed.is(Op::Swr),
            sdl: executed.is(Op::Sdl),
            sdr: executed.is(Op::Sdr),
            rs: executed.rs.read(),
            rt: executed.rt.read_bytes(),
            constant: Constant::new(constant),
            carries: carries(executed.rs.value, constant),
            places: array::from_fn(|other| Val::from_bool(place == other as u64 + 1)),
            memory: MemoryBytes {
                bytes: memory.old.to_le_bytes().map(Val::from_u8),
                before: Val::from_u32(memory.before),
                stored: Val::from_u32(memory.stored),
            },
            new: word(memory.new),
            stored: Val::from_u32(if loads { memory.stored } else { executed.time_of(Slot::Middle) }),
            rd: executed.rd.write(),
            result: word(if loads { result } else { 0 }),
            sign: Val::from_bool(narrow && result >> 31 & 1 == 1),
            both: (memory.old & executed.rt.value).to_le_bytes().map(Val::from_u8),
        }
    }
}
