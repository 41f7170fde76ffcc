//! `tribunal vm`: the fault-proof VM, with Cannon's commands, flags, files and exit codes.

mod callstack;
mod debug_info;
mod execution;
pub(crate) mod flags;
mod input;
mod list;
mod load_elf;
mod log;
mod name_format;
mod number;
mod output;
mod pattern;
mod profile;
mod run;
mod step_check;
mod stop;
mod traceback;
mod witness;
mod witnesses;

use anyhow::Context;
use clap::Subcommand;
use std::process::ExitCode;
use tribunal_vm::{Fault, OracleError, ServerError, VmError};

use crate::{exit, interrupt::Interrupted};

/// Run programs in the fault-proof VM, with Cannon's commands, flags and files.
///
/// Exit status: 0 when the command succeeded, also if the guest exited with an error; 1 on an error; 2 when the guest
/// executed an invalid step or the pre-image server failed; 130 when interrupted.
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
    /// List the versions of the VM's state that this program runs.
    List,
}

/// The exit code for a wrong command line, as in Cannon.
pub(crate) const USAGE: u8 = 1;

/// Runs the command.
pub(crate) fn run(args: &Args) -> ExitCode {
    match execute(&args.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) if crate::interrupt::was_asked() => {
            crate::output::message(Interrupted);
            ExitCode::from(130)
        }
        Err(error) if crate::output::is_closed(&error) => exit::CLOSED.into(),
        Err(error) => {
            crate::output::message(format_args!("error: {}", describe(&error)));
            ExitCode::from(status(&error))
        }
    }
}

fn execute(command: &Command) -> anyhow::Result<()> {
    crate::interrupt::listen().context("cannot install the signal handlers")?;
    match command {
        Command::LoadElf(args) => load_elf::run(args),
        Command::Run(args) => run::run(args),
        Command::Witness(args) => witness::run(args),
        Command::StepCheck(args) => step_check::run(args),
        Command::List => list::run(),
    }
}

/// The text of an error. A step that failed is named as Cannon names it.
fn describe(error: &anyhow::Error) -> String {
    match error.downcast_ref::<VmError>() {
        Some(VmError { step, pc, fault }) => format!("failed at step {step} (PC: {pc:08x}): {fault}"),
        None => crate::with_causes(error),
    }
}

/// The exit code: 2 where Cannon panics, which is on invalid steps and failed requests, and 1 for all other errors.
fn status(error: &anyhow::Error) -> u8 {
    match error.downcast_ref::<VmError>().map(|error| &error.fault) {
        // Cannon has an error instead of a panic if the server has ended before the first step.
        Some(Fault::Oracle(error)) if is_missing_server(error) => 1,
        Some(Fault::Oracle(_)) => 2,
        Some(fault) if fault.is_guest_fault() => 2,
        _ => 1,
    }
}

fn is_missing_server(error: &OracleError) -> bool {
    matches!(error.source.downcast_ref(), Some(ServerError::NeverServed { .. }))
}
