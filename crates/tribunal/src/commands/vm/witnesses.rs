//! The lines that `--witness-at` writes.

use std::io::Write;
use tribunal_vm::Machine;

use super::output::Target;
use crate::output;

/// Hashes of states on the way. Lines for standard output are written at once, a file at the end.
#[derive(Debug)]
pub(crate) struct Witnesses {
    target: Target,
    lines: Vec<u8>,
}

impl Witnesses {
    /// No lines yet, for a target.
    pub(crate) const fn new(target: Target) -> Self {
        Self { target, lines: Vec::new() }
    }

    /// Adds a line for the machine's present state.
    pub(crate) fn note(&mut self, machine: &mut Machine) -> anyhow::Result<()> {
        let hash = machine.witness().hash();
        let step = machine.state().step();
        match self.target {
            Target::Nowhere => {}
            Target::Stdout => output::line(format_args!("{step} {hash}"))?,
            Target::File(_) => writeln!(self.lines, "{step} {hash}")?,
        }
        Ok(())
    }

    /// Writes the file.
    pub(crate) fn finish(self) -> anyhow::Result<()> {
        match self.target {
            Target::File(_) => self.target.write_plain(&self.lines),
            _ => Ok(()),
        }
    }
}
