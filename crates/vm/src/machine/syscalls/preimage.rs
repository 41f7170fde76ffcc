//! Reads of a pre-image and writes of its key: what they do, and how compiled code makes them without an exact step.

use super::{
    io::{PREIMAGE_READ, PREIMAGE_WRITE},
    number, register,
};
use crate::{machine::FastBus, oracle::TrackingOracle};
use alloy_primitives::B256;
use tribunal_mips::{Cpu, WORD_MASK};

/// The bytes that a call concerns, of the word around `address`: from `address` on, at most `count`, and at most to the
/// end of the word. Returns the index of the first of them in the word, and how many there are.
fn bytes_in_word(address: u64, count: u64) -> (usize, usize) {
    let first = (address & 7) as usize;
    let to_end = 8 - first;
    (first, usize::try_from(count).unwrap_or(usize::MAX).min(to_end))
}

/// `read`: replaces bytes of `word`, the word around `address`, by the beginning of `unread`, the part of a pre-image
/// that was not read yet. It reads at most `count` bytes, and at most to the end of the word. Returns the new word, and
/// how many bytes were read.
#[inline]
pub(super) fn read_into(word: u64, address: u64, count: u64, unread: &[u8]) -> (u64, u64) {
    let (first, room) = bytes_in_word(address, count);
    let length = unread.len().min(room);
    let mut bytes = word.to_be_bytes();
    bytes[first..first + length].copy_from_slice(&unread[..length]);
    (u64::from_be_bytes(bytes), length as u64)
}

/// `write`: shifts bytes of `word`, the word around `address`, into the key from the right: from `address` on, at most
/// `count`, and at most to the end of the word. Returns how many.
#[inline]
pub(super) fn shift_into(key: &mut B256, word: u64, address: u64, count: u64) -> u64 {
    let (first, length) = bytes_in_word(address, count);
    key.0.copy_within(length.., 0);
    key.0[32 - length..].copy_from_slice(&word.to_be_bytes()[first..first + length]);
    length as u64
}

/// Makes the system calls that compiled code makes without an exact step. A guest reads a pre-image eight bytes at a
/// time, so there are millions of them.
pub(crate) struct PreimageCalls<'a> {
    /// The key of the pre-image that the guest reads.
    pub(crate) key: &'a mut B256,
    /// How many bytes of that pre-image the guest has read, counting its 8-byte length.
    pub(crate) offset: &'a mut u64,
    pub(crate) oracle: &'a TrackingOracle,
    /// The last read: how many steps were made before it, and from which offset it has read.
    pub(crate) last_read: Option<(u64, u64)>,
}

impl PreimageCalls<'_> {
    /// Makes the system call that the registers describe, as an exact step does, but does not move the program counter.
    /// The program has made `step` steps before it.
    ///
    /// Returns false and changes nothing if an exact step has to make the call: if it is any other call, if it reads a
    /// pre-image that is not cached, if it fails, or if its store may change page flags or the reservation. So the
    /// calls that are made here do nothing that the statistics count.
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

    /// Returns how many bytes were read; `None` if an exact step has to make the call.
    fn read(&mut self, bus: &mut FastBus<'_>, address: u64, count: u64, step: u64) -> Option<u64> {
        let unread = self.oracle.rest_of_cached(self.key, *self.offset)?;
        let word_address = address & WORD_MASK;
        let (word, length) = read_into(bus.memory.read_word(word_address), address, count, unread);
        let is_reserved = word_address == bus.reservation.address & WORD_MASK;
        if is_reserved || !bus.memory.try_write_word(word_address, word) {
            return None;
        }
        self.last_read = Some((step, *self.offset));
        *self.offset += length;
        Some(length)
    }

    /// Returns how many bytes were written to the key.
    fn write_key(&mut self, bus: &FastBus<'_>, address: u64, count: u64) -> u64 {
        *self.offset = 0;
        shift_into(self.key, bus.memory.read_word(address), address, count)
    }
}
