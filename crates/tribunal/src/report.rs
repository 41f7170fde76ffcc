//! What `check` says about a claim, for people and for machines.

use alloy_primitives::B256;
use serde::Serialize;
use std::{fmt, time::Duration};
use tribunal_host::OracleStats;
use tribunal_proof::Verdict;

use crate::exit::Status;

/// The result of one claim.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// Index of the claim in its file.
    pub(crate) claim: usize,
    /// What the claim file says the claim is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
    #[serde(flatten)]
    pub(crate) result: Decision,
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
pub(crate) enum Decision {
    /// The claim is true.
    True(Evidence),
    /// The claim is false.
    False(Evidence),
    /// No verdict.
    Undecided {
        /// Why not.
        error: String,
        /// The pre-image key to blame, if one is.
        #[serde(skip_serializing_if = "Option::is_none")]
        key: Option<String>,
    },
}

/// What a verdict rests on.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Evidence {
    /// The client in this process.
    Computed(Computed),
    /// The client in the VM.
    Executed(Executed),
}

/// What a run of the VM came to.
#[derive(Debug, Serialize)]
pub(crate) struct Executed {
    pub(crate) claimed_block_number: u64,
    pub(crate) claimed_output_root: B256,
    pub(crate) exit_code: u8,
    /// Steps until the client exited.
    pub(crate) steps: u64,
    /// The hash of the state that it left.
    pub(crate) state_hash: B256,
    /// Pages of 4 KiB that it used.
    pub(crate) pages: usize,
}

impl From<Computed> for Evidence {
    fn from(computed: Computed) -> Self {
        Self::Computed(computed)
    }
}

impl From<Executed> for Evidence {
    fn from(executed: Executed) -> Self {
        Self::Executed(executed)
    }
}

/// What derivation and execution came to.
#[derive(Debug, Serialize)]
pub(crate) struct Computed {
    pub(crate) claimed_block_number: u64,
    pub(crate) claimed_output_root: B256,
    pub(crate) block_number: u64,
    pub(crate) block_hash: B256,
    pub(crate) computed_output_root: B256,
    pub(crate) l1_blocks: u64,
    pub(crate) l2_blocks: u64,
    pub(crate) gas_used: u64,
}

impl Decision {
    /// The decision that a verdict is.
    pub(crate) fn of(verdict: &Verdict) -> Self {
        let outcome = &verdict.outcome;
        let computed = Computed {
            claimed_block_number: verdict.claimed_number,
            claimed_output_root: verdict.claimed_root,
            block_number: outcome.number,
            block_hash: outcome.hash,
            computed_output_root: outcome.output_root,
            l1_blocks: outcome.l1_blocks,
            l2_blocks: outcome.l2_blocks,
            gas_used: outcome.gas_used,
        };
        if verdict.valid { Self::True(computed.into()) } else { Self::False(computed.into()) }
    }

    fn is_true(&self) -> Option<bool> {
        match self {
            Self::True(_) => Some(true),
            Self::False(_) => Some(false),
            Self::Undecided { .. } => None,
        }
    }
}

impl Report {
    /// What this claim makes of the exit status. With `compare`, agreeing with the expected verdict is what counts.
    pub(crate) fn status(&self, compare: bool) -> Status {
        match (self.result.is_true(), self.expected) {
            (None, _) => Status::Undecided,
            (Some(verdict), Some(expected)) if compare => {
                if verdict == expected {
                    Status::True
                } else {
                    Status::False
                }
            }
            (Some(_), None) if compare => Status::Undecided,
            (Some(true), _) => Status::True,
            (Some(false), _) => Status::False,
        }
    }

    /// Whether the verdict is not the expected one.
    pub(crate) fn is_unexpected(&self) -> bool {
        self.expected.is_some_and(|expected| self.result.is_true() != Some(expected))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = Duration::from_secs_f64(self.seconds);
        match &self.result {
            Decision::Undecided { error, .. } => {
                write!(f, "claim {}: UNDECIDED ({time:.1?})\n  {error}", self.claim)?
            }
            Decision::True(evidence) | Decision::False(evidence) => {
                let verdict = if matches!(self.result, Decision::True(_)) { "TRUE" } else { "FALSE" };
                writeln!(f, "claim {}: {verdict} ({time:.1?})", self.claim)?;
                match evidence {
                    Evidence::Computed(computed) => computed.fmt(f)?,
                    Evidence::Executed(executed) => {
                        let rate = executed.steps as f64 / self.seconds.max(1e-9) / 1e6;
                        write!(f, "{executed} ({rate:.1} million a second)")?;
                    }
                }
            }
        }
        if let Some(note) = &self.note {
            write!(f, "\n  note      {note}")?;
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

impl fmt::Display for Executed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  claimed   {} for block {}", self.claimed_output_root, self.claimed_block_number)?;
        writeln!(f, "  exit code {}", self.exit_code)?;
        writeln!(f, "  state     {}", self.state_hash)?;
        writeln!(f, "  memory    {} pages of 4 KiB", self.pages)?;
        write!(f, "  steps     {}", self.steps)
    }
}

impl fmt::Display for Computed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "  block     {} {}", self.block_number, self.block_hash)?;
        if self.block_number != self.claimed_block_number {
            write!(f, " (decides for claimed block {})", self.claimed_block_number)?;
        }
        write!(f, "\n  claimed   {}", self.claimed_output_root)?;
        write!(f, "\n  computed  {}", self.computed_output_root)?;
        write!(
            f,
            "\n  walked    {} L1 blocks, {} L2 blocks, {} gas",
            self.l1_blocks, self.l2_blocks, self.gas_used
        )
    }
}
