//! `tribunal vm load-elf`: make the initial state of a program.

use anyhow::Context;
use std::{ffi::OsString, path::PathBuf};
use tribunal_vm::{StateVersion, load_elf, write_state};

use super::{
    input::{self, MemoryLimit},
    output::Target,
};

/// Make the initial state of a program from its ELF file.
#[derive(Debug, clap::Args)]
#[command(args_override_self = true)]
pub(crate) struct Args {
    /// Version of the VM, multithreaded64-4 or multithreaded64-5.
    #[arg(long = "type", value_name = "VERSION")]
    vm_type: StateVersion,
    /// The program, a 64-bit big-endian MIPS ELF file.
    #[arg(long, value_name = "ELF")]
    path: PathBuf,
    /// File for the state (.bin or .bin.gz). - is standard output; an empty name writes nothing.
    #[arg(long, value_name = "STATE", default_value = "state.bin.gz")]
    out: OsString,
    /// File for the metadata: names and addresses of the program's functions, as JSON. - is standard output; an empty
    /// name writes nothing.
    #[arg(long, value_name = "JSON", default_value = "meta.json")]
    meta: OsString,
    /// The most memory that the program may use.
    #[arg(long, value_name = "SIZE", default_value = "1GiB")]
    pub(super) memory_limit: MemoryLimit,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let out = Target::for_state(&args.out, "--out")?;
    let meta = Target::named(&args.meta);
    out.require_writable()?;
    meta.require_writable()?;
    let elf = input::bytes(&args.path)?;
    let (state, metadata) = load_elf(&elf, args.vm_type, args.memory_limit.pages())
        .with_context(|| format!("cannot load {}", args.path.display()))?;
    meta.write_json(&metadata)?;
    out.write(|mut out| write_state(&state, &mut out))
}
