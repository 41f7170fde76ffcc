//! What the program says about a claim, for people and for machines.

use alloy_primitives::B256;
use serde::Serialize;
use std::{fmt, time::Duration};
use tribunal_host::{BootValues, OracleStats, UsedConfig, UsedConfigs};
use tribunal_proof::Verdict;
use tribunal_runner::{FinalState, Run};

use crate::{count::count, exit::Status, printable::printable};

/// The result of one claim.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// Index of the claim in its file.
    pub(crate) claim: usize,
    /// What the claim file says the claim is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
    #[serde(flatten)]
    pub(crate) answer: Answer,
    /// The number of the L2 block in dispute.
    pub(crate) claimed_block_number: u64,
    /// The output root in dispute.
    pub(crate) claimed_output_root: B256,
    /// The configs that decide the claim, and where they come from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) configs: Option<UsedConfigs>,
    /// The expected verdict, when the claim file has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expected: Option<bool>,
    /// Wall-clock seconds for this claim.
    pub(crate) seconds: f64,
    /// Pre-images and hints, by kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stats: Option<OracleStats>,
}

/// True, false, or undecided and why.
#[derive(Debug, Serialize)]
#[serde(tag = "verdict", rename_all = "lowercase")]
pub(crate) enum Answer {
    /// The claim is true.
    True(Evidence),
    /// The claim is false.
    False(Evidence),
    /// No verdict.
    Undecided {
        /// Why not.
        error: String,
        /// The key of the pre-image at fault, if there is one.
        #[serde(skip_serializing_if = "Option::is_none")]
        key: Option<String>,
    },
}

/// What a verdict rests on.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Evidence {
    /// A native run.
    Native(Computed),
    /// A run in the VM.
    Fpvm(FinalState),
}

/// What a native run computed.
#[derive(Debug, Serialize)]
pub(crate) struct Computed {
    pub(crate) block_number: u64,
    pub(crate) block_hash: B256,
    pub(crate) computed_output_root: B256,
    pub(crate) l1_blocks: u64,
    pub(crate) l2_blocks: u64,
    pub(crate) gas_used: u64,
}

impl From<Verdict> for Evidence {
    fn from(Verdict { outcome, .. }: Verdict) -> Self {
        Self::Native(Computed {
            block_number: outcome.number,
            block_hash: outcome.hash,
            computed_output_root: outcome.output_root,
            l1_blocks: outcome.l1_blocks,
            l2_blocks: outcome.l2_blocks,
            gas_used: outcome.gas_used,
        })
    }
}

impl From<FinalState> for Evidence {
    fn from(state: FinalState) -> Self {
        Self::Fpvm(state)
    }
}

impl Answer {
    /// No verdict, for a reason that no pre-image has.
    pub(crate) fn undecided(error: impl fmt::Display) -> Self {
        Self::Undecided { error: error.to_string(), key: None }
    }

    /// The verdict, if there is one.
    pub(crate) fn verdict(&self) -> Option<bool> {
        match self {
            Self::True(_) => Some(true),
            Self::False(_) => Some(false),
            Self::Undecided { .. } => None,
        }
    }
}

impl Report {
    /// The report of a run that decided the claim that `boot` states, or failed to.
    pub(crate) fn new<E: Into<Evidence>>(claim: usize, boot: &BootValues, run: Run<E>) -> Self {
        let answer = match run.result {
            Ok(decision) if decision.valid => Answer::True(decision.evidence.into()),
            Ok(decision) => Answer::False(decision.evidence.into()),
            Err(error) => {
                let key = error.key().map(|key| key.to_string());
                Answer::Undecided { error: error.to_string(), key }
            }
        };
        Self {
            claim,
            note: None,
            answer,
            claimed_block_number: boot.claimed_block_number,
            claimed_output_root: boot.claimed_output_root,
            configs: None,
            expected: None,
            seconds: run.elapsed.as_secs_f64(),
            stats: Some(run.stats),
        }
    }

    /// The report about a claim that could not be run. `boot` states the claim, `error` says why.
    pub(crate) fn undecided(claim: usize, boot: &BootValues, error: impl fmt::Display) -> Self {
        Self {
            claim,
            note: None,
            answer: Answer::undecided(error),
            claimed_block_number: boot.claimed_block_number,
            claimed_output_root: boot.claimed_output_root,
            configs: None,
            expected: None,
            seconds: 0.0,
            stats: None,
        }
    }

    /// What this claim makes of the exit status. With `compare`, agreeing with the expected verdict is what counts.
    pub(crate) fn status(&self, compare: bool) -> Status {
        let of = |good| if good { Status::True } else { Status::False };
        match (self.answer.verdict(), self.expected) {
            (None, _) => Status::Undecided,
            (Some(verdict), _) if !compare => of(verdict),
            (Some(verdict), Some(expected)) => of(verdict == expected),
            (Some(_), None) => Status::Undecided,
        }
    }

    /// Whether the claim is undecided and no pre-image is the reason. Then a config may be.
    pub(crate) fn may_be_due_to_configs(&self) -> bool {
        matches!(self.answer, Answer::Undecided { key: None, .. })
    }

    /// Whether the verdict is not the expected one.
    fn is_unexpected(&self) -> bool {
        self.expected.is_some_and(|expected| self.answer.verdict() != Some(expected))
    }

    fn fmt_evidence(&self, evidence: &Evidence, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match evidence {
            Evidence::Native(computed) => {
                write!(f, "\n  block     {} {}", computed.block_number, computed.block_hash)?;
                if computed.block_number != self.claimed_block_number {
                    write!(f, " (decides for claimed block {})", self.claimed_block_number)?;
                }
                write!(f, "\n  claimed   {}", self.claimed_output_root)?;
                write!(f, "\n  computed  {}", computed.computed_output_root)?;
                let (l1, l2) = (count(computed.l1_blocks, "L1 block"), count(computed.l2_blocks, "L2 block"));
                write!(f, "\n  walked    {l1}, {l2}, {} gas", computed.gas_used)
            }
            Evidence::Fpvm(state) => {
                let rate = state.steps as f64 / self.seconds.max(1e-9) / 1e6;
                let (root, number) = (self.claimed_output_root, self.claimed_block_number);
                write!(f, "\n  claimed   {root} for block {number}")?;
                write!(f, "\n  exit code {}", state.exit_code)?;
                write!(f, "\n  state     {}", state.state_hash)?;
                write!(f, "\n  memory    {} pages of 4 KiB", state.pages)?;
                write!(f, "\n  steps     {} ({rate:.1} million a second)", state.steps)
            }
        }
    }
}

fn fmt_config(f: &mut fmt::Formatter<'_>, name: &str, config: &UsedConfig) -> fmt::Result {
    write!(f, "\n  config    {name} chain {}: {}", config.chain_id, printable(&config.source))?;
    if config.differs_from_built_in {
        write!(f, ", which differs from the built-in one")?;
    }
    if config.predates_claim {
        write!(f, ", older than the claim")?;
    }
    Ok(())
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = Duration::from_secs_f64(self.seconds);
        let verdict = match &self.answer {
            Answer::True(_) => "TRUE",
            Answer::False(_) => "FALSE",
            Answer::Undecided { .. } => "UNDECIDED",
        };
        write!(f, "claim {}: {verdict}", self.claim)?;
        // A claim that could not be started took no time.
        if !time.is_zero() {
            write!(f, " ({time:.1?})")?;
        }
        match &self.answer {
            Answer::True(evidence) | Answer::False(evidence) => self.fmt_evidence(evidence, f)?,
            Answer::Undecided { error, .. } => write!(f, "\n  {}", printable(error))?,
        }
        if let Some(note) = &self.note {
            write!(f, "\n  note      {}", printable(note))?;
        }
        if let Some(UsedConfigs { rollup, l1, .. }) = &self.configs {
            fmt_config(f, "rollup", rollup)?;
            fmt_config(f, "L1", l1)?;
        }
        if self.is_unexpected() {
            write!(f, "\n  UNEXPECTED: the claim file has {}", self.expected.unwrap_or_default())?;
        }
        if let Some(stats) = &self.stats {
            write!(f, "\n{stats}")?;
        }
        Ok(())
    }
}
