//! Addition and subtraction. Nothing traps on overflow.

use super::extend;

/// `addu`, `addiu`, `add`, `addi`.
#[inline]
pub(super) const fn addu(s: u64, t: u64) -> u64 {
    extend((s as u32).wrapping_add(t as u32))
}

/// `subu`, `sub`.
#[inline]
pub(super) const fn subu(s: u64, t: u64) -> u64 {
    extend((s as u32).wrapping_sub(t as u32))
}

/// `daddu`, `daddiu`, `dadd`, `daddi`.
#[inline]
pub(super) const fn daddu(s: u64, t: u64) -> u64 {
    s.wrapping_add(t)
}

/// `dsubu`, `dsub`.
#[inline]
pub(super) const fn dsubu(s: u64, t: u64) -> u64 {
    s.wrapping_sub(t)
}
