//! `tribunal vm step-check`: check proofs of steps.

use anyhow::{Context, bail};
use std::path::{Path, PathBuf};
use tribunal_vm::{StepProof, check_step};

use super::input;
use crate::output;

/// Check proofs of steps, without the program, its memory or a server.
///
/// The check repeats a step from the witness, the Merkle proofs and the pre-image in its proof, with code of its own.
/// Exit status: 0 when all proofs are valid, 1 otherwise.
#[derive(Debug, clap::Args)]
#[command(args_override_self = true)]
pub(crate) struct Args {
    /// Proofs that `run --proof-at` has written.
    #[arg(required = true, value_name = "PROOF.json")]
    proofs: Vec<PathBuf>,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let mut invalid = 0;
    for path in &args.proofs {
        match check(path) {
            Ok(proof) => {
                output::line(format_args!(
                    "{}: step {} leads to {}",
                    path.display(),
                    proof.step,
                    proof.post
                ))?;
            }
            Err(error) => {
                output::line(format_args!("{}: INVALID: {}", path.display(), crate::with_causes(&error)))?;
                invalid += 1;
            }
        }
    }
    if invalid > 0 {
        bail!("{invalid} of {} proofs are invalid", args.proofs.len());
    }
    Ok(())
}

fn check(path: &Path) -> anyhow::Result<StepProof> {
    let proof: StepProof = serde_json::from_slice(&input::bytes(path)?).context("not a step proof")?;
    check_step(&proof)?;
    Ok(proof)
}
