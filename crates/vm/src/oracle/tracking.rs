//! Caches the last pre-image, because the guest reads it eight bytes at a time, and records the read of the last step.

use super::Oracle;
use crate::error::Fault;
use alloy_primitives::B256;

/// An [`Oracle`] as system calls use it.
pub(crate) struct TrackingOracle {
    oracle: Box<dyn Oracle>,
    /// The last requested key, and its pre-image with a prefix: the length as a big-endian word.
    last: Option<(B256, Vec<u8>)>,
    /// The offset of the current step's read, if the step has read.
    offset: Option<u64>,
    requests: u64,
    bytes: u64,
}

impl TrackingOracle {
    pub(crate) fn new(oracle: Box<dyn Oracle>) -> Self {
        Self { oracle, last: None, offset: None, requests: 0, bytes: 0 }
    }

    /// Begins a step.
    pub(crate) fn reset(&mut self) {
        self.offset = None;
    }

    pub(crate) fn hint(&mut self, hint: &[u8]) -> Result<(), Fault> {
        Ok(self.oracle.hint(hint)?)
    }

    /// The bytes of the pre-image from `offset` on, at least one. The offset counts the 8-byte length in front.
    pub(crate) fn read(&mut self, key: &B256, offset: u64) -> Result<&[u8], Fault> {
        if self.last.as_ref().is_none_or(|(last, _)| last != key) {
            self.fetch(key)?;
        }
        self.offset = Some(offset);
        let length = self.last.as_ref().map_or(0, |(_, bytes)| bytes.len() as u64);
        self.cached(key, offset).ok_or(Fault::PreimageOffset { key: *key, offset, length })
    }

    /// As [`TrackingOracle::read`], without a request and without a note of the read. `None` if that would fail, or the
    /// pre-image is not the last one.
    #[inline]
    pub(crate) fn cached(&self, key: &B256, offset: u64) -> Option<&[u8]> {
        let (_, bytes) = self.last.as_ref().filter(|(last, _)| last == key)?;
        bytes.get(usize::try_from(offset).ok()?..).filter(|rest| !rest.is_empty())
    }

    /// Notes that the last step has read the last pre-image, at `offset`.
    pub(crate) const fn note_read(&mut self, offset: u64) {
        self.offset = Some(offset);
    }

    fn fetch(&mut self, key: &B256) -> Result<(), Fault> {
        self.requests += 1;
        let preimage = self.oracle.preimage(key)?;
        self.bytes += preimage.len() as u64;
        let mut bytes = Vec::with_capacity(8 + preimage.len());
        bytes.extend_from_slice(&(preimage.len() as u64).to_be_bytes());
        bytes.extend_from_slice(&preimage);
        self.last = Some((*key, bytes));
        Ok(())
    }

    /// The read of the last step: key, pre-image with its length in front, offset.
    pub(crate) fn last_read(&self) -> Option<(&B256, &[u8], u64)> {
        let (key, bytes) = self.last.as_ref()?;
        Some((key, bytes, self.offset?))
    }

    /// The number of requests, and the bytes of the pre-images received.
    pub(crate) const fn totals(&self) -> (u64, u64) {
        (self.requests, self.bytes)
    }
}
