//! Reads the program to prove.

use anyhow::Context;
use std::path::Path;
use tribunal_vm::{State, StateVersion, load_elf};

use crate::commands::vm::{
    input::{self, MemoryLimit},
    output::is_state_file,
};

/// The state that a program starts in: that of an ELF file, or one that a file holds.
pub(crate) fn read(path: &Path, version: StateVersion, limit: MemoryLimit) -> anyhow::Result<State> {
    if is_state_file(path) {
        return input::state(path, limit);
    }
    let elf = input::bytes(path)?;
    let (state, _) =
        load_elf(&elf, version, limit.pages()).with_context(|| format!("cannot load {}", path.display()))?;
    Ok(state)
}
