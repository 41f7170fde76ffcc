//! Samples of the guest's call stack, for flame graphs.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};
use tribunal_vm::{Metadata, State};

use super::callstack::{Functions, walk};
use crate::printable::printable;

/// Counts of the call stacks in the samples.
#[derive(Debug)]
pub(crate) struct Profile {
    every: u64,
    next: u64,
    functions: Functions,
    /// How often each stack was seen; its functions, outermost first.
    stacks: BTreeMap<Vec<Option<usize>>, u64>,
}

impl Profile {
    /// An empty profile, for a sample every `every` steps, at least 1.
    pub(crate) fn new(every: u64, metadata: &Metadata) -> Self {
        Self { every, next: 0, functions: Functions::of(metadata), stacks: BTreeMap::new() }
    }

    /// The step of the next sample.
    pub(crate) fn next_after(&self, step: u64) -> u64 {
        self.next.max(step.saturating_add(1))
    }

    /// Takes a sample if one is due.
    pub(crate) fn sample(&mut self, state: &State) {
        if state.step() < self.next {
            return;
        }
        self.next = state.step().saturating_add(self.every);
        let places = walk(state, &self.functions);
        let stack = places.iter().rev().map(|place| self.functions.find(*place)).collect();
        *self.stacks.entry(stack).or_default() += 1;
    }

    /// Writes the samples in folded form: a line for each stack, its functions joined by `;`, outermost first, then a
    /// space and the count.
    pub(crate) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        for (stack, count) in &self.stacks {
            let names: Vec<String> = stack
                .iter()
                .map(|function| printable(self.functions.name(*function)).to_string().replace(';', ","))
                .collect();
            writeln!(out, "{} {count}", names.join(";"))?;
        }
        Ok(())
    }
}
