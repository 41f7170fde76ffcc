//! The machine that guests are compiled for, as the compiler describes it.

use anyhow::{Context, bail};
use serde::Deserialize;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The name of the file. Its stem is what the compiler calls the machine.
pub(super) const FILE_NAME: &str = "mips64-unknown-none.json";
/// The description by which this repository's guests are built.
pub(super) const DESCRIPTION: &str = include_str!("../../../../../targets/mips64-unknown-none.json");

/// A description of the machine.
#[derive(Debug)]
pub(super) struct Machine {
    /// The file, for the compiler.
    pub(super) path: PathBuf,
    /// The linker that it names.
    pub(super) linker: String,
}

/// What this program needs to know of a description.
#[derive(Deserialize)]
struct Description {
    arch: String,
    linker: String,
}

impl Machine {
    /// The description that a project has, or else the one of this program, which is written to the build folder `target`.
    pub(super) fn of(project: &Path, target: &Path) -> anyhow::Result<Self> {
        let own = project.join(FILE_NAME);
        if own.is_file() {
            return Self::read(own);
        }
        let path = target.join(FILE_NAME);
        // An unchanged file keeps its time.
        if fs::read_to_string(&path).ok().as_deref() != Some(DESCRIPTION) {
            fs::create_dir_all(target)
                .and_then(|()| fs::write(&path, DESCRIPTION))
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
        Self::read(path)
    }

    fn read(path: PathBuf) -> anyhow::Result<Self> {
        let json = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let described = serde_json::from_slice(&json)
            .with_context(|| format!("{} does not describe a machine", path.display()))?;
        let Description { arch, linker } = described;
        if arch != "mips64" {
            bail!("{} describes the machine {arch:?}, and the fault-proof VM is a mips64", path.display());
        }
        Ok(Self { path, linker })
    }
}
