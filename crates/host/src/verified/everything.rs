//! Checking all of a store.

use tribunal_preimage::{PreimageKey, PreimageOracleError};

use super::{UNVERIFIABLE, Verified};
use crate::error::HostResult;

/// What [`Verified::check_everything`] found.
#[derive(Debug, Default)]
pub struct Findings {
    /// Pre-images that fit their keys.
    pub good: u64,
    /// Keys of pre-images that nothing in the store can confirm or refute, such as precompile results without their
    /// calls.
    pub unverifiable: Vec<PreimageKey>,
    /// Pre-images that do not fit their keys, and why.
    pub bad: Vec<(PreimageKey, PreimageOracleError)>,
}

impl Verified {
    /// Checks all blobs in the store and has it remember the good ones.
    ///
    /// # Errors
    /// When the store fails. A wrong blob is no error here: a read of one of its elements is.
    pub fn check_all_blobs(&self) -> HostResult<()> {
        self.blobs.check_all(&*self.store)?;
        self.remember();
        Ok(())
    }

    /// Checks every pre-image in the store and has it remember what is good. `progress` is called with the number of
    /// pre-images that were checked, and with that of all.
    ///
    /// # Errors
    /// When the store fails. What is wrong with single pre-images is in the [`Findings`].
    pub fn check_everything(&self, progress: &mut dyn FnMut(usize, usize)) -> HostResult<Findings> {
        self.check_all_blobs()?;
        let mut findings = Findings::default();
        let keys = self.store.keys()?;
        for (index, key) in keys.iter().enumerate() {
            match self.get(*key, None) {
                Ok(_) => findings.good += 1,
                Err(PreimageOracleError::Invalid { reason, .. }) if reason.starts_with(UNVERIFIABLE) => {
                    findings.unverifiable.push(*key);
                }
                Err(error) => findings.bad.push((*key, error)),
            }
            progress(index + 1, keys.len());
        }
        self.remember();
        Ok(findings)
    }
}
