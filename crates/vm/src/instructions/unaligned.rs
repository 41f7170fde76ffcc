//! The left and right halves of unaligned loads and stores.
//!
//! Each function takes the address as given, the 8-byte word it lies in, and the register; loads return the register's
//! new value, stores the word's.

use super::Bus;
use crate::{error::Fault, memory::WORD_MASK};

const LOW: u64 = 0xffff_ffff;

#[inline]
pub(super) fn load(bus: &mut impl Bus, address: u64, merge: impl Fn(u64, u64) -> u64) -> Result<u64, Fault> {
    Ok(merge(address, bus.load(address & WORD_MASK)?))
}

/// Returns 0, for the destination register that a store does not have.
#[inline]
pub(super) fn store(bus: &mut impl Bus, address: u64, merge: impl Fn(u64, u64) -> u64) -> Result<u64, Fault> {
    let word = bus.load(address & WORD_MASK)?;
    bus.store(address & WORD_MASK, merge(address, word))?;
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

#[inline]
pub(super) const fn lwl(address: u64, word: u64, register: u64) -> u64 {
    let shift = (address & 3) * 8;
    let kept = register as u32 & !((LOW as u32) << shift);
    (kept | half(address, word) << shift) as i32 as i64 as u64
}

/// Loads the register's lower half from the right. Only where the whole half is loaded is its sign extended; otherwise
/// the FPVM leaves the upper half as it was.
#[inline]
pub(super) const fn lwr(address: u64, word: u64, register: u64) -> u64 {
    let shift = 24 - (address & 3) * 8;
    let loaded = register as u32 & !(LOW as u32 >> shift) | half(address, word) >> shift;
    if address & 3 == 3 { loaded as i32 as i64 as u64 } else { register & !LOW | loaded as u64 }
}

#[inline]
pub(super) const fn ldl(address: u64, word: u64, register: u64) -> u64 {
    let shift = (address & 7) * 8;
    word << shift | register & !(u64::MAX << shift)
}

#[inline]
pub(super) const fn ldr(address: u64, word: u64, register: u64) -> u64 {
    let shift = 56 - (address & 7) * 8;
    word >> shift | register & !(u64::MAX >> shift)
}

#[inline]
pub(super) const fn swl(address: u64, word: u64, register: u64) -> u64 {
    let shift = (address & 3) * 8;
    merge_half(address, word, register as u32 >> shift, LOW as u32 >> shift)
}

#[inline]
pub(super) const fn swr(address: u64, word: u64, register: u64) -> u64 {
    let shift = 24 - (address & 3) * 8;
    merge_half(address, word, (register as u32) << shift, (LOW as u32) << shift)
}

#[inline]
pub(super) const fn sdl(address: u64, word: u64, register: u64) -> u64 {
    let shift = (address & 7) * 8;
    register >> shift | word & !(u64::MAX >> shift)
}

#[inline]
pub(super) const fn sdr(address: u64, word: u64, register: u64) -> u64 {
    let shift = 56 - (address & 7) * 8;
    register << shift | word & !(u64::MAX << shift)
}
