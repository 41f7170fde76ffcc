//! Tribunal: decides claims about OP Stack rollups.
//!
//! Exit status: 0 if every claim is true (or the command succeeded), 1 if a claim is false (or a comparison failed), 2 if a
//! claim could not be decided (or the command failed), 141 if the reader of standard output has gone.

// These macros panic when the stream cannot be written: see the output module.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod commands;
mod count;
mod exit;
mod files;
mod guest_inputs;
mod inputs;
mod interrupt;
mod invocation;
mod live;
mod logging;
mod metrics;
mod nodes;
mod output;
mod printable;
mod process;
mod progress;
mod report;
mod steps;
mod terminal;
mod timing;
mod values;

use clap::{Parser, Subcommand};
use std::{process::ExitCode, time::Instant};
use tracing_subscriber::{Layer, Registry};

use crate::{
    exit::Status,
    logging::{LogFilter, LogFormat},
    printable::printable,
    terminal::{Color, Stream},
};

/// Decides claims about OP Stack rollups, from L1 data alone.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, before_help = WITHOUT_PROVER, after_help = EXIT_STATUS)]
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
    /// What to log to standard error: off, error, warn, info, debug, trace, or levels by crate such as
    /// `warn,tribunal_derive=debug`.
    #[arg(
        long,
        global = true,
        default_value = "warn",
        value_name = "FILTER",
        help_heading = "Global options"
    )]
    log: LogFilter,
    /// How log lines and messages on standard error look: text, or json (one object a line).
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "FORMAT",
        hide_possible_values = true,
        help_heading = "Global options"
    )]
    log_format: LogFormat,
    /// When to use colours: auto (on a terminal, unless NO_COLOR is set), always, never.
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "WHEN",
        hide_possible_values = true,
        help_heading = "Global options"
    )]
    color: Color,
}

const EXIT_STATUS: &str = "Exit status: 0 if all claims are true or the command succeeded, 1 if a claim is false, 2 if a \
                           claim is undecided or on an error, 141 if the reader of standard output has gone. `tribunal vm` \
                           and `tribunal guest run` have other exit codes: see their help.";

#[cfg(feature = "prover")]
const WITHOUT_PROVER: &str = "";
#[cfg(not(feature = "prover"))]
const WITHOUT_PROVER: &str = "This build has no prover: `prove`, `verify` and `program-id` are missing. Build it with \
                              `make build`.";

// The commands' own help comes from their arguments: a doc comment here would hide it.
#[derive(Debug, Subcommand)]
enum Command {
    Check(Box<commands::check::Args>),
    Fetch(Box<commands::fetch::Args>),
    Block(commands::block::Args),
    Preimages(commands::preimages::Args),
    Host(commands::host::Args),
    Devnet(commands::devnet::Args),
    Vm(commands::vm::Args),
    Guest(commands::guest::Args),
    #[cfg(feature = "prover")]
    ProgramId(commands::program_id::Args),
    #[cfg(feature = "prover")]
    Prove(commands::prove::Args),
    #[cfg(feature = "prover")]
    Verify(commands::verify::Args),
    Bench(commands::bench::Args),
    #[command(hide = true)]
    PackageFiles(commands::package_files::Args),
}

fn main() -> ExitCode {
    let start = Instant::now();
    interrupt::survive_file_size_limit();
    let cli = match invocation::parse() {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    #[cfg(feature = "prover")]
    let stages = commands::prove::StageTimer::default();
    #[cfg(feature = "prover")]
    let measuring = cli.command.proves().then(|| stages.layer().boxed());
    #[cfg(not(feature = "prover"))]
    let measuring = None;
    if let Err(error) = start_logging(&cli, measuring) {
        return fail(&error.context("cannot start logging"), Status::Undecided);
    }
    let done = match cli.command {
        Command::Check(args) => commands::check::run(&args, start),
        Command::Fetch(args) => commands::fetch::run(&args),
        Command::Block(args) => commands::block::run(args),
        Command::Preimages(args) => commands::preimages::run(args),
        Command::Host(args) => commands::host::run(args),
        Command::Devnet(args) => commands::devnet::run(args),
        #[cfg(feature = "prover")]
        Command::Bench(commands::bench::Args { what: Some(commands::bench::What::Prove(args)), .. }) => {
            commands::bench::prove::run(&args, &stages)
        }
        Command::Bench(args) => commands::bench::run(args),
        Command::PackageFiles(args) => commands::package_files::run(&args),
        #[cfg(feature = "prover")]
        Command::ProgramId(args) => commands::program_id::run(&args),
        #[cfg(feature = "prover")]
        Command::Prove(args) => commands::prove::run(&args, &stages),
        #[cfg(feature = "prover")]
        Command::Verify(args) => commands::verify::run(&args),
        // The VM has Cannon's exit codes, and a guest has its own.
        Command::Vm(args) => return commands::vm::run(&args),
        Command::Guest(args) => return commands::guest::run(&args),
    };
    done.map_or_else(|error| fail(&error, Status::Undecided), ExitCode::from)
}

/// Reports an error, unless the error is that the reader of the output has gone. Returns `code`, which is never that of a
/// verdict.
pub(crate) fn fail(error: &anyhow::Error, code: impl Into<ExitCode>) -> ExitCode {
    if output::is_closed(error) {
        return exit::CLOSED.into();
    }
    output::error(with_causes(error));
    code.into()
}

/// An error with its causes, without those that its text has already. Foreign text in it is printable.
pub(crate) fn with_causes(error: &anyhow::Error) -> String {
    let text = error.chain().skip(1).fold(error.to_string(), |text, cause| {
        let cause = cause.to_string();
        if text.contains(&cause) { text } else { format!("{text}: {cause}") }
    });
    printable(text).to_string()
}

#[cfg(feature = "prover")]
impl Command {
    /// Whether it proves, and so measures the stages of that.
    const fn proves(&self) -> bool {
        matches!(self, Self::Prove(_) | Self::Bench(commands::bench::Args { what: Some(_), .. }))
    }
}

/// Logs to standard error. Benchmarks of claims measure the spans instead.
fn start_logging(cli: &Cli, measuring: Option<Box<dyn Layer<Registry> + Send + Sync>>) -> anyhow::Result<()> {
    let filter = match &cli.command {
        Command::Bench(_) if measuring.is_none() => return Ok(()),
        Command::Host(args) => args.log_level().map(LogFilter::level),
        _ => None,
    };
    let of_host = match &cli.command {
        Command::Host(args) => args.log_format(),
        _ => None,
    };
    let Global { log, log_format, color } = &cli.global;
    let format = of_host.unwrap_or(*log_format);
    logging::start(filter.as_ref().unwrap_or(log), format, color.applies_to(Stream::Stderr), measuring)
}
