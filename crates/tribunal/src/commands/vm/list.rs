//! `tribunal vm list`: the versions of the VM.

use tribunal_vm::StateVersion;

use crate::output;

/// Runs the command. The lines have the form of Cannon's program for several versions.
pub(crate) fn run() -> anyhow::Result<()> {
    output::line("Available cannon versions:")?;
    for version in StateVersion::SUPPORTED {
        let byte = version.byte();
        output::line(format_args!("filename: cannon-{byte}\tversion: {version} ({byte})"))?;
    }
    Ok(())
}
