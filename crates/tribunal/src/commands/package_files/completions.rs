//! Scripts with which shells complete command lines.

use clap::Command;
use clap_complete::{Generator, Shell, generate};
use std::{fs, io, path::Path};

use crate::invocation::Named;

/// Writes the scripts of a name of the program, each into the folder of its shell, under the file name by which the shell
/// finds it.
pub(super) fn write(named: &Named, folder: &Path) -> io::Result<()> {
    let grammar = visible(&named.grammar).version(env!("CARGO_PKG_VERSION"));
    for (shell, file) in [
        // Bash looks for the name of the command alone.
        (Shell::Bash, named.name.to_owned()),
        (Shell::Zsh, Shell::Zsh.file_name(named.name)),
        (Shell::Fish, Shell::Fish.file_name(named.name)),
    ] {
        let folder = folder.join(shell.to_string());
        fs::create_dir_all(&folder)?;
        let mut script = Vec::new();
        generate(shell, &mut grammar.clone(), named.name, &mut script);
        let script = String::from_utf8_lossy(&script);
        let script = match shell {
            Shell::Bash => with_one_prefix(&script, named.name),
            Shell::Fish => without_dots(&script),
            _ => script.into_owned(),
        };
        fs::write(folder.join(file), script)?;
    }
    Ok(())
}

/// What completions need of a grammar, without the hidden commands, which `clap_complete` would offer.
fn visible(command: &Command) -> Command {
    let commands = command.get_subcommands().filter(|command| !command.is_hide_set());
    // Names in a grammar live as long as the process.
    Command::new(&*command.get_name().to_owned().leak())
        .about(command.get_about().cloned().unwrap_or_default())
        .args(command.get_arguments().cloned())
        .groups(command.get_groups().cloned())
        .subcommands(commands.map(visible))
        .propagate_version(command.is_propagate_version_set())
}

/// A script for bash in which a name with a dash, such as kona-host, is spelt alike where a command is found and where its flags
/// are looked up. `clap_complete` spells it in two ways, and so bash would offer no flags.
fn with_one_prefix(script: &str, name: &str) -> String {
    script.replace(&name.replace('-', "__subcmd__"), &name.replace('-', "__"))
}

/// A script for fish without kona-host's flags with dots where it takes the flags apart to find the command. Fish refuses such
/// names there, and then completes nothing. It still offers these flags.
fn without_dots(script: &str) -> String {
    let line = |line: &str| match line.strip_prefix(SPECIFICATIONS) {
        Some(flags) => {
            let flags = flags.split(' ').filter_map(name_without_dots);
            SPECIFICATIONS.to_owned() + &flags.collect::<Vec<_>>().join(" ")
        }
        None => line.to_owned(),
    };
    script.lines().map(|text| line(text) + "\n").collect()
}

/// How the line begins that lists the flags for fish to take apart, such as `color= q/quiet`.
const SPECIFICATIONS: &str = "    string join \\n ";

/// Such a flag. Of one whose long name has a dot, the short name stays, if there is one.
fn name_without_dots(flag: &str) -> Option<&str> {
    if flag.contains('.') { flag.split_once('/').map(|(short, _)| short) } else { Some(flag) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fish_gets_no_dots() {
        let script = "function f\n    string join \\n log= q/logs.quiet logs.format= h/help\nend\ncomplete -l logs.quiet\n";
        let expected = "function f\n    string join \\n log= q h/help\nend\ncomplete -l logs.quiet\n";
        assert_eq!(without_dots(script), expected);
    }
}
