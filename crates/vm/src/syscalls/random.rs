//! `getrandom`, which is the same on every machine: SplitMix64 of the step.

use super::{Arguments, Returned};
use crate::{error::Fault, machine::Machine};

/// The output of SplitMix64 (Steele, Lea, Flood 2014) whose state was `seed`.
const fn splitmix64(seed: u64) -> u64 {
    let z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

impl Machine {
    /// `getrandom`: up to `a1` bytes to `a0`, but no further than the word there goes.
    pub(super) fn getrandom(
        &mut self,
        Arguments { a0: address, a1: count, .. }: Arguments,
    ) -> Result<Returned, Fault> {
        if !self.state.version.has_getrandom() {
            return Ok(Returned::ok(0));
        }
        let mut word = self.load(address)?.to_be_bytes();
        let random = splitmix64(self.state.step).to_be_bytes();
        let skip = (address & 7) as usize;
        let length = (8 - skip).min(usize::try_from(count).unwrap_or(usize::MAX));
        word[skip..skip + length].copy_from_slice(&random[skip..skip + length]);
        self.store(address, u64::from_be_bytes(word))?;
        Ok(Returned::ok(length as u64))
    }
}
