//! Which bytes an unaligned load or store moves where.

use core::array;
use tribunal_mips::Side;

/// What one of the instructions loads or stores: a side of a value of 4 or 8 bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    /// The bytes of the value.
    pub(super) width: usize,
    pub(super) side: Side,
}

impl Part {
    /// The register after a load, from what was in memory and in the register, the least significant byte first. `place`
    /// is that of the address in its word, and `ones` is what a byte of the sign holds.
    pub(super) fn load<T: Clone>(self, place: usize, memory: &[T; 8], register: &[T; 8], ones: &T) -> [T; 8] {
        let (lowest, shift) = (self.lowest(place), self.shift(place));
        array::from_fn(|byte| {
            // The sign is loaded with the most significant byte of the value.
            let extends = matches!(self.side, Side::Left) || shift == 0;
            let from = match self.side {
                Side::Left => byte.checked_sub(shift),
                Side::Right => Some(byte + shift),
            };
            match from {
                _ if byte >= self.width && extends => ones,
                Some(from) if byte < self.width && from < self.width => &memory[lowest + from],
                _ => &register[byte],
            }
            .clone()
        })
    }

    /// The word of memory after a store.
    pub(super) fn store<T: Clone>(self, place: usize, memory: &[T; 8], register: &[T; 8]) -> [T; 8] {
        let (lowest, shift) = (self.lowest(place), self.shift(place));
        array::from_fn(|byte| {
            let to = byte.checked_sub(lowest).filter(|to| *to < self.width);
            let from = match self.side {
                Side::Left => to.map(|to| to + shift),
                Side::Right => to.and_then(|to| to.checked_sub(shift)),
            };
            match from {
                Some(from) if from < self.width => &register[from],
                _ => &memory[byte],
            }
            .clone()
        })
    }

    /// The place of the value's least significant byte in the word, where the last byte in memory counts as byte 0.
    const fn lowest(self, place: usize) -> usize {
        8 - self.width - place / self.width * self.width
    }

    /// The bytes of the value that are not loaded or stored.
    const fn shift(self, place: usize) -> usize {
        match self.side {
            Side::Left => place % self.width,
            Side::Right => self.width - 1 - place % self.width,
        }
    }
}
