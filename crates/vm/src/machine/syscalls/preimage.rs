//! Reads of a pre-image and writes of its key: what they do, and how compiled code makes them without an exact step.

use super::{
    io::{PREIMAGE_READ, PREIMAGE_WRITE},
    number, register,
};
use crate::{machine::FastBus, oracle::TrackingOracle};
use alloy_primitives::B256;
use tribunal_mips::{Cpu, WORD_MASK};

/// The bytes of a word that a call reads or writes. They begin at `address`. There are `count`, or fewer if the word
/// ends earlier. Returns the index of the first of these bytes in the word, and their number.
fn bytes_in_word(address: u64, count: u64) -> (usize, usize) {
    let first = (address & 7) as usize;
    let to_end = 8 - first;
    (first, usize::try_from(count).unwrap_or(usize::MAX).min(to_end))
}

/// `read`: copies the beginning of `unread` into `word`, and returns the new word and the number of bytes that were
/// read. `word` is the word that contains `address`. `unread` is the part of a pre-image that was not read yet. Reads
/// at most `count` bytes, and none beyond the end of the word.
#[inline]
pub(super) fn read_into(word: u64, address: u64, count: u64, unread: &[u8]) -> (u64, u64) {
    let (first, room) = bytes_in_word(address, count);
    let length = unread.len().min(room);
    let mut bytes = word.to_be_bytes();
    bytes[first..first + length].copy_from_slice(&unread[..length]);
    (u64::from_be_bytes(bytes), length as u64)
}

/// `write`: shifts bytes of `word` into the key from the right, and returns how many. `word` is the word that contains
/// `address`. The bytes begin at `address`. There are at most `count`, and none beyond the end of the word.
#[inline]
pub(super) fn shift_into(key: &mut B256, word: u64, address: u64, count: u64) -> u64 {
    let (first, length) = bytes_in_word(address, count);
    key.0.copy_within(length.., 0);
    key.0[32 - length..].copy_from_slice(&word.to_be_bytes()[first..first + length]);
    length as u64
}

/// Makes the system calls that compiled code makes without an exact step. A guest reads at most eight bytes of a
/// pre-image per call, so there are millions of such calls.
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
    /// Returns false and changes nothing if an exact step has to make the call. This is so if the call neither reads a
    /// pre-image nor writes its key, if the pre-image is not cached, if the call fails, or if its store may change page
    /// flags or the reservation. So the calls that are made here do nothing that the statistics count.
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

    /// Returns how many bytes were read. `None` if an exact step has to make the call.
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
