//! The host of one claim: serves a program, in one process or over channels.

use alloy_primitives::{Bytes, map::HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use tribunal_preimage::{Hint, HintType};
use tribunal_preimage::{
    HintRouter, HintWriterClient, PreimageFetcher, PreimageKey, PreimageKeyType, PreimageOracleClient,
    PreimageOracleError, PreimageOracleResult,
};

use crate::{
    checker::{Checker, Job},
    error::HostResult,
    local::LocalInputs,
    stats::{OracleStats, Tally},
    verified::{Verified, call_key},
};

/// When pre-images are checked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Checks {
    /// Before they are given out.
    #[default]
    BeforeServing,
    /// On another thread, after they were given out. Until [`Host::settle`] has succeeded, nothing that the program says
    /// may be believed.
    Meanwhile,
}

/// Serves one program that decides one claim, from a store alone (offline).
///
/// It is the oracle of a program in the same process, the fetcher of an oracle server and the router of a hint server.
/// Hints fetch nothing here. They are checked for their form, and those about precompiles tell what call a result
/// belongs to.
#[derive(Debug)]
pub struct Host {
    verified: Arc<Verified>,
    local: LocalInputs,
    /// Precompile calls that hints told of, by the key of their result.
    calls: Mutex<HashMap<PreimageKey, Vec<u8>>>,
    tally: Tally,
    checker: Option<Checker>,
    last_failure: Mutex<Option<PreimageOracleError>>,
}

impl Host {
    /// A host for the claim that `local` holds. Hosts of several claims may share a store and the memory of what was
    /// verified in it.
    ///
    /// # Errors
    /// [`PreimageOracleError::Other`] if there is no thread for [`Checks::Meanwhile`].
    pub fn new(verified: Arc<Verified>, local: LocalInputs, checks: Checks) -> PreimageOracleResult<Self> {
        let checker = match checks {
            Checks::BeforeServing => None,
            Checks::Meanwhile => Some(Checker::start(verified.clone())?),
        };
        Ok(Self {
            verified,
            local,
            calls: Mutex::default(),
            tally: Tally::new(),
            checker,
            last_failure: Mutex::default(),
        })
    }

    /// Waits for the checks that are under way, and has the store remember what was found good.
    ///
    /// # Errors
    /// The failure of a check: then the program was given something wrong, and whatever it said is void, its own error
    /// included.
    pub fn settle(&self) -> HostResult<()> {
        if let Some(checker) = &self.checker {
            self.noting(checker.settle())?;
        }
        if let Err(error) = self.verified.remember() {
            // Then the checks will be made again next time.
            tracing::warn!(%error, "cannot remember what was verified");
        }
        Ok(())
    }

    /// What the program asked for until now.
    #[must_use]
    pub fn stats(&self) -> OracleStats {
        self.tally.stats()
    }

    /// The last failure to serve a pre-image.
    #[must_use]
    pub fn last_failure(&self) -> Option<PreimageOracleError> {
        self.last_failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn fetch(&self, key: PreimageKey) -> PreimageOracleResult<Bytes> {
        let value = self.noting(match key.key_type() {
            PreimageKeyType::Local => self.local.get(key).ok_or(PreimageOracleError::Missing(key)),
            _ => self.fetch_stored(key),
        })?;
        self.tally.count_preimage(key.key_type(), value.len());
        Ok(value)
    }

    fn fetch_stored(&self, key: PreimageKey) -> PreimageOracleResult<Bytes> {
        let call = match key.key_type() {
            PreimageKeyType::Precompile => self.calls().remove(&key),
            _ => None,
        };
        let Some(checker) = &self.checker else {
            return self.verified.get(key, call.as_deref());
        };
        let value = self.verified.get_unchecked(key)?;
        match checker.submit(Job { key, value: value.clone(), call })? {
            None => Ok(value),
            Some(job) => {
                self.verified.check(key, &job.value, job.call.as_deref())?;
                Ok(value)
            }
        }
    }

    fn calls(&self) -> std::sync::MutexGuard<'_, HashMap<PreimageKey, Vec<u8>>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers the failure, if it is one.
    fn noting<T>(&self, result: PreimageOracleResult<T>) -> PreimageOracleResult<T> {
        if let Err(error) = &result {
            *self.last_failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.clone());
        }
        result
    }
}

impl PreimageFetcher for Host {
    fn get_preimage(&self, key: PreimageKey) -> PreimageOracleResult<Vec<u8>> {
        Ok(self.fetch(key)?.into())
    }
}

impl HintRouter for Host {
    fn route_hint(&self, hint: &[u8]) -> PreimageOracleResult<()> {
        let Hint { ty, data } =
            Hint::parse(hint).map_err(|error| PreimageOracleError::Other(error.to_string()))?;
        self.tally.count_hint(ty);
        if ty.is_interop() {
            return Err(PreimageOracleError::Other(format!(
                "hint {ty} is for interoperating chains: unsupported"
            )));
        }
        if let HintType::L1Precompile | HintType::L1PrecompileV2 = ty
            && let Some(key) = call_key(&data)
        {
            self.calls().insert(key, data);
        }
        Ok(())
    }
}

impl PreimageOracleClient for Host {
    fn get(&self, key: PreimageKey) -> PreimageOracleResult<Vec<u8>> {
        self.get_preimage(key)
    }

    fn get_exact(&self, key: PreimageKey, buf: &mut [u8]) -> PreimageOracleResult<()> {
        let value = self.fetch(key)?;
        if value.len() != buf.len() {
            let (expected, got) = (buf.len() as u64, value.len() as u64);
            return self.noting(Err(PreimageOracleError::BadLength { key, expected, got }));
        }
        buf.copy_from_slice(&value);
        Ok(())
    }
}

impl HintWriterClient for Host {
    /// As over a channel, a hint that is not understood is no failure of the program.
    fn write(&self, hint: &[u8]) -> PreimageOracleResult<()> {
        if let Err(error) = self.route_hint(hint) {
            tracing::warn!(%error, "a hint was not understood");
        }
        Ok(())
    }
}
