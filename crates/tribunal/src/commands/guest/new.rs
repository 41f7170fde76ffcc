//! `tribunal guest new`: a project to begin with.

use anyhow::{Context, bail};
use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{machine, name, sdk, sdk::Sdk};
use crate::{files, output};

/// Make the project of a guest: a folder with a small program, ready for `tribunal guest build`.
///
/// The program adds up the bytes of its first input, and compares the sum with its second. The folder has all that a build
/// needs: a manifest, the description of the VM for the compiler, and the versions of dependencies that the SDK is tested with.
///
/// Exit status: 0 if the folder was made, 2 on an error, 141 if the reader of standard output has gone.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Name of the program, of its package and of the folder, which must not be there.
    #[arg(value_parser = name::parse)]
    name: String,
    /// The checkout of Tribunal that the SDK is taken from [default: the one in whose folder target this program is].
    #[arg(long, value_name = "PATH", conflicts_with = "sdk_version")]
    sdk_path: Option<PathBuf>,
    /// Version of the SDK in a registry that has it, in place of a checkout. The public one does not have it yet.
    #[arg(long, value_name = "VERSION", value_parser = sdk::version)]
    sdk_version: Option<String>,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let name = &args.name;
    let folder = Path::new(name);
    // Also a link that leads nowhere.
    if folder.symlink_metadata().is_ok() {
        bail!("there is a {name} already: choose another name, or remove it");
    }
    let sdk = match (&args.sdk_path, &args.sdk_version) {
        (Some(path), _) => Sdk::at(path)?,
        (None, Some(version)) => Sdk::Version(version.clone()),
        (None, None) => Sdk::beside_this_program()?,
    };
    files::write_folder(folder, |folder| fill(folder, name, &sdk))
        .with_context(|| format!("cannot make the folder {name}"))?;
    output::line(format_args!("made {name}"))?;
    match &sdk {
        Sdk::Checkout { root, .. } => output::line(format_args!("SDK  {}", root.display()))?,
        Sdk::Version(version) => output::line(format_args!("SDK  version {version}"))?,
    }
    output::line(format_args!("next: cd {name}, tribunal guest build"))?;
    Ok(())
}

/// Writes the files of the project.
fn fill(folder: &Path, name: &str, sdk: &Sdk) -> anyhow::Result<()> {
    let named = |text: &str| text.replace("{{name}}", name);
    let manifest = named(include_str!("scaffold/manifest.toml"));
    fs::write(folder.join("Cargo.toml"), manifest.replace("{{sdk}}", &sdk.dependencies()))?;
    fs::create_dir(folder.join("src"))?;
    fs::write(folder.join("src/main.rs"), include_str!("scaffold/program.rs"))?;
    fs::write(folder.join("README.md"), named(include_str!("scaffold/readme.md")))?;
    fs::write(folder.join(".gitignore"), include_str!("scaffold/gitignore"))?;
    fs::write(folder.join(machine::FILE_NAME), machine::DESCRIPTION)?;
    if let Some(lock) = sdk.lock_file() {
        // Its contents alone: the file may be read-only.
        let versions = fs::read(&lock).with_context(|| format!("cannot read {}", lock.display()))?;
        fs::write(folder.join("Cargo.lock"), versions)?;
    }
    Ok(())
}
