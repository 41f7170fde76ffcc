//! Where results go: nowhere, to standard output, or to a file that appears only when it is complete.

use anyhow::{Context, bail};
use serde::Serialize;
use std::{
    ffi::OsStr,
    fs::{self, File, Permissions},
    io::{self, BufWriter, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use super::gzip::GzipWriter;
use crate::files;

/// The mode that Cannon gives to every file.
pub(crate) const MODE: u32 = 0o755;

/// Where a result goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// Nowhere: the empty name.
    Nowhere,
    /// Standard output: `-`.
    Stdout,
    /// A file, compressed if its name ends in `.gz`.
    File(PathBuf),
}

impl Target {
    /// The target that a flag's value names.
    pub(crate) fn named(name: impl AsRef<OsStr>) -> Self {
        let name = name.as_ref();
        match name.as_encoded_bytes() {
            b"" => Self::Nowhere,
            b"-" => Self::Stdout,
            _ => Self::File(name.into()),
        }
    }

    /// The same for a state, which can only be written to a file with the name of one.
    pub(crate) fn for_state(name: impl AsRef<OsStr>, flag: &str) -> anyhow::Result<Self> {
        let target = Self::named(name);
        match &target {
            Self::File(path) if !is_state_file(path) => bail!(
                "invalid {flag} file format {}: only binary file formats (ending in .bin or .bin.gz) are supported",
                path.display()
            ),
            _ => Ok(target),
        }
    }

    /// Checks before a run that its result can be written.
    pub(crate) fn require_writable(&self) -> anyhow::Result<()> {
        match self {
            Self::File(path) => files::require_writable(path),
            Self::Nowhere | Self::Stdout => Ok(()),
        }
    }

    /// Writes JSON as Cannon does: indented by two spaces, and with two line feeds at the end.
    pub(crate) fn write_json(&self, value: &impl Serialize) -> anyhow::Result<()> {
        self.write(|out| {
            serde_json::to_writer_pretty(&mut *out, value)?;
            out.write_all(b"\n\n")
        })
    }

    /// Writes bytes without compression.
    pub(crate) fn write_plain(&self, bytes: &[u8]) -> anyhow::Result<()> {
        match self {
            Self::File(path) => write_file(path, false, |out| out.write_all(bytes))
                .with_context(|| format!("cannot write {}", path.display())),
            _ => self.write(|out| out.write_all(bytes)),
        }
    }

    /// Writes what `content` produces.
    pub(crate) fn write(&self, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> anyhow::Result<()> {
        match self {
            Self::Nowhere => Ok(()),
            Self::Stdout => Ok(crate::output::write(content)?),
            Self::File(path) => write_file(path, is_gzip(path), content)
                .with_context(|| format!("cannot write {}", path.display())),
        }
    }
}

/// Whether a file has the name of a binary state.
pub(crate) fn is_state_file(path: &Path) -> bool {
    let name = path.as_os_str().as_encoded_bytes();
    name.ends_with(b".bin") || name.ends_with(b".bin.gz")
}

/// Whether a file has the name of a compressed file.
pub(crate) fn is_gzip(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().ends_with(b".gz")
}

fn write_file(
    path: &Path,
    compress: bool,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    // A terminal, a pipe or /dev/null is written to instead of replaced.
    if fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
        return write_content(File::options().write(true).open(path)?, compress, content).map(drop);
    }
    let path = files::behind_link(path);
    let (file, temporary) = files::temporary_for(&path)?.into_parts();
    let file = write_content(file, compress, content)?;
    file.set_permissions(Permissions::from_mode(MODE))?;
    temporary.persist(path).map_err(|error| error.error)
}

fn write_content(
    file: File,
    compress: bool,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<File> {
    let mut out = BufWriter::with_capacity(1 << 16, file);
    if compress {
        let mut compressed = GzipWriter::new(&mut out);
        content(&mut compressed)?;
        compressed.finish()?;
    } else {
        content(&mut out)?;
    }
    out.into_inner().map_err(io::IntoInnerError::into_error)
}
