//! Decides the claims of one run.

use indicatif::ProgressBar;
use std::sync::Arc;
use tribunal_host::{Claim, HostError, HostResult, UsedConfigs, Verified};
use tribunal_preimage::{PreimageKey, PreimageOracleError};
use tribunal_rollup::RollupError;
use tribunal_runner::{Cancellation, Runner, check_agreed_head, decide};

use super::subject::Subject;
use crate::{
    nodes,
    progress::ClaimProgress,
    report::{Answer, Evidence, Report},
};

/// A claim to decide.
pub(super) struct Chosen<'a> {
    pub(super) index: usize,
    pub(super) claim: &'a Claim,
    /// The configs that it is decided by, or why there are none.
    pub(super) configs: HostResult<UsedConfigs>,
}

/// Logs the configs of all claims, equal ones once.
pub(super) fn log_configs(chosen: &[Chosen<'_>]) {
    let mut logged: Vec<&UsedConfigs> = Vec::new();
    for configs in chosen.iter().filter_map(|chosen| chosen.configs.as_ref().ok()) {
        if !logged.contains(&configs) {
            configs.log();
            logged.push(configs);
        }
    }
}

/// What the claims of a run share.
pub(super) struct Session<'a, R> {
    pub(super) subject: &'a Subject<'a>,
    pub(super) store: Arc<Verified>,
    pub(super) bar: Option<ProgressBar>,
    pub(super) runner: &'a R,
    pub(super) cancellation: Cancellation,
}

impl<R: Runner<Evidence: Into<Evidence>>> Session<'_, R> {
    /// Decides a claim.
    ///
    /// # Errors
    /// If no host can be started. A claim that cannot be decided is a report.
    pub(super) fn decide(&self, chosen: &Chosen<'_>) -> anyhow::Result<Report> {
        let Chosen { index, claim, configs } = chosen;
        let mut report = match configs {
            Ok(_) => self.run(*index, claim)?,
            Err(error) => Report::undecided(*index, &claim.boot, self.explain(error)),
        };
        report.configs = configs.as_ref().ok().cloned();
        report.note.clone_from(&claim.note);
        report.expected = claim.valid.or(claim.expected_block_hash.map(|_| true));
        Ok(report)
    }

    /// The text of an error about the configs. A config that is missing can be given in two ways.
    fn explain(&self, error: &HostError) -> String {
        let HostError::Configs { source, .. } = error else { return error.to_string() };
        let (problem, file, flag) = match source {
            RollupError::UnknownChain { chain_id } => {
                (format!("L2 chain id {chain_id} is not in the registry"), "rollup.json", "--rollup-config")
            }
            RollupError::UnknownL1 { chain_id } => {
                (format!("L1 chain id {chain_id} is not built in"), "l1-genesis-config.json", "--l1-config")
            }
            _ => return error.to_string(),
        };
        match self.subject.folder() {
            Some(folder) => format!("{problem}: put {file} into {} or pass {flag}", folder.display()),
            None => format!("{problem}: pass {flag}"),
        }
    }

    fn run(&self, index: usize, claim: &Claim) -> anyhow::Result<Report> {
        if self.subject.asks_nodes() && self.lacks_agreed_head(claim) {
            return Ok(Report::undecided(
                index,
                &claim.boot,
                "the claim file has no agreed_l2_head_hash: nodes are asked for the agreed output by the hash of its block",
            ));
        }
        let (host, nodes) = self.subject.host(claim, &self.store)?;
        let mut progress = ClaimProgress::new(index, self.bar.as_ref());
        let run = decide(self.runner, &Arc::new(host), &mut progress, &self.cancellation);
        if let Some(nodes) = nodes {
            nodes::say_reads(&nodes);
        }
        let mut report = Report::new(index, &claim.boot, run);
        report.answer = self.check_hashes(report.answer, claim);
        Ok(report)
    }

    /// Whether the agreed output would have to be fetched, but nothing says from which block.
    fn lacks_agreed_head(&self, claim: &Claim) -> bool {
        let key = PreimageKey::new_keccak256(claim.boot.agreed_output_root.0);
        claim.agreed_l2_head_hash.is_none()
            && matches!(self.store.get_unchecked(key), Err(PreimageOracleError::Missing(_)))
    }

    /// A claim file may have the hashes of the agreed and of the claimed block. A claim with other hashes is undecided.
    fn check_hashes(&self, answer: Answer, claim: &Claim) -> Answer {
        if matches!(answer, Answer::Undecided { .. }) {
            return answer;
        }
        let agreed_root = claim.boot.agreed_output_root;
        if let Some(head) = claim.agreed_l2_head_hash
            && let Err(error) = check_agreed_head(&self.store, agreed_root, head)
        {
            return Answer::undecided(error);
        }
        match (&answer, claim.expected_block_hash) {
            (Answer::True(Evidence::Native(computed)), Some(expected)) if computed.block_hash != expected => {
                Answer::undecided(format_args!(
                    "block hash {} where the claim file has {expected}",
                    computed.block_hash
                ))
            }
            _ => answer,
        }
    }
}
