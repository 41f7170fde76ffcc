//! `tribunal guest build`: compile a guest for the VM.

use anyhow::Context;
use std::path::{Path, PathBuf};
use tribunal_vm::{State, StateVersion, load_elf};

use super::cargo::{Built, Project};
use crate::{
    commands::vm::{input, input::MemoryLimit, output::Target},
    count::count,
    files, output,
};

/// Compile a guest for the fault-proof VM, and print what identifies it.
///
/// This needs Rust with the sources of its standard library (rust-src), and a linker for MIPS64; an error says how to install
/// what is missing. The compiler is the one that RUSTC names, or else the system's, or else the one of PATH. The same project, SDK
/// and compiler give the same bytes.
///
/// Exit status: 0 if the program was built, 2 on an error, 141 if the reader of standard output has gone.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    project: Project,
    /// File for the program [default: NAME.elf in the project's build folder].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Version of the VM that the prestate is for.
    #[arg(long = "type", value_name = "VERSION", default_value = "multithreaded64-5")]
    vm_type: StateVersion,
    /// The most memory that the program may use.
    #[arg(long, value_name = "SIZE", default_value = MemoryLimit::DEFAULT)]
    memory_limit: MemoryLimit,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    if let Some(out) = &args.out {
        files::require_writable(out)?;
    }
    let Program { file, elf } = build(&args.project, args.out.as_deref())?;
    let (mut state, _) = load_elf(&elf, args.vm_type, args.memory_limit.pages())
        .with_context(|| format!("cannot load {}", file.display()))?;
    output::line(format_args!("elf       {}", file.display()))?;
    output::line(format_args!("size      {}", count(elf.len() as u64, "byte")))?;
    print_program(&state)?;
    output::line(format_args!("prestate  {}", state.witness().hash()))?;
    Ok(())
}

/// A program that was built.
#[derive(Debug)]
pub(super) struct Program {
    /// Its file.
    pub(super) file: PathBuf,
    /// What the file has.
    pub(super) elf: Vec<u8>,
}

/// Builds the project's program, and copies it to `out`, or else to the project's build folder.
pub(super) fn build(project: &Project, out: Option<&Path>) -> anyhow::Result<Program> {
    let Built { name, file, target } = project.build()?;
    let out = out.map_or_else(|| near(&target.join(format!("{name}.elf"))), Path::to_owned);
    let elf = input::plain(&file)?;
    // Complete or not at all.
    Target::File(out.clone()).write_plain(&elf)?;
    Ok(Program { file: out, elf })
}

/// A path as seen from the working directory, if it is below that.
fn near(path: &Path) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(here).unwrap_or(path).to_owned()
}

/// The id that proofs name the program by.
#[cfg(feature = "prover")]
fn print_program(state: &State) -> anyhow::Result<()> {
    let program = tribunal_zkvm::program(state).context("no run of the program can be proven")?;
    Ok(output::line(format_args!("program   {}", program.id()))?)
}

#[cfg(not(feature = "prover"))]
#[allow(clippy::unnecessary_wraps, reason = "it is fallible with the prover")]
const fn print_program(_: &State) -> anyhow::Result<()> {
    Ok(())
}
