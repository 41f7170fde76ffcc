//! The oracle as system calls use it. It caches the last pre-image, because the guest reads at most eight bytes per
//! call. It also remembers what the last step read.

use super::Oracle;
use crate::error::Fault;
use alloy_primitives::B256;

/// An [`Oracle`] with a cache of one pre-image.
pub(crate) struct TrackingOracle {
    oracle: Box<dyn Oracle>,
    /// The key and the pre-image of the last request that was answered. The pre-image has its length as a big-endian
    /// word in front.
    cached: Option<(B256, Vec<u8>)>,
    /// The offset from which the last step has read, or the current one while a step is made. `None` if it has read
    /// nothing.
    read_offset: Option<u64>,
    request_count: u64,
    received_bytes: u64,
}

impl TrackingOracle {
    pub(crate) fn new(oracle: Box<dyn Oracle>) -> Self {
        Self { oracle, cached: None, read_offset: None, request_count: 0, received_bytes: 0 }
    }

    /// Forgets the last read. Called before an exact step, and before a run of the fast path. If the last step of such
    /// a run reads, [`TrackingOracle::note_read`] is called after the run.
    pub(crate) fn forget_read(&mut self) {
        self.read_offset = None;
    }

    pub(crate) fn hint(&mut self, hint: &[u8]) -> Result<(), Fault> {
        Ok(self.oracle.hint(hint)?)
    }

    /// The bytes of a pre-image from `offset` to the end. There is at least one. The pre-image has its length in 8
    /// bytes in front, and the offset counts these, too.
    ///
    /// # Errors
    /// [`Fault::Oracle`]. [`Fault::PreimageOffset`] if there are no bytes at `offset`.
    pub(crate) fn read(&mut self, key: &B256, offset: u64) -> Result<&[u8], Fault> {
        if self.cached.as_ref().is_none_or(|(cached, _)| cached != key) {
            self.fetch(key)?;
        }
        self.read_offset = Some(offset);
        let length = self.cached.as_ref().map_or(0, |(_, bytes)| bytes.len() as u64);
        self.rest_of_cached(key, offset).ok_or(Fault::PreimageOffset { key: *key, offset, length })
    }

    /// As [`TrackingOracle::read`], but makes no request and does not remember the read. `None` if the pre-image is not
    /// cached, or if it has no bytes at `offset`.
    #[inline]
    pub(crate) fn rest_of_cached(&self, key: &B256, offset: u64) -> Option<&[u8]> {
        let (_, bytes) = self.cached.as_ref().filter(|(cached, _)| cached == key)?;
        bytes.get(usize::try_from(offset).ok()?..).filter(|rest| !rest.is_empty())
    }

    /// Notes that the last step of a run read the cached pre-image from `offset` on.
    pub(crate) const fn note_read(&mut self, offset: u64) {
        self.read_offset = Some(offset);
    }

    /// Requests a pre-image and caches it.
    fn fetch(&mut self, key: &B256) -> Result<(), Fault> {
        self.request_count += 1;
        let preimage = self.oracle.preimage(key)?;
        self.received_bytes += preimage.len() as u64;
        let mut bytes = Vec::with_capacity(8 + preimage.len());
        bytes.extend_from_slice(&(preimage.len() as u64).to_be_bytes());
        bytes.extend_from_slice(&preimage);
        self.cached = Some((*key, bytes));
        Ok(())
    }

    /// What the last step read: the key, the pre-image with its length in front, and the offset. `None` if it read
    /// nothing.
    pub(crate) fn last_read(&self) -> Option<(&B256, &[u8], u64)> {
        let (key, bytes) = self.cached.as_ref()?;
        Some((key, bytes, self.read_offset?))
    }

    /// The number of requests, and the sum of the lengths of the pre-images in bytes.
    pub(crate) const fn totals(&self) -> (u64, u64) {
        (self.request_count, self.received_bytes)
    }
}
