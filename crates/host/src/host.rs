//! The host of one claim: serves a program, in one process or over channels.

use alloy_primitives::Bytes;
use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tribunal_preimage::{
    Hint, HintRouter, HintWriterClient, PreimageFetcher, PreimageKey, PreimageKeyType, PreimageOracleClient,
    PreimageOracleError, PreimageOracleResult,
};

use crate::{
    checker::{Checker, Job},
    error::HostResult,
    hints::RecentHints,
    local::LocalInputs,
    prefetch::{MOST_HINTS, Prefetch},
    source::Source,
    stats::{Counting, OracleStats, Tally},
    verified::Verified,
};

/// When pre-images are checked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Checks {
    /// Before they are served.
    #[default]
    BeforeServing,
    /// On another thread, after they were served. What the program says counts only once [`Host::settle`] has
    /// succeeded.
    Meanwhile,
}

/// Serves one program that decides one claim: from a store, and from a [`Source`] if it has one.
///
/// It is the oracle of a program in the same process, the fetcher of an oracle server and the router of a hint server.
///
/// A hint is recorded, and the source may read ahead. When the program asks for a pre-image that the store does not have, the
/// source is asked what the recorded hints announce, the newest first. Hints about precompiles also tell which call a result
/// belongs to. When a host is dropped, its source is told that nothing more is needed.
#[derive(Debug)]
pub struct Host {
    verified: Arc<Verified>,
    local: LocalInputs,
    hints: Mutex<RecentHints>,
    tally: Arc<Tally>,
    checker: Option<Checker>,
    prefetch: Option<Prefetch>,
    last_failure: Mutex<Option<PreimageOracleError>>,
    /// Hints that were not understood.
    misunderstood: AtomicU32,
    /// The keys that were served, if they are noted. Local ones are not.
    served: Option<Mutex<BTreeSet<PreimageKey>>>,
}

impl Host {
    /// A host for the claim that `local` holds, which serves from the store alone. Hosts of several claims may share a
    /// store and the memory of what was verified in it.
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
            hints: Mutex::default(),
            tally: Arc::new(Tally::new()),
            checker,
            prefetch: None,
            last_failure: Mutex::default(),
            misunderstood: AtomicU32::new(0),
            served: None,
        })
    }

    /// A host that asks `source` for what the store does not have, and waits up to `timeout` for the answer to each hint.
    /// Pre-images are checked before they are served.
    #[must_use]
    pub fn with_source(
        verified: Arc<Verified>,
        local: LocalInputs,
        source: Arc<dyn Source>,
        timeout: Duration,
    ) -> Self {
        source.serves(&local.served_claim());
        let prefetch = Prefetch::new(source, verified.clone(), timeout);
        Self {
            verified,
            local,
            hints: Mutex::default(),
            tally: Arc::new(Tally::new()),
            checker: None,
            prefetch: Some(prefetch),
            last_failure: Mutex::default(),
            misunderstood: AtomicU32::new(0),
            served: None,
        }
    }

    /// Notes the keys of all pre-images that are served from now on, except local ones.
    #[must_use]
    pub fn noting_keys(mut self) -> Self {
        self.served = Some(Mutex::default());
        self
    }

    /// The keys that were served, if they are noted: see [`Host::noting_keys`].
    #[must_use]
    pub fn served_keys(&self) -> BTreeSet<PreimageKey> {
        let served = self.served.as_ref().map(|served| served.lock().unwrap_or_else(PoisonError::into_inner));
        served.map(|served| served.clone()).unwrap_or_default()
    }

    /// Waits for the checks that are under way, and has the store remember what was verified.
    ///
    /// # Errors
    /// The failure of a check: then the program was given something wrong, and its result is void, an error of its own
    /// included.
    pub fn settle(&self) -> HostResult<()> {
        if let Some(checker) = &self.checker {
            self.noting(checker.settle())?;
        }
        self.verified.remember();
        Ok(())
    }

    /// Tells the source that the program has gone: calls that are under way end, and from now on nothing is fetched. What
    /// the store has is still served.
    pub fn cancel(&self) {
        if let Some(prefetch) = &self.prefetch {
            prefetch.cancel();
        }
    }

    /// What the program asked for until now.
    #[must_use]
    pub fn stats(&self) -> OracleStats {
        self.tally.stats()
    }

    /// What [`Host::stats`] reads, for those who watch the host while it runs.
    #[must_use]
    pub fn counting(&self) -> Counting {
        Counting(self.tally.clone())
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
        if let Some(served) = &self.served
            && key.key_type() != PreimageKeyType::Local
        {
            served.lock().unwrap_or_else(PoisonError::into_inner).insert(key);
        }
        Ok(value)
    }

    fn fetch_stored(&self, key: PreimageKey) -> PreimageOracleResult<Bytes> {
        let call = match key.key_type() {
            PreimageKeyType::Precompile => self.hints().call_of(key),
            _ => None,
        };
        match (&self.prefetch, &self.checker) {
            (Some(prefetch), _) => self.fetch_or_ask(prefetch, key, call.as_deref()),
            (None, Some(checker)) => self.fetch_and_submit(checker, key, call),
            (None, None) => self.verified.get(key, call.as_deref()),
        }
    }

    fn fetch_or_ask(
        &self,
        prefetch: &Prefetch,
        key: PreimageKey,
        call: Option<&[u8]>,
    ) -> PreimageOracleResult<Bytes> {
        let read = || self.verified.get(key, call);
        match read() {
            // Of a blob, it may be another element that is missing.
            Err(PreimageOracleError::Missing(_)) => {
                let hints = self.hints().announcing(key, MOST_HINTS);
                prefetch.obtain(key, &hints, read)
            }
            got => got,
        }
    }

    fn fetch_and_submit(
        &self,
        checker: &Checker,
        key: PreimageKey,
        call: Option<Vec<u8>>,
    ) -> PreimageOracleResult<Bytes> {
        let value = self.verified.get_unchecked(key)?;
        if let Some(job) = checker.submit(Job { key, value: value.clone(), call })? {
            self.verified.check(key, &job.value, job.call.as_deref())?;
        }
        Ok(value)
    }

    fn hints(&self) -> MutexGuard<'_, RecentHints> {
        self.hints.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers the failure, if it is one.
    fn noting<T>(&self, result: PreimageOracleResult<T>) -> PreimageOracleResult<T> {
        if let Err(error) = &result {
            *self.last_failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.clone());
        }
        result
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.cancel();
    }
}

impl PreimageFetcher for Host {
    fn get_preimage(&self, key: PreimageKey) -> PreimageOracleResult<Vec<u8>> {
        Ok(self.fetch(key)?.into())
    }
}

impl HintRouter for Host {
    fn route_hint(&self, hint: &[u8]) -> PreimageOracleResult<()> {
        let hint = Hint::parse(hint).map_err(|error| PreimageOracleError::Other(error.to_string()))?;
        self.tally.count_hint(hint.ty);
        if hint.ty.is_interop() {
            return Err(PreimageOracleError::Other(format!(
                "hint {} is for interoperating chains: unsupported",
                hint.ty
            )));
        }
        self.hints().push(hint.clone());
        if let Some(prefetch) = &self.prefetch {
            prefetch.announce(&hint);
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
    /// A hint that cannot be parsed is logged and does not end the program, as over a channel.
    fn write(&self, hint: &[u8]) -> PreimageOracleResult<()> {
        /// A program can write hints without end.
        const SHOWN: u32 = 10;
        if let Err(error) = self.route_hint(hint) {
            match self.misunderstood.fetch_add(1, Ordering::Relaxed) {
                ..SHOWN => tracing::warn!(%error, "a hint was not understood"),
                SHOWN => tracing::warn!("more hints were not understood; they are not shown"),
                _ => {}
            }
        }
        Ok(())
    }
}
