//! Loads and stores of bytes, halves, words and doublewords. An address is rounded down to a multiple of the width: the
//! FPVM has no address error.

use super::Bus;
use crate::{error::Fault, memory::WORD_MASK};

/// How much is loaded or stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Width {
    Byte = 1,
    Half = 2,
    Word = 4,
    Double = 8,
}

impl Width {
    const fn bits(self) -> u32 {
        self as u32 * 8
    }

    const fn mask(self) -> u64 {
        u64::MAX >> (64 - self.bits())
    }

    /// How far left of the word's end the piece lies, in bits.
    const fn shift(self, address: u64) -> u32 {
        let place = address as u32 & 7 & !(self as u32 - 1);
        64 - self.bits() - 8 * place
    }
}

/// The piece of `word` at `address`.
#[inline]
pub(crate) const fn select(address: u64, word: u64, width: Width, signed: bool) -> u64 {
    let piece = word >> width.shift(address) & width.mask();
    let unused = 64 - width.bits();
    if signed { ((piece << unused) as i64 >> unused) as u64 } else { piece }
}

/// `word` with its piece at `address` replaced.
#[inline]
pub(crate) const fn insert(address: u64, word: u64, width: Width, value: u64) -> u64 {
    let shift = width.shift(address);
    word & !(width.mask() << shift) | (value & width.mask()) << shift
}

#[inline(always)]
pub(super) fn load(bus: &mut impl Bus, address: u64, width: Width, signed: bool) -> Result<u64, Fault> {
    Ok(select(address, bus.load(address & WORD_MASK)?, width, signed))
}

/// Returns 0, for the destination register that a store does not have.
#[inline(always)]
pub(super) fn store(bus: &mut impl Bus, address: u64, width: Width, value: u64) -> Result<u64, Fault> {
    if width == Width::Double {
        bus.store(address & WORD_MASK, value)?;
        return Ok(0);
    }
    let word = bus.load(address & WORD_MASK)?;
    bus.store(address & WORD_MASK, insert(address, word, width, value))?;
    Ok(0)
}
