//! What several commands require of the paths that they are given.

use anyhow::{Context, bail};
use std::path::Path;

/// The files that a fixture folder of claims has one of.
pub(crate) const CLAIMS: &str = "claim.json or claims.json";

/// Checks that `path` is a folder, and not a file such as the claim file in one. Errors say that the folder needs the file
/// `wanted`.
pub(crate) fn require_folder(path: &Path, wanted: &str) -> anyhow::Result<()> {
    let found = std::fs::metadata(path)
        .with_context(|| format!("cannot open the fixture folder {}", path.display()))?;
    if found.is_dir() {
        return Ok(());
    }
    match path.parent().filter(|_| path.extension().is_some_and(|ending| ending == "json")) {
        Some(folder) if folder != Path::new("") => {
            bail!("{} is a file; name its folder: {}", path.display(), folder.display())
        }
        _ => bail!("{} is a file; name a folder with {wanted}", path.display()),
    }
}
