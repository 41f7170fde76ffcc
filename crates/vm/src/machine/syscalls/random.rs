//! `getrandom`: the bytes are SplitMix64 of the number of steps, so that every machine returns the same ones.

use super::{Arguments, Returned};
use crate::{
    error::Fault,
    machine::{Observer, Step},
};

/// The output of SplitMix64 (Steele, Lea, Flood 2014) in the state `seed`.
const fn splitmix64(seed: u64) -> u64 {
    let z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

impl<O: Observer> Step<'_, O> {
    /// `getrandom`: stores `a1` random bytes at `a0`, but none beyond the 8-byte word that contains `a0`. Returns how
    /// many it stored.
    pub(super) fn getrandom(
        &mut self,
        Arguments { a0: address, a1: count, .. }: Arguments,
    ) -> Result<Returned, Fault> {
        if !self.core.state.version.has_getrandom() {
            // In this version, Cannon ignores the call.
            return Ok(Returned::ok(0));
        }
        let mut word = self.load(address)?.to_be_bytes();
        let random = splitmix64(self.core.state.step).to_be_bytes();
        let skip = (address & 7) as usize;
        let length = (8 - skip).min(usize::try_from(count).unwrap_or(usize::MAX));
        word[skip..skip + length].copy_from_slice(&random[skip..skip + length]);
        self.store(address, u64::from_be_bytes(word))?;
        Ok(Returned::ok(length as u64))
    }
}
