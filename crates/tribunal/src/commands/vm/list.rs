//! `tribunal vm list`: the versions of the VM.

use std::io::Write;
use tribunal_vm::StateVersion;

/// Runs the command. The lines have the form of Cannon's program for several versions.
pub(crate) fn run() -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "Available cannon versions:")?;
    for version in StateVersion::SUPPORTED {
        writeln!(out, "filename: cannon-{}\tversion: {version} ({})", version.byte(), version.byte())?;
    }
    Ok(())
}
