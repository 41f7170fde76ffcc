//! Reads and stores ranges of bytes, which may begin at any address. A range that reaches the end of the address space
//! continues at address 0.

use super::{Memory, MemoryError};

impl Memory {
    /// Fills `out` with the bytes that begin at `address`.
    pub fn read_bytes(&self, mut address: u64, out: &mut [u8]) {
        let mut rest = out;
        while !rest.is_empty() {
            let skip = (address & 7) as usize;
            let take = (8 - skip).min(rest.len());
            let word = self.read_word(address).to_be_bytes();
            let (piece, after) = rest.split_at_mut(take);
            piece.copy_from_slice(&word[skip..skip + take]);
            rest = after;
            address = address.wrapping_add(take as u64);
        }
    }

    /// Stores `bytes`, beginning at `address`.
    ///
    /// # Errors
    /// As [`Memory::write_word`]. The bytes in front of the word that failed have been stored.
    pub fn write_bytes(&mut self, mut address: u64, bytes: &[u8]) -> Result<(), MemoryError> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let skip = (address & 7) as usize;
            let take = (8 - skip).min(rest.len());
            // Eight bytes replace the whole word, so the old word is not needed.
            let mut word = if take == 8 { [0; 8] } else { self.read_word(address).to_be_bytes() };
            word[skip..skip + take].copy_from_slice(&rest[..take]);
            self.write_word(address, u64::from_be_bytes(word))?;
            rest = &rest[take..];
            address = address.wrapping_add(take as u64);
        }
        Ok(())
    }
}
