//! A store whose values are checked against their keys.

use alloy_primitives::{Bytes, map::HashMap};
use rayon::prelude::*;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tribunal_preimage::{
    PreimageKey, PreimageKeyType, PreimageOracleError, PreimageOracleResult, blob_element_key,
    precompile_key,
    verify::{BlobClaim, Context, Verified as Outcome, verify, verify_blobs},
};

use crate::{
    blobs::{Assembled, StoredBlob},
    error::HostResult,
    store::PreimageStore,
};

/// A store, and the checks that turn what it says into what is so.
///
/// Hashes (types 2 and 4) are checked whenever they are read. Blobs (type 5) are checked whole, all that are there at
/// once, when an element of one that nobody vouches for is read first; precompile results (type 6) by repeating the call.
/// The store remembers the success of these two.
#[derive(Debug)]
pub struct Verified {
    store: Arc<dyn PreimageStore>,
    /// What is wrong with the elements of blobs that were checked and found wrong. The lock is held during checks, so
    /// that no two threads make the same ones.
    bad_elements: Mutex<HashMap<PreimageKey, PreimageOracleError>>,
    /// Results that were found right, and that the store has not been told of yet.
    good_results: Mutex<Vec<PreimageKey>>,
}

impl Verified {
    /// Puts the checks in front of `store`.
    #[must_use]
    pub fn new(store: Arc<dyn PreimageStore>) -> Self {
        Self { store, bad_elements: Mutex::default(), good_results: Mutex::default() }
    }

    /// The store behind the checks.
    #[must_use]
    pub fn store(&self) -> &dyn PreimageStore {
        &*self.store
    }

    /// The value of `key`, checked. `call` is the precompile call (address, gas, input) that a key of type 6 stands for,
    /// if it is known.
    ///
    /// # Errors
    /// [`PreimageOracleError::Missing`] if the store has none, and the errors of [`Verified::check`].
    pub fn get(&self, key: PreimageKey, call: Option<&[u8]>) -> PreimageOracleResult<Bytes> {
        let value = self.get_unchecked(key)?;
        self.check(key, &value, call)?;
        Ok(value)
    }

    /// The value of `key` as the store has it. Nothing may be concluded from it before [`Verified::check`] has passed.
    ///
    /// # Errors
    /// [`PreimageOracleError::Missing`] if the store has none; its failure, naming the key.
    pub fn get_unchecked(&self, key: PreimageKey) -> PreimageOracleResult<Bytes> {
        self.store.get(key).map_err(|error| error.for_key(key))?.ok_or(PreimageOracleError::Missing(key))
    }

    /// Checks that `value` is the pre-image of `key`.
    ///
    /// # Errors
    /// [`PreimageOracleError::Invalid`] and its relatives if it is not, or if nothing is known by which to tell.
    /// [`PreimageOracleError::Missing`] if another element is missing from the blob that this one is part of.
    pub fn check(&self, key: PreimageKey, value: &[u8], call: Option<&[u8]>) -> PreimageOracleResult<()> {
        match key.key_type() {
            PreimageKeyType::Blob => self.check_element(key, value),
            PreimageKeyType::Precompile => self.check_result(key, value, call),
            _ => match verify(key, value, &Context::None)? {
                Outcome::Valid => Ok(()),
                Outcome::CannotCheck => Err(unverifiable(key, "no check exists for keys of this type")),
            },
        }
    }

    fn check_element(&self, key: PreimageKey, value: &[u8]) -> PreimageOracleResult<()> {
        if self.is_vouched(key, value)? {
            return Ok(());
        }
        let mut bad_elements = lock(&self.bad_elements);
        // Whoever held the lock before may have checked this very blob.
        if self.is_vouched(key, value)? {
            return Ok(());
        }
        if !bad_elements.contains_key(&key) {
            self.check_blobs(&mut bad_elements)?;
        }
        if let Some(error) = bad_elements.get(&key) {
            return Err(error.clone());
        }
        match self.is_vouched(key, value)? {
            true => Ok(()),
            false => Err(unverifiable(key, "no commitment in the store has this element")),
        }
    }

    /// Checks all blobs that nobody vouches for.
    ///
    /// # Errors
    /// When the store fails. Wrong blobs are not errors here: whoever reads one of their elements gets one.
    pub fn check_all_blobs(&self) -> PreimageOracleResult<()> {
        self.check_blobs(&mut lock(&self.bad_elements))
    }

    /// As [`Verified::check_all_blobs`], unless the store vouches for the first element of every blob: then the rest is
    /// left to whoever reads it, and nothing is spent on a store that was verified before.
    pub(crate) fn check_new_blobs(&self) -> PreimageOracleResult<()> {
        for commitment in self.commitments()? {
            let first = blob_element_key(&commitment, 0);
            let value = self.store.get(first).map_err(|error| error.for_key(first))?;
            if let Some(value) = value
                && !self.is_vouched(first, &value)?
            {
                return self.check_all_blobs();
            }
        }
        Ok(())
    }

    fn check_blobs(
        &self,
        bad_elements: &mut HashMap<PreimageKey, PreimageOracleError>,
    ) -> PreimageOracleResult<()> {
        let commitments = self.commitments()?;
        let assembled: Vec<Assembled> = commitments
            .par_iter()
            .map(|commitment| Assembled::from_store(commitment, &*self.store))
            .collect::<PreimageOracleResult<_>>()?;
        let mut complete = Vec::new();
        for blob in assembled {
            match blob {
                Assembled::Absent | Assembled::Vouched => {}
                Assembled::Complete(blob) => complete.push(blob),
                Assembled::Broken { present, error } => {
                    bad_elements.extend(present.into_iter().map(|key| (key, error.clone())));
                }
            }
        }
        let claims: Vec<BlobClaim<'_>> = complete.iter().map(StoredBlob::claim).collect();
        let all_good = verify_blobs(&claims).is_ok();
        let mut good = Vec::new();
        for blob in &complete {
            // One wrong blob spoils the batch: then each has to be looked at alone.
            match if all_good { Ok(()) } else { verify_blobs(&[blob.claim()]) } {
                Ok(()) => good.extend_from_slice(blob.keys()),
                Err(error) => {
                    let error = blob.blame(error);
                    bad_elements.extend(blob.keys().iter().map(|key| (*key, error.clone())));
                }
            }
        }
        self.store.vouch(&good).map_err(|error| PreimageOracleError::Other(error.to_string()))
    }

    /// All values that can be commitments: those of type 4 with the right length and hash.
    fn commitments(&self) -> PreimageOracleResult<Vec<[u8; 48]>> {
        let failed = |error: crate::HostError| PreimageOracleError::Other(error.to_string());
        let mut commitments = Vec::new();
        for key in self.store.keys_of(PreimageKeyType::Sha256).map_err(failed)? {
            let value = self.get_unchecked(key)?;
            if let Ok(commitment) = <[u8; 48]>::try_from(value.as_ref())
                && verify(key, &value, &Context::None) == Ok(Outcome::Valid)
            {
                commitments.push(commitment);
            }
        }
        Ok(commitments)
    }

    fn check_result(&self, key: PreimageKey, value: &[u8], call: Option<&[u8]>) -> PreimageOracleResult<()> {
        if self.is_vouched(key, value)? {
            return Ok(());
        }
        let stored;
        let call = match call {
            Some(call) => call,
            None => {
                stored = self.stored_call(key)?;
                stored
                    .as_deref()
                    .ok_or_else(|| unverifiable(key, "no hint told the call that it is the result of"))?
            }
        };
        let (address, rest) =
            call.split_first_chunk::<20>().ok_or_else(|| unverifiable(key, "its call is cut off"))?;
        let (gas, input) =
            rest.split_first_chunk::<8>().ok_or_else(|| unverifiable(key, "its call is cut off"))?;
        let context = Context::Precompile { address, gas: u64::from_be_bytes(*gas), input };
        match verify(key, value, &context)? {
            Outcome::Valid => lock(&self.good_results).push(key),
            Outcome::CannotCheck => return Err(unverifiable(key, "no check exists for this precompile")),
        }
        Ok(())
    }

    /// The call behind a key of type 6, if the store has it under its Keccak-256 as the hosts of Kona and op-program do.
    fn stored_call(&self, key: PreimageKey) -> PreimageOracleResult<Option<Bytes>> {
        let twin = PreimageKey::new_keccak256(*key.as_bytes());
        let call = self.store.get(twin).map_err(|error| error.for_key(key))?;
        Ok(call.filter(|call| call_key(call) == Some(key)))
    }

    fn is_vouched(&self, key: PreimageKey, value: &[u8]) -> PreimageOracleResult<bool> {
        self.store.is_vouched(key, value).map_err(|error| error.for_key(key))
    }

    /// Tells the store what was found right, so that the next run need not check it.
    ///
    /// # Errors
    /// When the store cannot write it down.
    pub fn remember(&self) -> HostResult<()> {
        let good = std::mem::take(&mut *lock(&self.good_results));
        if good.is_empty() { Ok(()) } else { self.store.vouch(&good) }
    }

    /// Checks every pre-image in the store and has it remember what is good.
    ///
    /// # Errors
    /// When the store fails. What is wrong with single pre-images is in the [`Findings`].
    pub fn check_everything(&self) -> HostResult<Findings> {
        self.check_all_blobs()?;
        let mut findings = Findings::default();
        for key in self.store.keys()? {
            match self.get(key, None) {
                Ok(_) => findings.good += 1,
                Err(PreimageOracleError::Invalid { reason, .. }) if reason.starts_with(UNVERIFIABLE) => {
                    findings.unverifiable.push(key);
                }
                Err(error) => findings.bad.push((key, error)),
            }
        }
        self.remember()?;
        Ok(findings)
    }
}

/// What [`Verified::check_everything`] found.
#[derive(Debug, Default)]
pub struct Findings {
    /// Pre-images that are what their keys say.
    pub good: u64,
    /// Keys of pre-images that nothing in the store can confirm or refute, such as precompile results without their
    /// calls.
    pub unverifiable: Vec<PreimageKey>,
    /// Pre-images that are not what their keys say, and why.
    pub bad: Vec<(PreimageKey, PreimageOracleError)>,
}

/// The key of the result of a call (address, gas, input), if the call is long enough.
pub(crate) fn call_key(call: &[u8]) -> Option<PreimageKey> {
    let (address, rest) = call.split_first_chunk::<20>()?;
    let (gas, input) = rest.split_first_chunk::<8>()?;
    Some(precompile_key(address, u64::from_be_bytes(*gas), input))
}

const UNVERIFIABLE: &str = "unverifiable";

fn unverifiable(key: PreimageKey, why: &str) -> PreimageOracleError {
    PreimageOracleError::Invalid { key, reason: format!("{UNVERIFIABLE}: {why}") }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What these locks guard is changed in single steps, so a panic elsewhere leaves it good.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
