//! Man pages: one for each command, and one for each other name of the program.

use clap::Command;
use clap_mangen::{
    Man,
    roff::{Roff, roman},
};
use std::{fs, io, path::Path};

use crate::invocation::Named;

/// Writes the pages of a name of the program into `folder`.
pub(super) fn write(named: &Named, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    // `help` needs no page.
    let mut grammar = named.grammar.clone().disable_help_subcommand(true);
    grammar.build();
    match named.stands_for {
        None => write_commands(&grammar, None, folder),
        Some(command) => fs::write(folder.join(file(named.name)), page(&grammar, Some(command), command)?),
    }
}

/// Writes the page of a command, and those of its commands.
fn write_commands(command: &Command, parent: Option<&str>, folder: &Path) -> io::Result<()> {
    let name = full_name(command);
    fs::write(folder.join(file(name)), page(command, parent, name)?)?;
    let mut commands = command.get_subcommands().filter(|command| !command.is_hide_set());
    commands.try_for_each(|command| write_commands(command, Some(name), folder))
}

/// The name of a command with those of the commands that it belongs to, as in `tribunal-vm-run`.
fn full_name(command: &Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

fn file(name: &str) -> String {
    format!("{name}.1")
}

/// A page that refers to the one of `related`. The pages of its commands begin with `family`.
fn page(command: &Command, related: Option<&str>, family: &str) -> io::Result<Vec<u8>> {
    let man = |command: Command| {
        let man =
            Man::new(command).source(concat!("tribunal ", env!("CARGO_PKG_VERSION"))).manual("Tribunal");
        // No date, so that the same program writes the same pages. An empty one would be lost, and what follows would be
        // taken for it.
        man.date(" ")
    };
    let own = man(command.clone());
    let mut page = Vec::new();
    own.render_title(&mut page)?;
    own.render_name_section(&mut page)?;
    own.render_synopsis_section(&mut page)?;
    own.render_description_section(&mut page)?;
    own.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man(command.clone().display_name(family.to_owned())).render_subcommands_section(&mut page)?;
    }
    if let Some(status) = command.get_after_help() {
        let status = status.to_string();
        section(&mut page, "EXIT STATUS", status.strip_prefix("Exit status: ").unwrap_or(&status))?;
    }
    if let Some(related) = related {
        section(&mut page, "SEE ALSO", &format!("{related}(1)"))?;
    }
    Ok(page)
}

fn section(page: &mut Vec<u8>, title: &str, text: &str) -> io::Result<()> {
    Roff::new().control("SH", [title]).text([roman(text)]).to_writer(page)
}
