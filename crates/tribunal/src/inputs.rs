//! Files that several commands read.

use alloy_primitives::Bytes;
use anyhow::Context;
use std::path::Path;

/// Reads a chain's configuration, whose contents are judged where it is used.
pub(crate) fn config(path: &Path) -> anyhow::Result<Bytes> {
    Ok(std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?.into())
}
