//! Multiplication. All but `mul` put the product into HI and LO and return what goes to `rd`, a field that is zero in
//! the manual: the VM writes 0 there.

use super::extend;
use crate::Cpu;

/// `mul`: the lower half of a 32-bit product.
#[inline]
pub(super) const fn mul(s: u64, t: u64) -> u64 {
    extend((s as u32).wrapping_mul(t as u32))
}

/// `mult`.
#[inline]
pub(super) const fn mult(cpu: &mut Cpu, s: u64, t: u64) -> u64 {
    let product = (s as i32 as i64 * t as i32 as i64) as u64;
    set(cpu, extend((product >> 32) as u32), extend(product as u32))
}

/// `multu`.
#[inline]
pub(super) const fn multu(cpu: &mut Cpu, s: u64, t: u64) -> u64 {
    let product = s as u32 as u64 * t as u32 as u64;
    set(cpu, extend((product >> 32) as u32), extend(product as u32))
}

/// `dmult`.
#[inline]
pub(super) const fn dmult(cpu: &mut Cpu, s: u64, t: u64) -> u64 {
    let product = s as i64 as i128 * t as i64 as i128;
    set(cpu, (product >> 64) as u64, product as u64)
}

/// `dmultu`.
#[inline]
pub(super) const fn dmultu(cpu: &mut Cpu, s: u64, t: u64) -> u64 {
    let product = s as u128 * t as u128;
    set(cpu, (product >> 64) as u64, product as u64)
}

#[inline]
const fn set(cpu: &mut Cpu, hi: u64, lo: u64) -> u64 {
    (cpu.hi, cpu.lo) = (hi, lo);
    0
}
