//! Loads and stores of bytes, halves, words and doublewords, atomic ones included.

use crate::{Bus, WORD_MASK, Width};

/// `lb`, `lbu`, `lh`, `lhu`, `lw`, `lwu`, `ld`.
#[inline(always)]
pub(super) fn load<B: Bus>(bus: &mut B, address: u64, width: Width, signed: bool) -> Result<u64, B::Error> {
    Ok(width.select(address, bus.load(address & WORD_MASK)?, signed))
}

/// `sb`, `sh`, `sw`, `sd`. Returns 0 for the destination register, which a store does not have.
#[inline(always)]
pub(super) fn store<B: Bus>(bus: &mut B, address: u64, width: Width, value: u64) -> Result<u64, B::Error> {
    let word = match width {
        Width::Double => value,
        Width::Byte | Width::Half | Width::Word => {
            width.insert(address, bus.load(address & WORD_MASK)?, value)
        }
    };
    bus.store(address & WORD_MASK, word)?;
    Ok(0)
}

/// `ll`, `lld`.
#[inline]
pub(super) fn load_linked<B: Bus>(bus: &mut B, address: u64, width: Width) -> Result<u64, B::Error> {
    Ok(width.select(address, bus.load_linked(address, width)?, true))
}

/// `sc`, `scd`: 1 if the value was stored, otherwise 0.
#[inline]
pub(super) fn store_conditional<B: Bus>(
    bus: &mut B,
    address: u64,
    width: Width,
    value: u64,
) -> Result<u64, B::Error> {
    bus.store_conditional(address, width, value).map(u64::from)
}
