//! Shifts. An amount counts modulo the width.

use super::extend;

/// `sll`, `sllv`.
#[inline]
pub(super) const fn sll(t: u64, amount: u64) -> u64 {
    extend((t as u32) << (amount & 31))
}

/// `srl`, `srlv`. A shift by 0 sign-extends the word, too.
#[inline]
pub(super) const fn srl(t: u64, amount: u64) -> u64 {
    extend(t as u32 >> (amount & 31))
}

/// `sra`, `srav`.
#[inline]
pub(super) const fn sra(t: u64, amount: u64) -> u64 {
    (t as i32 >> (amount & 31)) as i64 as u64
}

/// `dsll`, `dsll32`, `dsllv`.
#[inline]
pub(super) const fn dsll(t: u64, amount: u64) -> u64 {
    t << (amount & 63)
}

/// `dsrl`, `dsrl32`, `dsrlv`.
#[inline]
pub(super) const fn dsrl(t: u64, amount: u64) -> u64 {
    t >> (amount & 63)
}

/// `dsra`, `dsra32`, `dsrav`.
#[inline]
pub(super) const fn dsra(t: u64, amount: u64) -> u64 {
    (t as i64 >> (amount & 63)) as u64
}
