//! How a row is made.

use super::ShiftRow;
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
        let is_one_of = |ops: &[Op]| executed.is_one_of(ops);
        let flag = |ops: &[Op]| Val::from_bool(executed.is_one_of(ops));
        let narrow_variable = is_one_of(&[Op::Sllv, Op::Srlv, Op::Srav]);
        let wide_variable = is_one_of(&[Op::Dsllv, Op::Dsrlv, Op::Dsrav]);
        let narrow = narrow_variable || is_one_of(&[Op::Sll, Op::Srl, Op::Sra]);
        let left = is_one_of(&[Op::Sll, Op::Sllv, Op::Dsll, Op::Dsllv]);
        let variable = narrow_variable || wide_variable;

        let width = if narrow { 32 } else { 64 };
        let given = if variable { executed.rs.value as u16 } else { executed.decoded.immediate as u16 };
        let amount = given % width;
        let whole = amount / 16;
        let bits = u32::from(if left { amount % 16 } else { 16 - amount % 16 });

        let (operand, result) = (executed.rt.value, executed.rd.new);
        let (moved, sign) = if left {
            (operand << (16 * whole), narrow.then(|| limbs(result)[1]))
        } else if is_one_of(&[Op::Srl, Op::Srlv]) {
            (u64::from(operand as u32) >> (16 * whole), Some(limbs(result)[1]))
        } else if is_one_of(&[Op::Sra, Op::Srav]) {
            ((i64::from(operand as i32) >> (16 * whole)) as u64, Some(limbs(operand)[1]))
        } else if is_one_of(&[Op::Dsra, Op::Dsrav]) {
            ((operand as i64 >> (16 * whole)) as u64, Some(limbs(operand)[3]))
        } else {
            (operand >> (16 * whole), None)
        };
        let signed = sign.unwrap_or_default();
        let parts = limbs(moved).map(|limb| u32::from(limb) << bits);
        Self {
            step: executed.step(),
            sll: flag(&[Op::Sll, Op::Sllv]),
            srl: flag(&[Op::Srl, Op::Srlv]),
            sra: flag(&[Op::Sra, Op::Srav]),
            dsll: flag(&[Op::Dsll, Op::Dsllv]),
            dsrl: flag(&[Op::Dsrl, Op::Dsrlv]),
            dsra: flag(&[Op::Dsra, Op::Dsrav]),
            narrow_variable: Val::from_bool(narrow_variable),
            wide_variable: Val::from_bool(wide_variable),
            rs: executed.rs.read(),
            rt: executed.rt.read(),
            rd: executed.rd.write(),
            constant: Val::from_u16(if variable { 0 } else { given }),
            excess: Val::from_u16(given / width),
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
