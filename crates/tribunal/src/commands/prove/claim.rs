//! The run of the client on a claim of a fixture folder.

use anyhow::bail;
use std::{path::Path, sync::Arc};
use tribunal_host::{Checks, FixtureFolder, Host, LocalInputs, LocalKeyFlavour, Verified};
use tribunal_runner::HostOracle;
use tribunal_zkvm::{Rehearsal, Setup, rehearse};

use crate::{
    commands::{check, vm::log},
    count::count,
    inputs,
};

/// Runs the client on a claim, to learn which pre-images it reads, and whether the run can be proven.
pub(in crate::commands) fn run(
    dir: &Path,
    claim: Option<usize>,
    client: Option<&Path>,
    setup: &Setup,
    segment_steps: u32,
) -> anyhow::Result<Rehearsal> {
    inputs::require_folder(dir, inputs::CLAIMS)?;
    let folder = FixtureFolder::read(dir)?;
    let index = match claim {
        Some(index) => index,
        None if folder.claims.len() == 1 => 0,
        None => {
            let claims = count(folder.claims.len() as u64, "claim");
            bail!("{} has {claims}: choose one with --claim", folder.claims_file.display());
        }
    };
    let Some(claim) = folder.claims.get(index) else { return Err(inputs::no_such_claim(&folder, index)) };
    let flavour = LocalKeyFlavour::Kona;
    folder.configs.check(claim.chains(), claim.boot.claimed_block_number, flavour)?.log();
    let client = check::client(client)?;
    let verified = Arc::new(Verified::new(folder.open_store()?));
    let local = LocalInputs::new(claim.boot, folder.configs.clone(), flavour);
    let host = Arc::new(Host::new(verified, local, Checks::Meanwhile)?);
    let oracle = Box::new(HostOracle::new(host.clone()));
    let rehearsed = rehearse(client.initial_state()?, oracle, Box::new(log::guest), setup, segment_steps);
    // A pre-image that fails its check voids the run, an error of its own included.
    host.settle()?;
    let rehearsal = rehearsed?;
    if !matches!(rehearsal.exit_code, 0 | 1) {
        bail!("the client exited with code {}, which is no verdict to prove", rehearsal.exit_code);
    }
    Ok(rehearsal)
}
