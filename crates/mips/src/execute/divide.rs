//! Division: the remainder to HI, the quotient to LO. The one quotient that does not fit wraps around.
//!
//! Each returns what goes to `rd`, a field that is zero in the manual: the VM writes 0 there. A division by zero changes
//! nothing.

use super::extend;
use crate::{Cpu, Exception};

/// `div`.
#[inline]
pub(super) const fn div(cpu: &mut Cpu, s: u64, t: u64) -> Result<u64, Exception> {
    let (s, t) = (s as i32, t as i32);
    if t == 0 {
        return Err(Exception::DivisionByZero);
    }
    set(cpu, extend(s.wrapping_rem(t) as u32), extend(s.wrapping_div(t) as u32))
}

/// `divu`.
#[inline]
pub(super) const fn divu(cpu: &mut Cpu, s: u64, t: u64) -> Result<u64, Exception> {
    let (s, t) = (s as u32, t as u32);
    if t == 0 {
        return Err(Exception::DivisionByZero);
    }
    set(cpu, extend(s % t), extend(s / t))
}

/// `ddiv`.
#[inline]
pub(super) const fn ddiv(cpu: &mut Cpu, s: u64, t: u64) -> Result<u64, Exception> {
    let (s, t) = (s as i64, t as i64);
    if t == 0 {
        return Err(Exception::DivisionByZero);
    }
    set(cpu, s.wrapping_rem(t) as u64, s.wrapping_div(t) as u64)
}

/// `ddivu`.
#[inline]
pub(super) const fn ddivu(cpu: &mut Cpu, s: u64, t: u64) -> Result<u64, Exception> {
    if t == 0 {
        return Err(Exception::DivisionByZero);
    }
    set(cpu, s % t, s / t)
}

#[inline]
const fn set(cpu: &mut Cpu, remainder: u64, quotient: u64) -> Result<u64, Exception> {
    (cpu.hi, cpu.lo) = (remainder, quotient);
    Ok(0)
}
