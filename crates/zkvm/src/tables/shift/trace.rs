//! How a row is made.

use super::{ShiftRow, ShiftVariableRow, columns::Shifted};
use crate::{
    stark::Val,
    tables::power::Power,
    trace::Executed,
    word::{limbs, word},
};
use core::array;
use p3_field::PrimeCharacteristicRing;
use tribunal_mips::Op;

impl ShiftRow<Val> {
    pub(crate) fn new(executed: &Executed) -> Self {
        let amount = executed.decoded.immediate as u16;
        Self { step: executed.step(), shifted: Shifted::new(executed, amount), amount: Val::from_u16(amount) }
    }
}

impl ShiftVariableRow<Val> {
    pub(crate) fn new(executed: &Executed) -> Self {
        let given = executed.rs.value as u16;
        let width = if executed.is_one_of(&[Op::Sllv, Op::Srlv, Op::Srav]) { 32 } else { 64 };
        Self {
            step: executed.step(),
            shifted: Shifted::new(executed, given % width),
            rs: executed.rs.read(),
            excess: Val::from_u16(given / width),
        }
    }
}

impl Shifted<Val> {
    /// The cells of a shift by an amount below the width.
    fn new(executed: &Executed, amount: u16) -> Self {
        let is = |ops: [Op; 2]| executed.is_one_of(&ops);
        let [sll, srl, sra] = [[Op::Sll, Op::Sllv], [Op::Srl, Op::Srlv], [Op::Sra, Op::Srav]].map(is);
        let [dsll, dsrl, dsra] =
            [[Op::Dsll, Op::Dsllv], [Op::Dsrl, Op::Dsrlv], [Op::Dsra, Op::Dsrav]].map(is);
        let left = sll || dsll;
        let whole = amount / 16;
        let bits = u32::from(if left { amount % 16 } else { 16 - amount % 16 });

        let (operand, result) = (executed.rt.value, executed.rd.new);
        let (moved, sign) = if left {
            (operand << (16 * whole), sll.then(|| limbs(result)[1]))
        } else if srl {
            (u64::from(operand as u32) >> (16 * whole), Some(limbs(result)[1]))
        } else if sra {
            ((i64::from(operand as i32) >> (16 * whole)) as u64, Some(limbs(operand)[1]))
        } else if dsra {
            ((operand as i64 >> (16 * whole)) as u64, Some(limbs(operand)[3]))
        } else {
            (operand >> (16 * whole), None)
        };
        let signed = sign.unwrap_or_default();
        let parts = limbs(moved).map(|limb| u32::from(limb) << bits);
        let [sll, srl, sra, dsll, dsrl, dsra] = [sll, srl, sra, dsll, dsrl, dsra].map(Val::from_bool);
        Self {
            sll,
            srl,
            sra,
            dsll,
            dsrl,
            dsra,
            rt: executed.rt.read(),
            rd: executed.rd.write(),
            whole: array::from_fn(|limbs| Val::from_bool(usize::from(whole) == limbs + 1)),
            power: Power::new(bits),
            upper: parts.map(|part| Val::from_u32(part >> 16)),
            lower: parts.map(|part| Val::from_u32((part & 0xffff) >> bits)),
            sign: Val::from_u16(signed >> 15),
            without_sign: Val::from_u16(signed & 0x7fff),
            result: word(result),
        }
    }
}
