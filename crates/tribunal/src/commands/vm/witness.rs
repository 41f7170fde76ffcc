//! `tribunal vm witness`: the witness of a state and its hash.

use alloy_primitives::{B256, Bytes};
use serde::Serialize;
use std::{ffi::OsString, path::PathBuf};

use super::{
    input::{self, MemoryLimit},
    output::Target,
};

/// Print the witness of a state and its hash, as JSON.
#[derive(Debug, clap::Args)]
#[command(args_override_self = true)]
pub(crate) struct Args {
    /// The state (.bin or .bin.gz).
    #[arg(long, value_name = "STATE")]
    input: PathBuf,
    /// File for the 188 bytes of the witness. - is standard output; an empty name writes nothing.
    #[arg(long, value_name = "FILE", default_value = "", hide_default_value = true)]
    output: OsString,
    /// The most memory that the state may use.
    #[arg(long, value_name = "SIZE", default_value = MemoryLimit::DEFAULT)]
    memory_limit: MemoryLimit,
}

/// The output, with Cannon's fields.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    state_version: u8,
    witness_hash: B256,
    witness: Bytes,
    step: u64,
    exited: bool,
    exit_code: u8,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let output = Target::named(&args.output);
    output.require_writable()?;
    let mut state = input::state(&args.input, args.memory_limit)?;
    let witness = state.witness();
    // Cannon does not compress a witness, even if the file's name ends in .gz.
    output.write_plain(&witness.0)?;
    Target::Stdout.write_json(&Response {
        state_version: state.version().byte(),
        witness_hash: witness.hash(),
        witness: Bytes::copy_from_slice(&witness.0),
        step: state.step(),
        exited: state.exited(),
        exit_code: state.exit_code(),
    })
}
