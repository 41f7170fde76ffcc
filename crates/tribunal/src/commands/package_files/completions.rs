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
