//! Sources of the pre-images that the store does not have.

use alloy_primitives::{Address, B256, Bytes};
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tribunal_preimage::{Hint, HintType, PreimageKey};
use tribunal_rollup::ClaimedChains;

use crate::{
    source_error::SourceError,
    verified::{Refused, Verified},
};

/// A place that can be asked for pre-images: the nodes of a chain, or another store.
///
/// The host calls [`Source::fetch`] when the program waits for a pre-image that the store does not have. The source hands
/// over what it gets through a [`SourceHandle`], which verifies every pre-image against its key before it stores it. So the
/// source need not verify anything, and learns at once that an endpoint lied. Several threads may call a source at the same
/// time.
///
/// ```
/// use alloy_primitives::Bytes;
/// use tribunal_host::{Attempt, Source, SourceError, SourceHandle};
/// use tribunal_preimage::{Hint, HintType, PreimageKey};
///
/// /// Nodes that know headers.
/// #[derive(Debug)]
/// struct Headers {
///     endpoints: Vec<String>,
/// }
///
/// fn request(endpoint: &str, hash: &[u8]) -> Result<Bytes, String> {
///     Ok(Bytes::from_static(b"a header"))
/// }
///
/// impl Source for Headers {
///     fn fetch(&self, hint: &Hint, wanted: PreimageKey, handle: &SourceHandle) -> Result<(), SourceError> {
///         let mut error = SourceError::default();
///         for endpoint in self.endpoints.iter().take_while(|_| !handle.is_cancelled()) {
///             let accepted = request(endpoint, &hint.data).and_then(|header| {
///                 handle.accept(hint, &[(wanted, header)]).map_err(|refused| refused.to_string())
///             });
///             match accepted {
///                 Ok(()) => return Ok(()),
///                 Err(reason) => error.add(Attempt {
///                     endpoint: endpoint.clone(),
///                     method: "debug_getRawHeader".into(),
///                     key: wanted,
///                     reason,
///                 }),
///             }
///         }
///         Err(error)
///     }
/// }
/// ```
pub trait Source: fmt::Debug + Send + Sync {
    /// Gets the pre-images that `hint` announces, and has `handle` accept them. The program waits for `wanted`; others that
    /// are accepted too save later requests. When `wanted` is in the store, [`SourceHandle::has`] says so, even if another
    /// thread stored it. If this returns without `wanted`, the host tries another hint.
    ///
    /// Retries are the source's task, and so is waiting until a node that is down answers again. Both must end soon after
    /// [`SourceHandle::is_cancelled`] says true.
    ///
    /// # Errors
    /// [`SourceError`] with what was tried, when the source gives up.
    fn fetch(&self, hint: &Hint, wanted: PreimageKey, handle: &SourceHandle) -> Result<(), SourceError>;

    /// The host of this claim will ask from now on. A source can refuse nodes of other chains, whose answers would all be
    /// wrong or missing, and can tell what the program will read first. By default nothing happens.
    fn serves(&self, claim: &ServedClaim) {
        let _ = claim;
    }

    /// The program gave `hint`, and may soon want what it announces. A source can start to read ahead: threads of its own
    /// keep clones of `handle` and have them accept what arrives. This must return at once and not panic, because the
    /// program waits for the acknowledgement of its hint. By default nothing happens.
    fn announced(&self, hint: &Hint, handle: &SourceHandle) {
        let _ = (hint, handle);
    }
}

/// What a host tells its [`Source`] about the claim that it serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServedClaim {
    /// The chains that the claim is about.
    pub chains: ClaimedChains,
    /// Hash of the last L1 block that the program reads.
    pub l1_head: B256,
    /// Number of the last L2 block that the program derives. It reads no state that only later blocks read.
    pub claimed_block: u64,
    /// The receiver of the transactions that have the chain's batches, if the config is known.
    pub batch_inbox: Option<Address>,
    /// Whether the chain's rules let batches be in blobs, at the claimed block.
    pub reads_blobs: bool,
}

/// What a [`Source`] may do with the host: hand over pre-images, and ask whether they are still needed.
///
/// A clone keeps the store open.
#[derive(Debug, Clone)]
pub struct SourceHandle {
    verified: Arc<Verified>,
    host_cancelled: Arc<AtomicBool>,
    /// When the call is given up, if it ever is.
    deadline: Option<Instant>,
}

impl SourceHandle {
    /// A handle to these stored pre-images, which is cancelled when [`SourceHandle::cancel`] is called on any clone.
    pub(crate) fn new(verified: Arc<Verified>) -> Self {
        Self { verified, host_cancelled: Arc::default(), deadline: None }
    }

    /// A clone that is also cancelled when `timeout` has passed.
    pub(crate) fn with_timeout(&self, timeout: Duration) -> Self {
        Self { deadline: Instant::now().checked_add(timeout), ..self.clone() }
    }

    /// Cancels this handle and all clones.
    pub(crate) fn cancel(&self) {
        self.host_cancelled.store(true, Ordering::Relaxed);
    }

    /// Verifies the pre-images that came in answer to `hint`, and stores them: all of them, or none if one is wrong.
    ///
    /// An answer to `l1-blob` must have the commitment (type 4) and all 4096 elements (type 5). The result of a precompile
    /// (type 6) is computed again from the call in the hint.
    ///
    /// # Errors
    /// [`Refused::Wrong`] if the answer is wrong: another endpoint may have a right one. [`Refused::Store`] if the store
    /// failed: then another endpoint does not help.
    pub fn accept(&self, hint: &Hint, preimages: &[(PreimageKey, Bytes)]) -> Result<(), Refused> {
        let call =
            matches!(hint.ty, HintType::L1Precompile | HintType::L1PrecompileV2).then_some(&*hint.data);
        self.verified.store_arrived(preimages, call)?;
        tracing::debug!(route = %hint.ty, preimages = preimages.len(), "fetched");
        Ok(())
    }

    /// Whether the store has the pre-image of `key`, and it is right. An element of a blob counts only if the whole blob is
    /// there. A pre-image that cannot be read or verified counts as missing.
    #[must_use]
    pub fn has(&self, key: PreimageKey) -> bool {
        self.verified.get(key, None).is_ok()
    }

    /// Whether to stop working on this call: the program has gone, or the call's time-out has passed. For a handle from
    /// [`Source::announced`] there is no time-out.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.host_cancelled.load(Ordering::Relaxed)
            || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
}
