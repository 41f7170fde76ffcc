//! Tribunal: decides claims about OP Stack rollups.
//!
//! Exit status: 0 when every claim is true (or the command did its work), 1 when a claim is false (or a comparison
//! failed), 2 when something could not be decided.

mod commands;
mod decide;
mod exit;
mod fpvm;
mod interrupt;
mod progress;
mod report;
mod timing;

use clap::{CommandFactory, Parser, Subcommand};
use std::{
    ffi::{OsStr, OsString},
    path::Path,
    process::ExitCode,
};

use crate::exit::Status;

/// Decides claims about OP Stack rollups, from L1 data alone.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, after_help = EXIT_STATUS)]
struct Cli {
    /// What to log, on standard error: off, error, warn, info, debug, trace, or a filter such as `tribunal_derive=debug`.
    #[arg(long, global = true, default_value = "error", value_name = "FILTER")]
    log: String,
    #[command(subcommand)]
    command: Command,
}

const EXIT_STATUS: &str = "Exit status: 0 all true, 1 something is false, 2 something could not be decided.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Decide the claims of a fixture folder.
    Check(commands::check::Args),
    /// Execute the block of an `l2-blocks` fixture and compare its hash.
    Block(commands::block::Args),
    /// Move, count and verify pre-images.
    Preimages(commands::preimages::Args),
    /// Serve pre-images to a client program, with kona-host's flags.
    Host(commands::host::Args),
    /// Make a devnet: an L1 and an L2 chain, their pre-images, and claims about them.
    Devnet(commands::devnet::Args),
    /// Run programs in the fault-proof VM, with Cannon's commands, flags and files.
    Vm(commands::vm::Args),
    /// Time a claim, with a breakdown.
    Bench(commands::bench::Args),
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse_from(arguments()) {
        Ok(cli) => cli,
        Err(error) => return refuse(&error),
    };
    if let Err(error) = start_logging(&cli) {
        eprintln!("tribunal: --log {}: {error}", cli.log);
        return Status::Undecided.into();
    }
    let done = match cli.command {
        Command::Check(args) => commands::check::run(args),
        Command::Block(args) => commands::block::run(args),
        Command::Preimages(args) => commands::preimages::run(args),
        Command::Host(args) => commands::host::run(args),
        Command::Devnet(args) => commands::devnet::run(args),
        Command::Bench(args) => commands::bench::run(args),
        // The VM has the exit codes of the program whose place it takes.
        Command::Vm(args) => return commands::vm::run(&args),
    };
    done.unwrap_or_else(|error| {
        eprintln!("tribunal: {}", whole(&error));
        Status::Undecided
    })
    .into()
}

/// An error with its causes, but for those that it quotes itself.
pub(crate) fn whole(error: &anyhow::Error) -> String {
    error.chain().skip(1).fold(error.to_string(), |text, cause| {
        let cause = cause.to_string();
        if text.contains(&cause) { text } else { format!("{text}: {cause}") }
    })
}

/// The command line; a link named `kona-host` stands for `tribunal host`, one named `cannon` for `tribunal vm`.
fn arguments() -> Vec<OsString> {
    let mut arguments: Vec<OsString> = std::env::args_os().collect();
    let name = arguments.first().and_then(|name| Path::new(name).file_name());
    let command = match name.and_then(OsStr::to_str) {
        Some("kona-host") => Some("host"),
        Some("cannon") => Some("vm"),
        _ => None,
    };
    if let Some(command) = command {
        arguments.insert(1, command.into());
    }
    commands::vm::flags::normalise(&mut Cli::command(), arguments)
}

/// Prints what is wrong with the command line, or the help that it asks for.
fn refuse(error: &clap::Error) -> ExitCode {
    // Nothing can be done about a terminal that takes no text.
    let _ = error.print();
    match (error.exit_code(), commands::vm::flags::place_of_vm(&arguments())) {
        (0, _) => ExitCode::SUCCESS,
        (_, Some(_)) => ExitCode::from(commands::vm::USAGE),
        _ => Status::Undecided.into(),
    }
}

/// Logs to standard error. Benchmarks measure the spans instead.
fn start_logging(cli: &Cli) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    if matches!(cli.command, Command::Bench(_)) {
        return Ok(());
    }
    let asked = match &cli.command {
        Command::Host(args) => args.log_filter(),
        _ => None,
    };
    let filter = tracing_subscriber::EnvFilter::try_new(asked.unwrap_or(&cli.log))?;
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init()
}
