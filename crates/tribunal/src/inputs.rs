//! What several commands require of the paths that they are given.

use anyhow::bail;
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
