//! Multiplication and division, most of them into HI and LO.
//!
//! Those return what goes to the instruction's destination field, which the manual has as zero: the FPVM writes 0 there.

use crate::{error::Fault, state::Cpu};

const fn extend(word: u32) -> u64 {
    word as i32 as i64 as u64
}

#[inline]
fn set(cpu: &mut Cpu, hi: u64, lo: u64) -> u64 {
    (cpu.hi, cpu.lo) = (hi, lo);
    0
}

/// `mthi`.
#[inline]
pub(super) fn set_hi(cpu: &mut Cpu, s: u64) -> u64 {
    set(cpu, s, cpu.lo)
}

/// `mtlo`.
#[inline]
pub(super) fn set_lo(cpu: &mut Cpu, s: u64) -> u64 {
    set(cpu, cpu.hi, s)
}

/// `mul`: the lower half of a 32-bit product, into a register.
#[inline]
pub(super) const fn mul(s: u64, t: u64) -> u64 {
    extend((s as u32).wrapping_mul(t as u32))
}

/// `mult`.
#[inline]
pub(super) fn mult(cpu: &mut Cpu, s: u64, t: u64) -> u64 {
    let product = (i64::from(s as i32) * i64::from(t as i32)) as u64;
    set(cpu, extend((product >> 32) as u32), extend(product as u32))
}

/// `multu`.
#[inline]
pub(super) fn multu(cpu: &mut Cpu, s: u64, t: u64) -> u64 {
    let product = u64::from(s as u32) * u64::from(t as u32);
    set(cpu, extend((product >> 32) as u32), extend(product as u32))
}

/// `div`. The one quotient that does not fit wraps around.
#[inline]
pub(super) fn div(cpu: &mut Cpu, s: u64, t: u64) -> Result<u64, Fault> {
    let (s, t) = (s as i32, t as i32);
    if t == 0 {
        return Err(Fault::DivisionByZero);
    }
    Ok(set(cpu, s.wrapping_rem(t) as i64 as u64, s.wrapping_div(t) as i64 as u64))
}

/// `divu`.
#[inline]
pub(super) fn divu(cpu: &mut Cpu, s: u64, t: u64) -> Result<u64, Fault> {
    let (s, t) = (s as u32, t as u32);
    if t == 0 {
        return Err(Fault::DivisionByZero);
    }
    Ok(set(cpu, extend(s % t), extend(s / t)))
}

/// `dmult`.
#[inline]
pub(super) fn dmult(cpu: &mut Cpu, s: u64, t: u64) -> u64 {
    let product = i128::from(s as i64) * i128::from(t as i64);
    set(cpu, (product >> 64) as u64, product as u64)
}

/// `dmultu`.
#[inline]
pub(super) fn dmultu(cpu: &mut Cpu, s: u64, t: u64) -> u64 {
    let product = u128::from(s) * u128::from(t);
    set(cpu, (product >> 64) as u64, product as u64)
}

/// `ddiv`. The one quotient that does not fit wraps around.
#[inline]
pub(super) fn ddiv(cpu: &mut Cpu, s: u64, t: u64) -> Result<u64, Fault> {
    let (s, t) = (s as i64, t as i64);
    if t == 0 {
        return Err(Fault::DivisionByZero);
    }
    Ok(set(cpu, s.wrapping_rem(t) as u64, s.wrapping_div(t) as u64))
}

/// `ddivu`.
#[inline]
pub(super) fn ddivu(cpu: &mut Cpu, s: u64, t: u64) -> Result<u64, Fault> {
    if t == 0 {
        return Err(Fault::DivisionByZero);
    }
    Ok(set(cpu, s % t, s / t))
}
