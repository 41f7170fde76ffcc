//! Command lines as Cannon's users write them: flags with one dash or two, booleans with a value, values that begin with
//! a dash. The first argument that is not a flag ends the flags.

use clap::{ArgAction, Command};
use std::{
    ffi::{OsStr, OsString},
    os::unix::ffi::OsStrExt,
};

/// Rewrites the flags of a command of the VM as `--flag=value`, the only unambiguous form.
///
/// `vm` is the grammar of the VM's commands, and `at` is where the command stands. Arguments before it stay as they are, as
/// do flags that the command does not have: clap reports those.
pub(crate) fn normalise(vm: &Command, arguments: Vec<OsString>, at: usize) -> Vec<OsString> {
    let name = arguments.get(at).filter(|name| *name != "help");
    let Some(command) = name.and_then(|name| vm.find_subcommand(name)) else { return arguments };
    let mut arguments = arguments.into_iter();
    let mut normal: Vec<OsString> = arguments.by_ref().take(at + 1).collect();
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
                // The file of a command that takes one, or the server's command line.
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

enum Flag {
    Valued { name: String, value: Option<OsString> },
    Switch { name: String, on: bool },
    Unknown,
}

impl Flag {
    /// Reads one argument; `None` if it is not a flag.
    fn parse(argument: &OsStr, command: &Command) -> Option<Self> {
        let bytes = argument.as_bytes();
        let name =
            bytes.strip_prefix(b"--").or_else(|| bytes.strip_prefix(b"-")).filter(|name| !name.is_empty())?;
        let end = name.iter().position(|byte| *byte == b'=').unwrap_or(name.len());
        // All flags are Unicode.
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
