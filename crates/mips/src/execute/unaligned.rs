//! The left and right sides of unaligned loads and stores.
//!
//! Each function takes the address as given, the 8-byte word around it, and the register. Loads return the new value of
//! the register, stores that of the word.

use super::extend;
use crate::{Bus, WORD_MASK};

const LOW: u64 = 0xffff_ffff;

/// Loads the word around `address` and merges it into a register.
#[inline]
pub(super) fn load<B: Bus>(bus: &mut B, address: u64, merge: impl Fn(u64) -> u64) -> Result<u64, B::Error> {
    Ok(merge(bus.load(address & WORD_MASK)?))
}

/// Merges a register into the word around `address`. Returns 0 for the destination register, which a store does not
/// have.
#[inline]
pub(super) fn store<B: Bus>(bus: &mut B, address: u64, merge: impl Fn(u64) -> u64) -> Result<u64, B::Error> {
    let word = bus.load(address & WORD_MASK)?;
    bus.store(address & WORD_MASK, merge(word))?;
    Ok(0)
}

/// The 4-byte word at `address`.
const fn half(address: u64, word: u64) -> u32 {
    if address & 4 == 0 { (word >> 32) as u32 } else { word as u32 }
}

/// `word` with the 4-byte word at `address` replaced where `mask` has ones.
const fn merge_half(address: u64, word: u64, value: u32, mask: u32) -> u64 {
    let shift = if address & 4 == 0 { 32 } else { 0 };
    word & !((mask as u64) << shift) | ((value & mask) as u64) << shift
}

/// `lwl`.
#[inline]
pub(super) const fn lwl(address: u64, word: u64, register: u64) -> u64 {
    let shift = (address & 3) * 8;
    let kept = register as u32 & !((LOW as u32) << shift);
    extend(kept | half(address, word) << shift)
}

/// `lwr`. If the whole word is loaded it is sign-extended; otherwise the upper half of the register stays as it was.
#[inline]
pub(super) const fn lwr(address: u64, word: u64, register: u64) -> u64 {
    let shift = 24 - (address & 3) * 8;
    let loaded = register as u32 & !(LOW as u32 >> shift) | half(address, word) >> shift;
    if address & 3 == 3 { extend(loaded) } else { register & !LOW | loaded as u64 }
}

/// `ldl`.
#[inline]
pub(super) const fn ldl(address: u64, word: u64, register: u64) -> u64 {
    let shift = (address & 7) * 8;
    word << shift | register & !(u64::MAX << shift)
}

/// `ldr`.
#[inline]
pub(super) const fn ldr(address: u64, word: u64, register: u64) -> u64 {
    let shift = 56 - (address & 7) * 8;
    word >> shift | register & !(u64::MAX >> shift)
}

/// `swl`.
#[inline]
pub(super) const fn swl(address: u64, word: u64, register: u64) -> u64 {
    let shift = (address & 3) * 8;
    merge_half(address, word, register as u32 >> shift, LOW as u32 >> shift)
}

/// `swr`.
#[inline]
pub(super) const fn swr(address: u64, word: u64, register: u64) -> u64 {
    let shift = 24 - (address & 3) * 8;
    merge_half(address, word, (register as u32) << shift, (LOW as u32) << shift)
}

/// `sdl`.
#[inline]
pub(super) const fn sdl(address: u64, word: u64, register: u64) -> u64 {
    let shift = (address & 7) * 8;
    register >> shift | word & !(u64::MAX >> shift)
}

/// `sdr`.
#[inline]
pub(super) const fn sdr(address: u64, word: u64, register: u64) -> u64 {
    let shift = 56 - (address & 7) * 8;
    register << shift | word & !(u64::MAX << shift)
}
