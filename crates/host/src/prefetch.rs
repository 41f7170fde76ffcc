//! Fetching what the store does not have.

use std::{
    sync::{Arc, mpsc},
    thread::Builder,
    time::Duration,
};
use tribunal_preimage::{Hint, HintType, PreimageKey, PreimageOracleError, PreimageOracleResult};

use crate::{
    source::{Source, SourceError},
    verified::{Refused, Verified},
};

/// Hints that are tried for one pre-image.
pub(crate) const MOST_HINTS: usize = 8;

/// Characters of a hint that are shown in an error: some are long.
const SHOWN: usize = 140;

/// Asks a source, within bounds of number and time.
#[derive(Debug)]
pub(crate) struct Prefetch {
    source: Arc<dyn Source>,
    timeout: Duration,
}

impl Prefetch {
    /// Asks `source` and waits up to `timeout` for each answer.
    pub(crate) fn new(source: Arc<dyn Source>, timeout: Duration) -> Self {
        Self { source, timeout }
    }

    /// Follows the hints in order until the store has the pre-image of `key`. All that arrives is verified and stored.
    ///
    /// # Errors
    /// [`PreimageOracleError::Unobtainable`] with what became of each hint.
    pub(crate) fn obtain(
        &self,
        key: PreimageKey,
        hints: &[Hint],
        verified: &Verified,
    ) -> PreimageOracleResult<()> {
        let mut failures = Vec::new();
        for hint in hints {
            match self.follow(hint, key, verified) {
                Ok(true) => return Ok(()),
                Ok(false) => failures.push(format!("{}: the answer does not have it", self.describe(hint))),
                Err(reason) => failures.push(reason),
            }
        }
        let reason = match failures.is_empty() {
            true => "no hint announced it".into(),
            false => failures.join("; "),
        };
        Err(PreimageOracleError::Unobtainable { key, reason })
    }

    /// Asks for what `hint` announces. Returns whether the pre-image of `key` came along.
    fn follow(&self, hint: &Hint, key: PreimageKey, verified: &Verified) -> Result<bool, String> {
        let preimages = self.ask(hint, key).map_err(|error| format!("hint {}: {error}", shown(hint)))?;
        tracing::debug!(%key, route = %hint.ty, preimages = preimages.len(), "fetched");
        let call =
            matches!(hint.ty, HintType::L1Precompile | HintType::L1PrecompileV2).then_some(&*hint.data);
        match verified.store_arrived(&preimages, call) {
            Ok(()) => Ok(preimages.iter().any(|(sent, _)| *sent == key)),
            Err(Refused::Lie(error)) => Err(format!("{}: the answer is wrong: {error}", self.describe(hint))),
            Err(Refused::Store(error)) => Err(format!("the answer cannot be stored: {error}")),
        }
    }

    /// Asks on a thread of its own, so that a source that never answers cannot hold up the host.
    fn ask(
        &self,
        hint: &Hint,
        key: PreimageKey,
    ) -> Result<Vec<(PreimageKey, alloy_primitives::Bytes)>, SourceError> {
        let (sender, answer) = mpsc::channel();
        let (source, asked) = (self.source.clone(), hint.clone());
        let failed = |reason: String| self.source.asked_for(hint.ty).failed(reason);
        Builder::new()
            .name("fetch".into())
            .spawn(move || {
                // After the time-out there is no receiver, and nothing to do about it.
                let _ = sender.send(source.fetch(&asked, key));
            })
            .map_err(|error| failed(format!("cannot start a thread: {error}")))?;
        match answer.recv_timeout(self.timeout) {
            Ok(answer) => answer,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                Err(failed(format!("no answer within {} s", self.timeout.as_secs_f64())))
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => Err(failed("the source panicked".into())),
        }
    }

    fn describe(&self, hint: &Hint) -> String {
        format!("hint {}: {}", shown(hint), self.source.asked_for(hint.ty))
    }
}

/// The start of the hint's text.
fn shown(hint: &Hint) -> String {
    // Two digits for each byte.
    let data = hint.data.get(..SHOWN / 2).unwrap_or(&hint.data);
    let text = String::from_utf8_lossy(&hint.ty.encode(&[data])).into_owned();
    if data.len() < hint.data.len() { format!("{text}… ({} bytes)", hint.data.len()) } else { text }
}
