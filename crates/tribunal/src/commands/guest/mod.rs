//! `tribunal guest`: programs for the fault-proof VM, outside of this repository.

mod build;
mod cargo;
mod machine;
mod name;
mod new;
mod run;
mod sdk;
mod toolchain;

use clap::Subcommand;
use std::process::ExitCode;

use crate::exit::Status;

/// Make, build and run programs for the fault-proof VM.
///
/// `guest new` makes a project, `guest build` compiles it for the VM, `guest run` runs it there. Then `tribunal prove --elf`
/// proves a run.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    New(new::Args),
    Build(build::Args),
    Run(run::Args),
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> ExitCode {
    let done = match &args.command {
        Command::New(args) => new::run(args).map(|()| ExitCode::SUCCESS),
        Command::Build(args) => build::run(args).map(|()| ExitCode::SUCCESS),
        // The program's own exit code.
        Command::Run(args) => run::run(args).map(ExitCode::from),
    };
    done.unwrap_or_else(|error| crate::fail(&error, Status::Undecided))
}
