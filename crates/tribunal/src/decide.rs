//! Runs the client natively against a host in the same process.

use alloy_primitives::{B256, Bytes};
use anyhow::{Context, bail};
use std::{sync::Arc, time::Instant};
use tribunal_host::{Checks, Host, HostError, LocalInputs, OracleStats, Verified};
use tribunal_preimage::{PreimageKey, PreimageOracleError};
use tribunal_proof::{Observer, ProofError, Verdict};
use tribunal_rollup::OutputRoot;

use crate::report::Decision;

/// A decided claim and what it took.
pub(crate) struct Decided {
    pub(crate) decision: Decision,
    pub(crate) stats: OracleStats,
    pub(crate) seconds: f64,
}

/// Decides one claim. Whatever goes wrong is part of the decision: then it is undecided.
pub(crate) fn decide(
    verified: &Arc<Verified>,
    local: LocalInputs,
    checks: Checks,
    observer: &mut dyn Observer,
) -> Result<Decided, PreimageOracleError> {
    let start = Instant::now();
    let host = Host::new(Arc::clone(verified), local, checks)?;
    let result = tribunal_client::run(&host, observer);
    // A pre-image that turns out corrupt voids whatever the program made of it.
    let settled = tracing::debug_span!("verify: waiting").in_scope(|| host.settle());
    let decision = match (settled, result) {
        (Err(error), _) => undecided_by_host(&error),
        (Ok(()), Err(error)) => undecided(&error),
        (Ok(()), Ok(verdict)) => decided(&verdict),
    };
    Ok(Decided { decision, stats: host.stats(), seconds: start.elapsed().as_secs_f64() })
}

fn decided(verdict: &Verdict) -> Decision {
    Decision::of(verdict)
}

fn undecided(error: &ProofError) -> Decision {
    let key = error.oracle_error().and_then(PreimageOracleError::key).map(|key| key.to_string());
    Decision::Undecided { error: error.to_string(), key }
}

fn undecided_by_host(error: &HostError) -> Decision {
    let key = match error {
        HostError::Oracle(error) => error.key().map(|key| key.to_string()),
        _ => None,
    };
    Decision::Undecided { error: error.to_string(), key }
}

/// The agreed head must be the block behind the agreed output root.
pub(crate) fn check_agreed_head(verified: &Verified, agreed_root: B256, head: B256) -> anyhow::Result<()> {
    let key = PreimageKey::new_keccak256(agreed_root);
    let output = OutputRoot::parse(&verified.get(key, None)?)
        .with_context(|| format!("the agreed output, pre-image {key}"))?;
    if output.block_hash != head {
        bail!(
            "the agreed head is given as {head}, but the agreed output is that of block {}",
            output.block_hash
        );
    }
    Ok(())
}

/// The file's bytes as a configuration.
pub(crate) fn read_config(path: &std::path::Path) -> anyhow::Result<Bytes> {
    Ok(std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?.into())
}
