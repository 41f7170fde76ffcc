//! Command lines as Cannon's users write them: flags with one dash or two, booleans with a value, values that begin with
//! a dash, and everything from the first thing that is no flag on left alone.

use clap::{ArgAction, Command};
use std::{
    ffi::{OsStr, OsString},
    os::unix::ffi::OsStrExt,
};

/// Rewrites the flags of `tribunal … vm SUBCOMMAND` as `--flag=value`, the one form that can be read in one way only.
/// What is not for the VM is left as it is, and so is what is no flag of the subcommand: for that, there is an error.
pub(crate) fn normalise(program: &mut Command, arguments: Vec<OsString>) -> Vec<OsString> {
    let Some(vm) = place_of_vm(&arguments) else { return arguments };
    program.build();
    let name = arguments.get(vm + 1);
    let Some(command) = program
        .find_subcommand("vm")
        .and_then(|command| command.find_subcommand(name.map(OsString::as_os_str).unwrap_or_default()))
    else {
        return arguments;
    };
    let mut arguments = arguments.into_iter();
    let mut normal: Vec<OsString> = arguments.by_ref().take(vm + 2).collect();
    while let Some(argument) = arguments.next() {
        match Flag::parse(&argument, command) {
            Some(Flag::Valued { name, value }) => match value.or_else(|| arguments.next()) {
                Some(value) => normal.push(joined(&name, &value)),
                None => normal.push(format!("--{name}").into()),
            },
            Some(Flag::Switch { name, on: true }) => normal.push(format!("--{name}").into()),
            Some(Flag::Switch { on: false, .. }) => {}
            Some(Flag::Unknown) => normal.push(argument),
            None => {
                // The server's command line; or the file of a command that takes one.
                if argument != "--" && command.get_positionals().any(|one| !one.is_last_set()) {
                    normal.push(argument);
                    continue;
                }
                normal.push("--".into());
                normal.extend((argument != "--").then_some(argument));
                break;
            }
        }
    }
    normal.extend(arguments);
    normal
}

/// Where `vm` stands, which only the global flag may precede.
pub(crate) fn place_of_vm(arguments: &[OsString]) -> Option<usize> {
    let mut place = 1;
    loop {
        let argument = arguments.get(place)?.to_str()?;
        match argument {
            "vm" => return Some(place),
            "--log" => place += 2,
            _ if argument.starts_with("--log=") => place += 1,
            _ => return None,
        }
    }
}

enum Flag {
    Valued { name: String, value: Option<OsString> },
    Switch { name: String, on: bool },
    Unknown,
}

impl Flag {
    /// Reads one argument; none if it is no flag.
    fn parse(argument: &OsStr, command: &Command) -> Option<Self> {
        let bytes = argument.as_bytes();
        let name =
            bytes.strip_prefix(b"--").or_else(|| bytes.strip_prefix(b"-")).filter(|name| !name.is_empty())?;
        let end = name.iter().position(|byte| *byte == b'=').unwrap_or(name.len());
        // What is not Unicode is no flag of ours.
        let Ok(text) = std::str::from_utf8(&name[..end]) else { return Some(Self::Unknown) };
        let known = command
            .get_arguments()
            .find(|known| known.get_long_and_visible_aliases().is_some_and(|names| names.contains(&text)));
        let value = name.get(end + 1..).map(|value| OsStr::from_bytes(value).to_owned());
        Some(match known {
            Some(known) if matches!(known.get_action(), ArgAction::Set | ArgAction::Append) => {
                Self::Valued { name: text.to_owned(), value }
            }
            Some(_) => match value.as_deref().map(|value| value.to_str().unwrap_or_default()) {
                None | Some("1" | "t" | "T" | "true" | "TRUE" | "True") => {
                    Self::Switch { name: text.to_owned(), on: true }
                }
                Some("0" | "f" | "F" | "false" | "FALSE" | "False") => {
                    Self::Switch { name: text.to_owned(), on: false }
                }
                Some(_) => Self::Unknown,
            },
            None => Self::Unknown,
        })
    }
}

fn joined(name: &str, value: &OsStr) -> OsString {
    let mut whole = OsString::from(format!("--{name}="));
    whole.push(value);
    whole
}
