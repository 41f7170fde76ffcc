//! Fetching what the store does not have.

use alloy_primitives::Bytes;
use std::{
    sync::{
        Arc,
        mpsc::{self, RecvTimeoutError},
    },
    thread::Builder,
    time::Duration,
};
use tribunal_preimage::{Hint, PreimageKey, PreimageOracleError, PreimageOracleResult};

use crate::{
    source::{Source, SourceHandle},
    verified::Verified,
};

/// Hints that are tried for one pre-image.
pub(crate) const MOST_HINTS: usize = 8;

/// Characters of a hint that are shown in an error: some are long.
const SHOWN: usize = 140;

/// Why nothing more is fetched.
const CANCELLED: &str = "the program has gone";

/// How often the host looks whether the call that it waits for was cancelled.
const TICK: Duration = Duration::from_millis(50);

/// How long a source that was cancelled may take to say what it tried.
const GRACE: Duration = Duration::from_secs(1);

/// Asks a source, within bounds of number and time.
#[derive(Debug)]
pub(crate) struct Prefetch {
    source: Arc<dyn Source>,
    handle: SourceHandle,
    timeout: Duration,
}

impl Prefetch {
    /// Asks `source` for what `verified` does not have, and waits up to `timeout` for each answer.
    pub(crate) fn new(source: Arc<dyn Source>, verified: Arc<Verified>, timeout: Duration) -> Self {
        Self { source, handle: SourceHandle::new(verified), timeout }
    }

    /// Lets the source read ahead.
    pub(crate) fn announce(&self, hint: &Hint) {
        self.source.announced(hint, &self.handle);
    }

    /// Tells the source that nothing more is needed.
    pub(crate) fn cancel(&self) {
        self.handle.cancel();
    }

    /// Has the source follow the hints in order until `read` finds the pre-image of `key`, and returns it.
    ///
    /// # Errors
    /// [`PreimageOracleError::Unobtainable`] with what became of each hint; the errors of `read`, except
    /// [`PreimageOracleError::Missing`].
    pub(crate) fn obtain(
        &self,
        key: PreimageKey,
        hints: &[Hint],
        read: impl Fn() -> PreimageOracleResult<Bytes>,
    ) -> PreimageOracleResult<Bytes> {
        let mut failures = Vec::new();
        for hint in hints {
            if self.handle.is_cancelled() {
                failures.push(CANCELLED.into());
                break;
            }
            let asked = self.ask(hint, key);
            match read() {
                Err(PreimageOracleError::Missing(_)) => {
                    let reason = asked.err().unwrap_or_else(|| "the answer does not have it".into());
                    failures.push(format!("hint {}: {reason}", shown(hint)));
                }
                got => return got,
            }
        }
        let reason = match failures.is_empty() {
            true => "no hint announced it".into(),
            false => failures.join("; "),
        };
        Err(PreimageOracleError::Unobtainable { key, reason })
    }

    /// Asks on a thread of its own, so that a source that never answers cannot hold up the host.
    fn ask(&self, hint: &Hint, key: PreimageKey) -> Result<(), String> {
        let (sender, answer) = mpsc::channel();
        let (source, asked) = (self.source.clone(), hint.clone());
        let handle = self.handle.with_timeout(self.timeout);
        let call = handle.clone();
        Builder::new()
            .name("fetch".into())
            .spawn(move || {
                // If the host has given up, there is no receiver, and nothing to do about it.
                let _ = sender.send(source.fetch(&asked, key, &call));
            })
            .map_err(|error| format!("cannot start a thread: {error}"))?;
        let mut answered = answer.recv_timeout(TICK);
        while answered == Err(RecvTimeoutError::Timeout) && !handle.is_cancelled() {
            answered = answer.recv_timeout(TICK);
        }
        if answered == Err(RecvTimeoutError::Timeout) {
            answered = answer.recv_timeout(GRACE);
        }
        match answered {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) if handle.is_cancelled() => Err(format!("{}: {error}", self.why_cancelled())),
            Ok(Err(error)) => Err(error.to_string()),
            Err(RecvTimeoutError::Timeout) => Err(self.why_cancelled()),
            Err(RecvTimeoutError::Disconnected) => Err("the source panicked".into()),
        }
    }

    fn why_cancelled(&self) -> String {
        match self.handle.is_cancelled() {
            true => CANCELLED.into(),
            false => format!("no answer within {} s", self.timeout.as_secs_f64()),
        }
    }
}

/// The start of the hint's text.
fn shown(hint: &Hint) -> String {
    // Two digits for each byte.
    let data = hint.data.get(..SHOWN / 2).unwrap_or(&hint.data);
    let text = String::from_utf8_lossy(&hint.ty.encode(&[data])).into_owned();
    if data.len() < hint.data.len() { format!("{text}… ({} bytes)", hint.data.len()) } else { text }
}
