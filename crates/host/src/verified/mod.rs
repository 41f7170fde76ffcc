//! A store whose values are checked against their keys.

mod arrival;
mod blobs;
mod everything;

pub use arrival::Refused;
pub use everything::Findings;

use alloy_primitives::{Bytes, map::HashMap};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::Builder,
};
use tribunal_preimage::{
    PreimageKey, PreimageKeyType, PreimageOracleError, PreimageOracleResult, precompile_key,
    verify::{Context, Verified as Outcome, verify},
};

use self::blobs::Blobs;
use crate::{
    checker::spare_threads,
    error::HostError,
    store::{PreimageStore, Voucher, record_digest},
};

/// A store, and the checks of the values that it serves.
///
/// Hashes (types 2 and 4) are checked whenever they are read. An element of a blob (type 5) is checked with its whole
/// blob, a precompile result (type 6) by repeating the call: once, when a value that the store does not know to be
/// verified is read first, or when it arrives from a [`Source`](crate::Source). The store remembers these two.
#[derive(Debug)]
pub struct Verified {
    store: Arc<dyn PreimageStore>,
    blobs: Blobs,
    results: Mutex<Results>,
}

/// Precompile results that were verified in this process.
#[derive(Debug, Default)]
struct Results {
    /// Checksums of the records.
    good: HashMap<PreimageKey, [u8; 32]>,
    /// Those that the store does not remember yet.
    unsaved: Vec<Voucher>,
}

impl Verified {
    /// Puts the checks in front of `store`.
    #[must_use]
    pub fn new(store: Arc<dyn PreimageStore>) -> Self {
        Self { store, blobs: Blobs::default(), results: Mutex::default() }
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

    /// The value of `key` as the store has it. It proves nothing before [`Verified::check`] has passed.
    ///
    /// # Errors
    /// [`PreimageOracleError::Missing`] if the store has none; its failure, naming the key.
    pub fn get_unchecked(&self, key: PreimageKey) -> PreimageOracleResult<Bytes> {
        self.store.get(key).map_err(|error| error.for_key(key))?.ok_or(PreimageOracleError::Missing(key))
    }

    /// Checks that `value` is the pre-image of `key`.
    ///
    /// # Errors
    /// [`PreimageOracleError::Invalid`] and its relatives if it is not, or if it cannot be told.
    /// [`PreimageOracleError::Missing`] if another element is missing from the blob that this one is part of.
    pub fn check(&self, key: PreimageKey, value: &[u8], call: Option<&[u8]>) -> PreimageOracleResult<()> {
        match key.key_type() {
            PreimageKeyType::Blob => self.check_elements(&[(key, value)]),
            PreimageKeyType::Precompile => self.check_result(key, value, call),
            _ => self.check_hash(key, value),
        }
    }

    /// Checks elements of blobs. Each blob concerned is checked whole and once, all of them together, which costs little
    /// more than one alone.
    ///
    /// # Errors
    /// As [`Verified::check`], for the first element that is wrong.
    pub(crate) fn check_elements(&self, elements: &[(PreimageKey, &[u8])]) -> PreimageOracleResult<()> {
        let mut unknown = Vec::new();
        for (key, value) in elements {
            if !self.is_vouched(*key, value)? {
                unknown.push((*key, *value));
            }
        }
        if unknown.is_empty() {
            return Ok(());
        }
        let checked = self.blobs.check(&*self.store, &unknown);
        // At once: a server may be killed when the program has ended.
        self.vouch(&self.blobs.take_unsaved());
        checked
    }

    /// Begins to check blobs on other threads, if the store is in memory. A program that derives a chain reads the
    /// blobs, and would have to wait for their check.
    ///
    /// Does nothing for other stores. They remember which blobs were verified, and take longer to read.
    pub fn check_ahead(self: &Arc<Self>) {
        if !self.store.is_in_memory() {
            return;
        }
        let verified = Arc::clone(self);
        let check = move || match spare_threads() {
            Ok(pool) => {
                pool.install(|| verified.blobs.check_ahead(&*verified.store));
                verified.vouch(&verified.blobs.take_unsaved());
            }
            Err(error) => tracing::debug!(%error, "blobs are not checked ahead"),
        };
        // If no thread can be started, blobs are checked when they are read.
        if let Err(error) = Builder::new().name("blobs".into()).spawn(check) {
            tracing::debug!(%error, "blobs are not checked ahead");
        }
    }

    fn check_hash(&self, key: PreimageKey, value: &[u8]) -> PreimageOracleResult<()> {
        match verify(key, value, &Context::None)? {
            Outcome::Valid => {}
            Outcome::CannotCheck => return Err(unverifiable(key, "no check exists for keys of this type")),
        }
        if let (PreimageKeyType::Sha256, Ok(commitment)) = (key.key_type(), value.try_into()) {
            // The elements of this blob are likely to be read next.
            self.blobs.announce(commitment);
        }
        Ok(())
    }

    fn check_result(&self, key: PreimageKey, value: &[u8], call: Option<&[u8]>) -> PreimageOracleResult<()> {
        let digest = record_digest(key, value);
        if lock(&self.results).good.get(&key) == Some(&digest) || self.is_vouched(key, value)? {
            return Ok(());
        }
        match call {
            Some(call) => repeat_call(key, value, call)?,
            None => {
                let call = self.stored_call(key)?;
                let call = call.ok_or_else(|| unverifiable(key, NO_CALL))?;
                repeat_call(key, value, &call)?;
            }
        }
        let mut results = lock(&self.results);
        results.good.insert(key, digest);
        results.unsaved.push(Voucher { key, digest });
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

    /// Has the store remember what was verified, so that the next run need not verify it. If the store cannot be written,
    /// or another process is writing, the next run verifies it again.
    pub fn remember(&self) {
        let results = std::mem::take(&mut lock(&self.results).unsaved);
        self.vouch(&[results, self.blobs.take_unsaved()].concat());
    }

    fn vouch(&self, verified: &[Voucher]) {
        if verified.is_empty() {
            return;
        }
        match self.store.vouch(verified) {
            Ok(()) => {}
            Err(error @ HostError::Locked { .. }) => {
                tracing::info!(%error, "another process is writing, so the store does not remember what was verified");
            }
            Err(error) => tracing::warn!(%error, "the store cannot remember what was verified"),
        }
    }
}

/// The key of the result of a call (address, gas, input), if the call is long enough.
pub(crate) fn call_key(call: &[u8]) -> Option<PreimageKey> {
    let (address, gas, input) = split_call(call)?;
    Some(precompile_key(address, gas, input))
}

fn split_call(call: &[u8]) -> Option<(&[u8; 20], u64, &[u8])> {
    let (address, rest) = call.split_first_chunk::<20>()?;
    let (gas, input) = rest.split_first_chunk::<8>()?;
    Some((address, u64::from_be_bytes(*gas), input))
}

fn repeat_call(key: PreimageKey, value: &[u8], call: &[u8]) -> PreimageOracleResult<()> {
    let (address, gas, input) = split_call(call).ok_or_else(|| unverifiable(key, "its call is cut off"))?;
    match verify(key, value, &Context::Precompile { address, gas, input })? {
        Outcome::Valid => Ok(()),
        Outcome::CannotCheck => Err(unverifiable(key, "no check exists for this precompile")),
    }
}

/// How the reason of an error begins if a pre-image could not be checked.
const UNVERIFIABLE: &str = "unverifiable: ";

/// The reason for a precompile result whose call is unknown.
const NO_CALL: &str = "no hint and no record in the store has its address, gas and input";

fn unverifiable(key: PreimageKey, why: &str) -> PreimageOracleError {
    PreimageOracleError::Invalid { key, reason: format!("{UNVERIFIABLE}{why}") }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What these locks guard is changed in single steps, so a panic elsewhere leaves it good.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
