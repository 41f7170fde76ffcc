//! How the program was called: under its own name, or by a link that stands for one of its commands.

use clap::{
    Args, CommandFactory, FromArgMatches, Parser,
    builder::StyledStr,
    error::{ContextKind, ContextValue, ErrorKind},
};
use std::{
    ffi::{OsStr, OsString},
    path::Path,
    process::ExitCode,
};

use crate::{
    Cli, Command, Global,
    commands::{host, vm},
    exit::Status,
    output,
    terminal::{Color, Stream},
};

/// A name that the program answers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    Tribunal,
    /// Stands for `tribunal vm`.
    Cannon,
    /// Stands for `tribunal host`.
    KonaHost,
}

// The command line of a link: one command's, and the flags that every command has. This is not a doc comment, because
// clap would show that as the description instead of the command's own.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true)]
struct Link<A: Args> {
    #[command(flatten)]
    global: Global,
    #[command(flatten)]
    args: A,
}

/// A name of the program, and what command lines under it consist of.
pub(crate) struct Named {
    pub(crate) name: &'static str,
    /// The command that the name stands for, with its parents, as in `tribunal-vm`. None for the program's own name.
    pub(crate) stands_for: Option<&'static str>,
    pub(crate) grammar: clap::Command,
}

/// All names of the program.
pub(crate) fn grammars() -> [Named; 3] {
    [Name::Tribunal, Name::Cannon, Name::KonaHost].map(|name| {
        let (text, stands_for) = match name {
            Name::Tribunal => ("tribunal", None),
            Name::Cannon => ("cannon", Some("tribunal-vm")),
            Name::KonaHost => ("kona-host", Some("tribunal-host")),
        };
        Named { name: text, stands_for, grammar: name.grammar() }
    })
}

/// Reads the command line. Where it is wrong or asks for help, prints what there is to say and returns the exit code.
pub(crate) fn parse() -> Result<Cli, ExitCode> {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let name = Name::of(&arguments);
    let mut grammar = with_negative_values(name.grammar());
    // Passes the global flags on to the subcommands.
    grammar.build();
    let vm_at = name.vm_at(&arguments);
    let arguments = match vm_at {
        Some(at) => vm::flags::normalise(vm_grammar(name, &grammar), arguments, at),
        None => arguments,
    };
    let arguments = without_help_on_help(&grammar, arguments);
    let matches = grammar.try_get_matches_from_mut(&arguments);
    let parsed = matches.and_then(|matches| name.read(&matches)).and_then(|cli| consistent(cli, &grammar));
    parsed.map_err(|error| refuse(error, &grammar, &arguments, usage_status(vm_at, &arguments)))
}

/// The grammar with values that may begin with a dash and a digit, so that the error about one is that it is not a number.
fn with_negative_values(grammar: clap::Command) -> clap::Command {
    let names = |arg: &clap::Arg| !arg.is_positional() && arg.get_action().takes_values();
    grammar
        .mut_args(|arg| if names(&arg) { arg.allow_negative_numbers(true) } else { arg })
        .mut_subcommands(with_negative_values)
}

/// The arguments without the flag `--help` after the command `help`, which clap would take for the name of a command.
fn without_help_on_help(grammar: &clap::Command, mut arguments: Vec<OsString>) -> Vec<OsString> {
    let mut command = grammar;
    let mut at = skip_global(&arguments, 1);
    while let Some(argument) = arguments.get(at) {
        if argument == "help" {
            arguments
                .truncate(arguments[at..].iter().position(is_help).map_or(arguments.len(), |help| at + help));
            break;
        }
        let Some(subcommand) = command.find_subcommand(argument) else { break };
        command = subcommand;
        at = skip_global(&arguments, at + 1);
    }
    arguments
}

fn is_help(argument: &OsString) -> bool {
    argument == "--help" || argument == "-h"
}

/// Refuses flags that contradict each other.
fn consistent(cli: Cli, grammar: &clap::Command) -> Result<Cli, clap::Error> {
    let (name, contradiction) = match &cli.command {
        Command::Check(args) => ("check", args.contradiction()),
        Command::Fetch(args) => ("fetch", args.contradiction()),
        _ => return Ok(cli),
    };
    let Some(message) = contradiction else { return Ok(cli) };
    let command = grammar.find_subcommand(name).unwrap_or(grammar);
    Err(clap::Error::raw(ErrorKind::ArgumentConflict, message).format(&mut command.clone()))
}

impl Name {
    /// The name in the first argument. Any that is not a link's is the program's own.
    fn of(arguments: &[OsString]) -> Self {
        let file = arguments.first().and_then(|path| Path::new(path).file_name());
        match file.and_then(OsStr::to_str) {
            Some("cannon") => Self::Cannon,
            Some("kona-host") => Self::KonaHost,
            _ => Self::Tribunal,
        }
    }

    /// What a command line under this name consists of.
    fn grammar(self) -> clap::Command {
        match self {
            Self::Tribunal => Cli::command(),
            Self::Cannon => Link::<vm::Args>::command().name("cannon"),
            Self::KonaHost => Link::<host::Args>::command().name("kona-host"),
        }
    }

    fn read(self, matches: &clap::ArgMatches) -> Result<Cli, clap::Error> {
        Ok(match self {
            Self::Tribunal => Cli::from_arg_matches(matches)?,
            Self::Cannon => {
                let Link { global, args } = Link::from_arg_matches(matches)?;
                Cli { global, command: Command::Vm(args) }
            }
            Self::KonaHost => {
                let Link { global, args } = Link::from_arg_matches(matches)?;
                Cli { global, command: Command::Host(args) }
            }
        })
    }

    /// Where the VM's command stands or is missing, if this is a command line of the VM.
    fn vm_at(self, arguments: &[OsString]) -> Option<usize> {
        let at = skip_global(arguments, 1);
        match self {
            Self::Cannon => Some(at),
            Self::Tribunal if arguments.get(at)? == "vm" => Some(skip_global(arguments, at + 1)),
            _ => None,
        }
    }
}

/// The first argument from `at` on that is not a global flag.
fn skip_global(arguments: &[OsString], mut at: usize) -> usize {
    while let Some(argument) = arguments.get(at).and_then(|argument| argument.to_str()) {
        match argument {
            "--log" | "--log-format" | "--color" => at += 2,
            _ if ["--log=", "--log-format=", "--color="].iter().any(|flag| argument.starts_with(flag)) => {
                at += 1;
            }
            _ => break,
        }
    }
    at
}

/// The part of the grammar that is the VM's.
fn vm_grammar(name: Name, grammar: &clap::Command) -> &clap::Command {
    match name {
        Name::Cannon => grammar,
        _ => grammar.find_subcommand("vm").unwrap_or(grammar),
    }
}

/// The exit code for a wrong command line, in which the VM's command stands at `vm_at`.
fn usage_status(vm_at: Option<usize>, arguments: &[OsString]) -> ExitCode {
    match vm_at {
        Some(at) => vm::usage_code(arguments.get(at).map(OsString::as_os_str)).into(),
        None => Status::Undecided.into(),
    }
}

/// Prints what is wrong with the command line, with the usage, or the help that it asks for. Returns `status`
/// unless help was asked for and printed.
fn refuse(
    mut error: clap::Error,
    grammar: &clap::Command,
    arguments: &[OsString],
    status: ExitCode,
) -> ExitCode {
    let asks_for_help = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    // Errors about a flag's value come without the usage.
    if !asks_for_help && error.get(ContextKind::Usage).is_none() {
        error.insert(ContextKind::Usage, ContextValue::StyledStr(usage(grammar, arguments)));
    }
    let color = Color::asked(arguments);
    if error.use_stderr() {
        output::message(text(&error, color.applies_to(Stream::Stderr)));
        return if asks_for_help { ExitCode::SUCCESS } else { status };
    }
    match output::line(text(&error, color.applies_to(Stream::Stdout))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => crate::fail(&error.into(), status),
    }
}

fn text(error: &clap::Error, colored: bool) -> String {
    let text = error.render();
    let text = if colored { text.ansi().to_string() } else { text.to_string() };
    text.trim_end().to_owned()
}

/// The usage of the subcommand that a command line is about.
fn usage(grammar: &clap::Command, arguments: &[OsString]) -> StyledStr {
    let subcommand = arguments
        .iter()
        .skip(1)
        .fold(grammar, |command, argument| command.find_subcommand(argument).unwrap_or(command));
    subcommand.clone().render_usage()
}
