//! Files that several commands read.

use alloy_primitives::Bytes;
use anyhow::{Context, bail};
use std::path::Path;

/// Says so when a fixture folder is wanted and `path` is a file, such as the claim file in one.
pub(crate) fn require_folder(path: &Path) -> anyhow::Result<()> {
    if !path.is_file() {
        return Ok(());
    }
    match path.parent().filter(|_| path.extension().is_some_and(|ending| ending == "json")) {
        Some(folder) if folder != Path::new("") => {
            bail!("{} is a file; name its folder: {}", path.display(), folder.display())
        }
        _ => bail!(
            "{} is a file; a fixture folder is wanted, with claim.json or claims.json in it",
            path.display()
        ),
    }
}

/// Reads a chain's configuration, whose contents are judged where it is used.
pub(crate) fn config(path: &Path) -> anyhow::Result<Bytes> {
    Ok(std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?.into())
}
