//! Reads of a pre-image and writes of its key: what they do, and how compiled code makes them without an exact step.

use super::{
    io::{PREIMAGE_READ, PREIMAGE_WRITE},
    number, register,
};
use crate::{machine::FastBus, oracle::TrackingOracle};
use alloy_primitives::B256;
use tribunal_mips::{Cpu, WORD_MASK};

/// The bytes of a word that a call concerns: from `address` on, at most `count`, and at most to the end of the word.
/// Returns the number of the first one, and how many there are.
fn piece(address: u64, count: u64) -> (usize, usize) {
    let skip = (address & 7) as usize;
    (skip, usize::try_from(count).unwrap_or(usize::MAX).min(8 - skip))
}

/// `read`: puts the next bytes of a pre-image into the word around `address`: at most `count`, and at most to the end of
/// the word. Returns the word, and how many bytes were read.
#[inline]
pub(super) fn read_into(word: u64, address: u64, count: u64, rest: &[u8]) -> (u64, u64) {
    let (skip, most) = piece(address, count);
    let length = rest.len().min(most);
    let mut bytes = word.to_be_bytes();
    bytes[skip..skip + length].copy_from_slice(&rest[..length]);
    (u64::from_be_bytes(bytes), length as u64)
}

/// `write`: shifts the bytes at `address` into the key from the right: at most `count`, and at most to the end of the word
/// there. Returns how many.
#[inline]
pub(super) fn shift_into(key: &mut B256, word: u64, address: u64, count: u64) -> u64 {
    let (skip, length) = piece(address, count);
    key.0.copy_within(length.., 0);
    key.0[32 - length..].copy_from_slice(&word.to_be_bytes()[skip..skip + length]);
    length as u64
}

/// The system calls that compiled code makes without an exact step. A guest reads a pre-image eight bytes at a time, so
/// there are millions of them.
pub(crate) struct PreimageCalls<'a> {
    pub(crate) key: &'a mut B256,
    pub(crate) offset: &'a mut u64,
    pub(crate) oracle: &'a TrackingOracle,
    /// The last read: the step that made it, and its offset.
    pub(crate) last_read: Option<(u64, u64)>,
}

impl PreimageCalls<'_> {
    /// Makes the system call that the registers describe, as an exact step does, but does not move the program counter.
    /// `step` others were made before.
    ///
    /// Returns false, and changes nothing, if an exact step has to make it: another call, one that asks the server or fails,
    /// or a store that needs a check. So page flags and the reservation stay as they are, and the statistics count
    /// nothing.
    pub(crate) fn make(&mut self, cpu: &mut Cpu, bus: &mut FastBus<'_>, step: u64) -> bool {
        let (address, count) = (cpu.get(register::A1), cpu.get(register::A2));
        let made = match (cpu.get(register::V0), cpu.get(register::A0)) {
            (number::READ, PREIMAGE_READ) => self.read(bus, address, count, step),
            (number::WRITE, PREIMAGE_WRITE) => Some(self.write_key(bus, address, count)),
            _ => None,
        };
        let Some(length) = made else { return false };
        cpu.set(register::V0, length);
        cpu.set(register::A3, 0);
        true
    }

    fn read(&mut self, bus: &mut FastBus<'_>, address: u64, count: u64, step: u64) -> Option<u64> {
        let rest = self.oracle.rest_of_cached(self.key, *self.offset)?;
        let place = address & WORD_MASK;
        let (word, length) = read_into(bus.memory.read_word(place), address, count, rest);
        if place == bus.reservation.address & WORD_MASK || !bus.memory.try_write_word(place, word) {
            return None;
        }
        self.last_read = Some((step, *self.offset));
        *self.offset += length;
        Some(length)
    }

    fn write_key(&mut self, bus: &FastBus<'_>, address: u64, count: u64) -> u64 {
        *self.offset = 0;
        shift_into(self.key, bus.memory.read_word(address), address, count)
    }
}
