//! `tribunal vm step-check`: check proofs of steps.

use anyhow::Context;
use std::path::{Path, PathBuf};
use tribunal_vm::{StepProof, check_step};

use super::input;
use crate::{exit::Status, output, printable::printable};

/// Check proofs of steps, without the program, its memory or a server.
///
/// The check repeats each step from the witness, the Merkle proofs and the pre-image in its proof.
///
/// Exit status: 0 if all proofs are valid, 1 if a proof is invalid, 2 if a file cannot be read or is not a proof, 141 if the
/// reader of standard output has gone.
#[derive(Debug, clap::Args)]
#[command(args_override_self = true)]
pub(crate) struct Args {
    /// Proof files, which `run --proof-at` writes.
    #[arg(required = true, value_name = "PROOF.json")]
    proofs: Vec<PathBuf>,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<Status> {
    let mut status = Status::True;
    for path in &args.proofs {
        status = status.and(check(path)?);
    }
    Ok(status)
}

/// Checks one file and prints the result.
fn check(path: &Path) -> anyhow::Result<Status> {
    let proof = match read(path) {
        Ok(proof) => proof,
        Err(error) => {
            output::error(crate::with_causes(&error));
            return Ok(Status::Undecided);
        }
    };
    let name = printable(path.display());
    match check_step(&proof) {
        Ok(()) => {
            output::line(format_args!("{name}: step {} leads to {}", proof.step, proof.post))?;
            Ok(Status::True)
        }
        Err(error) => {
            output::line(format_args!("{name}: INVALID: {}", crate::with_causes(&error.into())))?;
            Ok(Status::False)
        }
    }
}

fn read(path: &Path) -> anyhow::Result<StepProof> {
    serde_json::from_slice(&input::bytes(path)?)
        .with_context(|| format!("{} is not a step proof", path.display()))
}
