//! `tribunal vm`: the fault-proof VM, with Cannon's commands, flags, files and exit codes.

mod callstack;
mod debug_info;
mod execution;
pub(crate) mod flags;
mod gzip;
pub(crate) mod input;
mod list;
mod load_elf;
pub(crate) mod log;
mod name_format;
mod number;
pub(crate) mod output;
mod pattern;
mod profile;
pub(crate) mod run;
mod snapshots;
mod step_check;
mod stop;
mod traceback;
mod witness;
mod witnesses;

use anyhow::Context;
use clap::Subcommand;
use std::{ffi::OsStr, process::ExitCode};
use tribunal_vm::{ElfError, Fault, OracleError, ServerError, StateFileError, VmError, memory::MemoryError};

use input::MemoryLimit;

use crate::{
    exit::{self, Status},
    interrupt::Interrupted,
    printable::printable,
};

/// Run programs in the fault-proof VM, with Cannon's commands, flags and files.
///
/// Exit status: 0 if the command succeeded, even if the guest exited with an error; 1 on an error; 2 if the guest executed
/// an invalid step or a request to the pre-image server failed; 130 if interrupted; 141 if the reader of standard output has
/// gone. `step-check` has others.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    LoadElf(load_elf::Args),
    Run(Box<run::Args>),
    Witness(witness::Args),
    StepCheck(step_check::Args),
    /// List the supported versions of the VM.
    List,
}

/// The exit code for a wrong command line that has this command, or none.
pub(crate) fn usage_code(command: Option<&OsStr>) -> u8 {
    if command.is_some_and(|command| command == "step-check") { STEP_CHECK_FAILED } else { FAILED }
}

/// Cannon's exit code for all errors but those of the guest and its server.
const FAILED: u8 = 1;
/// The exit code if `step-check`, which Cannon does not have, fails. There 1 is for an invalid proof.
const STEP_CHECK_FAILED: u8 = 2;

/// Runs the command.
pub(crate) fn run(args: &Args) -> ExitCode {
    match execute(&args.command) {
        Ok(status) => status.into(),
        Err(_) if crate::interrupt::was_asked() => {
            crate::output::message(Interrupted);
            ExitCode::from(130)
        }
        Err(error) if crate::output::is_closed(&error) => exit::CLOSED.into(),
        Err(error) => {
            crate::output::error(describe(&args.command, &error));
            ExitCode::from(code(&args.command, &error))
        }
    }
}

fn execute(command: &Command) -> anyhow::Result<Status> {
    crate::interrupt::listen().context("cannot install the signal handlers")?;
    match command {
        Command::LoadElf(args) => load_elf::run(args)?,
        Command::Run(args) => run::run(args)?,
        Command::Witness(args) => witness::run(args)?,
        Command::StepCheck(args) => return step_check::run(args),
        Command::List => list::run()?,
    }
    Ok(Status::True)
}

/// The text of an error, with the flag that would help. A step that failed is named as Cannon names it.
fn describe(command: &Command, error: &anyhow::Error) -> String {
    let text = match error.downcast_ref::<VmError>() {
        Some(VmError { step, pc, fault }) => {
            format!("failed at step {step} (PC: {pc:08x}): {}", printable(fault))
        }
        None => crate::with_causes(error),
    };
    match command {
        Command::Run(args) if is_over_limit(error) => over_limit(&text, args.memory_limit),
        Command::LoadElf(args) if is_over_limit(error) => over_limit(&text, args.memory_limit),
        Command::Run(args) if args.server.is_empty() && is_request(error) => {
            format!("{text}: give its command line after --")
        }
        _ => text,
    }
}

fn over_limit(text: &str, limit: MemoryLimit) -> String {
    format!("{text}: raise --memory-limit, which is {limit}")
}

/// Whether the reason is that the guest may not use more memory.
fn is_over_limit(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let vm = cause
            .downcast_ref()
            .is_some_and(|VmError { fault, .. }| matches!(fault, Fault::Memory(MemoryError::Limit { .. })));
        let elf = matches!(cause.downcast_ref(), Some(ElfError::Memory(MemoryError::Limit { .. })));
        vm || elf || matches!(cause.downcast_ref(), Some(StateFileError::Memory(MemoryError::Limit { .. })))
    })
}

/// Whether the reason is a request that was not answered.
fn is_request(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(VmError { fault: Fault::Oracle(_), .. }))
}

/// The exit code: 2 where Cannon panics, which is on invalid steps and failed requests, and 1 for all other errors.
fn code(command: &Command, error: &anyhow::Error) -> u8 {
    if matches!(command, Command::StepCheck(_)) {
        return STEP_CHECK_FAILED;
    }
    match error.downcast_ref::<VmError>().map(|error| &error.fault) {
        // Cannon has an error instead of a panic if the server has ended before the first step.
        Some(Fault::Oracle(error)) if is_missing_server(error) => FAILED,
        Some(Fault::Oracle(_)) => 2,
        Some(fault) if fault.is_guest_fault() => 2,
        _ => FAILED,
    }
}

fn is_missing_server(error: &OracleError) -> bool {
    matches!(error.source.downcast_ref(), Some(ServerError::NeverServed { .. }))
}
