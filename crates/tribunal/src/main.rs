//! Tribunal: decides claims about OP Stack rollups.
//!
//! Exit status: 0 when every claim is true (or the command did its work), 1 when a claim is false (or a comparison
//! failed), 2 when something could not be decided.

mod commands;
mod exit;
mod inputs;
mod interrupt;
mod invocation;
mod progress;
mod report;
mod timing;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

use crate::exit::Status;

/// Decides claims about OP Stack rollups, from L1 data alone.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, after_help = EXIT_STATUS)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

// The flags that every command has. This is not a doc comment, because clap would show that as the description of the
// program.
#[derive(Debug, clap::Args)]
struct Global {
    /// What to log, on standard error: off, error, warn, info, debug, trace, or a filter such as `tribunal_derive=debug`.
    #[arg(long, global = true, default_value = "error", value_name = "FILTER")]
    log: String,
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
    let cli = match invocation::parse() {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    if let Err(error) = start_logging(&cli) {
        eprintln!("tribunal: --log {}: {error}", cli.global.log);
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

/// Logs to standard error. Benchmarks measure the spans instead.
fn start_logging(cli: &Cli) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    if matches!(cli.command, Command::Bench(_)) {
        return Ok(());
    }
    let asked = match &cli.command {
        Command::Host(args) => args.log_filter(),
        _ => None,
    };
    let filter = tracing_subscriber::EnvFilter::try_new(asked.unwrap_or(&cli.global.log))?;
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init()
}
