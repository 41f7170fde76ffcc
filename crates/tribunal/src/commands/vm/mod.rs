//! `tribunal vm`: the fault-proof VM, with Cannon's commands, flags, files and exit codes.

mod callstack;
mod debug_info;
mod execution;
pub(crate) mod flags;
mod input;
mod list;
mod load_elf;
mod log;
mod output;
mod pattern;
mod profile;
mod run;
mod step_check;
mod stop;
mod witness;
mod witnesses;

use clap::Subcommand;
use std::process::ExitCode;
use tribunal_vm::{Fault, VmError};

use crate::interrupt::Interrupted;

/// Run programs in the fault-proof VM, with Cannon's commands, flags and files.
///
/// Exit status: 0 when the command did its work, whatever the guest exited with; 1 on an error; 2 when the guest did what
/// no program may do, or the pre-image server failed it; 130 when interrupted.
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
    /// List the versions of the VM that states can have.
    List,
}

/// What a mistake on the command line exits with, as with Cannon.
pub(crate) const USAGE: u8 = 1;

/// Runs the command.
pub(crate) fn run(args: &Args) -> ExitCode {
    crate::interrupt::listen();
    let done = match &args.command {
        Command::LoadElf(args) => load_elf::run(args),
        Command::Run(args) => run::run(args),
        Command::Witness(args) => witness::run(args),
        Command::StepCheck(args) => step_check::run(args),
        Command::List => list::run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) if crate::interrupt::was_asked() => {
            eprintln!("{Interrupted}");
            ExitCode::from(130)
        }
        Err(error) => {
            eprintln!("error: {}", told(&error));
            ExitCode::from(status(&error))
        }
    }
}

/// An error, with the step that failed as Cannon names it.
fn told(error: &anyhow::Error) -> String {
    match error.downcast_ref::<VmError>() {
        Some(VmError { step, pc, fault }) => format!("failed at step {step} (PC: {pc:08x}): {fault}"),
        None => crate::whole(error),
    }
}

/// Cannon panics, with 2, where a step cannot be made; everything else is an error like any other.
fn status(error: &anyhow::Error) -> u8 {
    match error.downcast_ref::<VmError>() {
        Some(VmError { fault, .. }) if fault.is_guests() || matches!(fault, Fault::Oracle(_)) => 2,
        _ => 1,
    }
}
