//! Checking all of a store.

use alloy_primitives::Bytes;
use std::sync::Arc;
use tribunal_preimage::{PreimageKey, PreimageKeyType, PreimageOracleError};

use super::{NO_CALL, UNVERIFIABLE, Verified};
use crate::{
    error::{HostError, HostResult},
    store::{PreimageStore, Voucher},
};

/// What [`Verified::check_everything`] found.
#[derive(Debug, Default)]
pub struct Findings {
    /// Damage of the store itself, apart from its pre-images.
    pub damage: Option<HostError>,
    /// Pre-images that fit their keys.
    pub good: u64,
    /// Pre-images that cannot be checked with the contents of the store, such as precompile results without their calls,
    /// and why.
    pub unconfirmed: Vec<(PreimageKey, String)>,
    /// Pre-images that do not fit their keys, and why.
    pub bad: Vec<(PreimageKey, PreimageOracleError)>,
    /// Pre-images that could not be read, or whose blob could not, for example without permission, and why.
    pub unreadable: Vec<(PreimageKey, PreimageOracleError)>,
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

    /// Checks the store itself ([`PreimageStore::check_integrity`](crate::store::PreimageStore::check_integrity)) and
    /// every pre-image in it, also those that it remembers as verified, and has it remember what is good. `progress` is called with the number of pre-images that
    /// were checked, and with that of all.
    ///
    /// # Errors
    /// When the store cannot list its keys, or is locked. What is wrong with single pre-images is in the [`Findings`].
    pub fn check_everything(&self, progress: &mut dyn FnMut(usize, usize)) -> HostResult<Findings> {
        let again = Self::new(Arc::new(Forgetful(self.store.clone())));
        let findings = again.check_all_anew(progress)?;
        let is_vouched = |key: &PreimageKey| {
            let value = self.store.get(*key).ok().flatten();
            value.is_some_and(|value| self.store.is_vouched(*key, &value).unwrap_or_default())
        };
        let wrong: Vec<_> =
            findings.bad.iter().map(|(key, _)| *key).filter(is_vouched).map(Voucher::for_none).collect();
        self.vouch(&wrong);
        Ok(findings)
    }

    fn check_all_anew(&self, progress: &mut dyn FnMut(usize, usize)) -> HostResult<Findings> {
        let mut findings = Findings { damage: self.damage()?, ..Findings::default() };
        let keys = match self.check_all_blobs().and_then(|()| self.store.keys()) {
            // A damaged store may not list its keys.
            Err(_) if findings.damage.is_some() => return Ok(findings),
            keys => keys?,
        };
        for (index, key) in keys.iter().enumerate() {
            match self.get(*key, None) {
                Ok(_) => findings.good += 1,
                // A failure of the store, not of the pre-image.
                Err(error @ PreimageOracleError::Other(_)) => findings.unreadable.push((*key, error)),
                Err(error) => match unconfirmed(&error) {
                    Some(reason) => findings.unconfirmed.push((*key, reason)),
                    None => findings.bad.push((*key, error)),
                },
            }
            progress(index + 1, keys.len());
        }
        self.remember();
        Ok(findings)
    }

    fn damage(&self) -> HostResult<Option<HostError>> {
        match self.store.check_integrity() {
            Ok(()) => Ok(None),
            Err(damage @ HostError::Database { .. }) => Ok(Some(damage)),
            Err(error) => Err(error),
        }
    }
}

/// A store that does not know what was verified.
#[derive(Debug)]
struct Forgetful(Arc<dyn PreimageStore>);

impl PreimageStore for Forgetful {
    fn get(&self, key: PreimageKey) -> HostResult<Option<Bytes>> {
        self.0.get(key)
    }

    fn put_all(&self, records: &mut dyn Iterator<Item = (PreimageKey, Bytes)>) -> HostResult<()> {
        self.0.put_all(records)
    }

    fn keys(&self) -> HostResult<Vec<PreimageKey>> {
        self.0.keys()
    }

    fn keys_of(&self, key_type: PreimageKeyType) -> HostResult<Vec<PreimageKey>> {
        self.0.keys_of(key_type)
    }

    fn check_integrity(&self) -> HostResult<()> {
        self.0.check_integrity()
    }

    fn is_vouched(&self, _: PreimageKey, _: &[u8]) -> HostResult<bool> {
        Ok(false)
    }

    fn vouch(&self, verified: &[Voucher]) -> HostResult<()> {
        self.0.vouch(verified)
    }
}

/// Why a pre-image could not be checked, if `error` says that.
fn unconfirmed(error: &PreimageOracleError) -> Option<String> {
    let PreimageOracleError::Invalid { reason, .. } = error else { return None };
    let why = reason.strip_prefix(UNVERIFIABLE)?;
    // A program that asks for the result of a call hints at the call first.
    let later = if why == NO_CALL { "; it is verified when a program asks for it" } else { "" };
    Some(format!("{why}{later}"))
}
