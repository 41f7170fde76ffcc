//! `tribunal vm step-check`: make a proven step again, from its proof alone.

use anyhow::{Context, bail};
use std::path::{Path, PathBuf};
use tribunal_vm::{StepProof, check_step};

use super::input;

/// Check proofs of steps, each from its file alone: no program, no memory and no server.
///
/// A step is made again from the witness, the Merkle proofs and the pre-image that its proof has, by other code than the
/// VM's. Exit status: 0 when every proof holds, 1 when one does not.
#[derive(Debug, clap::Args)]
#[command(args_override_self = true)]
pub(crate) struct Args {
    /// Proofs, as `run --proof-at` writes them.
    #[arg(required = true, value_name = "PROOF.json")]
    proofs: Vec<PathBuf>,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let mut bad = 0;
    for path in &args.proofs {
        match check(path) {
            Ok(proof) => println!("{}: step {} leads to {}", path.display(), proof.step, proof.post),
            Err(error) => {
                println!("{}: BAD: {}", path.display(), crate::whole(&error));
                bad += 1;
            }
        }
    }
    if bad > 0 {
        bail!("{bad} of {} proofs are bad", args.proofs.len());
    }
    Ok(())
}

fn check(path: &Path) -> anyhow::Result<StepProof> {
    let proof: StepProof = serde_json::from_slice(&input::bytes(path)?).context("not a step proof")?;
    check_step(&proof)?;
    Ok(proof)
}
