//! What several commands require of the paths that they are given.

use anyhow::{Context, anyhow, bail};
use std::{io::ErrorKind, path::Path};
use tribunal_host::FixtureFolder;

/// The files that a fixture folder of claims has one of.
pub(crate) const CLAIMS: &str = "claim.json or claims.json";

/// Checks that `path` is a folder, and not a file such as the claim file in one. Errors say that the folder needs the file
/// `wanted`.
pub(crate) fn require_folder(path: &Path, wanted: &str) -> anyhow::Result<()> {
    let found = match std::fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => bail!("there is no folder {}", path.display()),
        found => found.with_context(|| format!("cannot open the fixture folder {}", path.display()))?,
    };
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

/// The error for a claim that the folder does not have.
pub(crate) fn no_such_claim(folder: &FixtureFolder, index: usize) -> anyhow::Error {
    let claims = match folder.claims.len() {
        0 => "no claims".to_owned(),
        1 => "only claim 0".to_owned(),
        number => format!("claims 0 to {}", number - 1),
    };
    anyhow!("there is no claim {index}: {} has {claims}", folder.claims_file.display())
}
