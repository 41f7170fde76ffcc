//! Decides a claim: what all ways to run the client program share.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tribunal_host::{Host, HostError, OracleStats};
use tribunal_preimage::{PreimageKey, PreimageOracleError};
use tribunal_proof::ProofError;
use tribunal_vm::VmError;

use crate::{cancellation::Cancellation, claim_keys::ClaimKeys, progress::Progress};

/// A way to run the client program.
pub trait Runner {
    /// What the runner returns with a verdict, for example the roots that it computed.
    type Evidence;

    /// Runs the program to its end, on the claim and the pre-images that `host` serves. It stops early when
    /// `cancellation` is requested.
    ///
    /// Call [`decide`] instead: the host may still be checking pre-images when this returns.
    ///
    /// # Errors
    /// [`Undecided`], for a run without a verdict.
    fn run(
        &self,
        host: &Arc<Host>,
        progress: &mut dyn Progress,
        cancellation: &Cancellation,
    ) -> Result<Decision<Self::Evidence>, Undecided>;
}

/// A verdict and its evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision<E> {
    /// Whether the claim is true.
    pub valid: bool,
    /// What the runner found.
    pub evidence: E,
}

/// A run that has ended.
#[derive(Debug)]
pub struct Run<E> {
    /// The decision, or why there is none.
    pub result: Result<Decision<E>, Undecided>,
    /// The pre-images and hints that the program asked for.
    pub stats: OracleStats,
    /// Wall-clock time of the run, the checks of its pre-images included.
    pub elapsed: Duration,
}

/// Why a claim could not be decided. This says nothing about whether it is true.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Undecided {
    /// The client, running natively, reached no verdict.
    #[error(transparent)]
    Program(#[from] ProofError),
    /// The client, running in the VM, reached no verdict.
    #[error("the client exited with code {code}: {printed}")]
    Exit {
        /// Its exit code.
        code: u8,
        /// The end of its output.
        printed: String,
        /// The pre-image that the host could not serve, if that is the reason.
        key: Option<PreimageKey>,
    },
    /// The program in the VM exited with the code of a verdict, but had not read the whole claim.
    #[error("the client exited with code {code} without reading {unread}: is this the right --client?")]
    ClaimUnread {
        /// Its exit code, 0 or 1.
        code: u8,
        /// The local keys that it did not read.
        unread: ClaimKeys,
    },
    /// The VM could not make a step.
    #[error("{source}")]
    Machine {
        /// The step, and what was wrong.
        source: VmError,
        /// The pre-image that the host could not serve, if one.
        key: Option<PreimageKey>,
    },
    /// The program could not be started.
    #[error("{0}")]
    Start(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A pre-image was served that turned out to be corrupt, or the host failed.
    #[error(transparent)]
    Host(#[from] HostError),
    /// The run was cancelled.
    #[error("the run was cancelled")]
    Cancelled,
    /// A runner of another crate failed.
    #[error("{0}")]
    Other(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Undecided {
    /// The key of the pre-image that is missing or corrupt, if that is the reason.
    #[must_use]
    pub fn key(&self) -> Option<PreimageKey> {
        match self {
            Self::Program(error) => error.oracle_error().and_then(PreimageOracleError::key),
            Self::Host(HostError::Oracle(error)) => error.key(),
            Self::Exit { key, .. } | Self::Machine { key, .. } => *key,
            Self::ClaimUnread { .. } | Self::Start(_) | Self::Host(_) | Self::Cancelled | Self::Other(_) => {
                None
            }
        }
    }
}

/// Decides the claim that `host` serves.
///
/// A host that checks pre-images while the program runs has finished all its checks when this returns. If a pre-image
/// fails its check, the program's verdict does not count, and the claim is undecided.
pub fn decide<R: Runner>(
    runner: &R,
    host: &Arc<Host>,
    progress: &mut dyn Progress,
    cancellation: &Cancellation,
) -> Run<R::Evidence> {
    let start = Instant::now();
    let ran = runner.run(host, progress, cancellation);
    let result = match ran {
        // The error may be a consequence of the cancellation, so cancellation is the reason to report.
        Err(_) if cancellation.is_requested() => Err(Undecided::Cancelled),
        ran => tracing::debug_span!("verify: waiting")
            .in_scope(|| host.settle())
            .map_err(Undecided::Host)
            .and(ran),
    };
    Run { result, stats: host.stats(), elapsed: start.elapsed() }
}
