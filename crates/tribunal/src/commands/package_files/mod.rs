//! `tribunal package-files`: the man pages and shell completions that a package carries beside the program.
//!
//! The program writes them itself, so that they show the commands and flags of exactly this build.

mod completions;
mod manual;

use anyhow::Context;
use std::path::PathBuf;

use crate::{exit::Status, files, invocation};

/// Write the man pages and shell completions of the program under each of its names, as `make package` packs them.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Folder to write, with the folders man1, bash, zsh and fish in it. It must be empty, or not exist.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<Status> {
    files::write_folder(&args.out, |folder| {
        for named in invocation::grammars() {
            manual::write(&named, &folder.join("man1"))?;
            completions::write(&named, folder)?;
        }
        Ok(())
    })
    .with_context(|| format!("cannot write {}", args.out.display()))?;
    Ok(Status::True)
}
