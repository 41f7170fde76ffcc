//! `tribunal program-id`: the identity of a program in proofs.

use anyhow::Context;
use std::path::PathBuf;
use tribunal_vm::StateVersion;

use super::prove::program;
use crate::{commands::vm::input::MemoryLimit, exit::Status, output};

/// Print the identity of a program, which its proofs name.
///
/// Exit status: 0 if it was printed, 2 on an error, 141 if the reader of standard output has gone.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The program: a 64-bit big-endian MIPS ELF file, or a state (.bin or .bin.gz).
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Version of the VM that an ELF file is loaded for.
    #[arg(long = "type", value_name = "VERSION", default_value = "multithreaded64-5")]
    vm_type: StateVersion,
    /// The most memory that the program may use.
    #[arg(long, value_name = "SIZE", default_value = MemoryLimit::DEFAULT)]
    memory_limit: MemoryLimit,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<Status> {
    let state = program::read(&args.file, args.vm_type, args.memory_limit)?;
    let program =
        tribunal_zkvm::program(&state).with_context(|| format!("{} has no program", args.file.display()))?;
    output::line(program.id())?;
    Ok(Status::True)
}
