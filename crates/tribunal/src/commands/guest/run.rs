//! `tribunal guest run`: run a guest in the VM.

use anyhow::Context;
use std::{
    ffi::OsString,
    io::Write,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};
use tribunal_vm::{Console, Machine, StateVersion, Stream, load_elf};

use super::{build, build::Program, cargo::Project};
use crate::{
    commands::vm::{input, input::MemoryLimit, run as vm_run},
    guest_inputs::GuestInputs,
    output,
    output::OutputError,
    printable::is_printable,
    values,
};

/// Steps between two looks at whether anyone still reads the output.
const SLICE: u64 = 20_000_000;

/// Run a guest in the fault-proof VM, and print its output, its exit code and its number of steps.
///
/// The project is built first, as by `guest build`, unless --elf names a program.
///
/// Exit status: the program's exit code; 2 also on an error, and 141 if the reader of standard output has gone.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    project: Project,
    /// A program to run: a 64-bit big-endian MIPS ELF file. Nothing is built.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["path", "bin", "profile", "locked"])]
    elf: Option<PathBuf>,
    #[command(flatten)]
    inputs: GuestInputs,
    /// Version of the VM.
    #[arg(long = "type", value_name = "VERSION", default_value = "multithreaded64-5")]
    vm_type: StateVersion,
    /// The most memory that the program may use.
    #[arg(long, value_name = "SIZE", default_value = MemoryLimit::DEFAULT)]
    memory_limit: MemoryLimit,
    /// Seconds without progress before a request to the server fails. 0 disables.
    #[arg(long, value_name = "SECONDS", default_value = "900", value_parser = values::number::<u64>)]
    oracle_timeout: u64,
    /// A pre-image server and its arguments, for what --input and --preimage do not have.
    #[arg(last = true, value_name = "SERVER")]
    server: Vec<OsString>,
}

/// Runs the command. Returns the program's exit code.
pub(crate) fn run(args: &Args) -> anyhow::Result<u8> {
    let inputs = args.inputs.read()?;
    let Program { file, elf } = match &args.elf {
        Some(file) => Program { file: file.clone(), elf: input::plain(file)? },
        None => build::build(&args.project, None)?,
    };
    let (state, _) = load_elf(&elf, args.vm_type, args.memory_limit.pages())
        .with_context(|| format!("cannot load {}", file.display()))?;
    let oracle = inputs.before(vm_run::oracle(&args.server, args.oracle_timeout, false)?);
    let printed = Printed::default();
    let mut machine = Machine::new(state, oracle, printed.console());
    while !machine.state().exited() {
        machine.run(machine.state().step().saturating_add(SLICE), false)?;
        printed.check()?;
    }
    printed.end_line()?;
    let (exit_code, steps) = (machine.state().exit_code(), machine.state().step());
    output::line(format_args!("exit code  {exit_code}"))?;
    output::line(format_args!("steps      {steps}"))?;
    Ok(exit_code)
}

/// The program's output, as it is printed here: its standard output to ours, and its standard error to ours.
#[derive(Debug, Clone, Default)]
struct Printed(Arc<Mutex<Progress>>);

/// How the printing goes.
#[derive(Debug, Default)]
struct Progress {
    /// Whether the last line on standard output has no end yet.
    in_line: bool,
    /// Why no more can be printed.
    failed: Option<OutputError>,
}

impl Printed {
    fn console(&self) -> Console {
        let progress = self.0.clone();
        Box::new(move |stream, bytes| {
            let text = shown(&String::from_utf8_lossy(bytes));
            if stream == Stream::Stderr {
                // It never fails.
                return drop(output::Messages.write_all(text.as_bytes()));
            }
            let mut progress = progress.lock().unwrap_or_else(PoisonError::into_inner);
            if progress.failed.is_none() && !text.is_empty() {
                progress.in_line = !text.ends_with('\n');
                progress.failed = output::write(|out| out.write_all(text.as_bytes())).err();
            }
        })
    }

    /// Fails if output could not be printed.
    fn check(&self) -> Result<(), OutputError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).failed.take().map_or(Ok(()), Err)
    }

    /// Ends the last line.
    fn end_line(&self) -> Result<(), OutputError> {
        let in_line = self.0.lock().unwrap_or_else(PoisonError::into_inner).in_line;
        if in_line { output::line("") } else { Ok(()) }
    }
}

/// Text with its lines and tabs, in which a terminal finds nothing else to obey.
fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_printable(c) || matches!(c, '\n' | '\t') {
            shown.push(c);
        } else {
            shown.extend(c.escape_debug());
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_keeps_its_lines_and_loses_what_a_terminal_obeys() {
        assert_eq!(shown("a\tb\n\u{1b}[2Jc\r\u{202e}é"), "a\tb\n\\u{1b}[2Jc\\r\\u{202e}é");
    }
}
