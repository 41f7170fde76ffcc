//! What a run reports while it is under way.

pub use tribunal_proof::{BlockProgress, BlockReport, Silent};

/// Receives the progress of a run. Native runs report blocks, runs in a VM report work.
pub trait Progress: BlockProgress {
    /// Some work was done.
    fn work(&mut self, work: &Work) {
        let _ = work;
    }
}

impl Progress for Silent {}

/// How far a run has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Work {
    /// What is counted, in the plural: `steps`.
    pub unit: &'static str,
    /// How many are done.
    pub done: u64,
    /// How many there are, if that is known beforehand.
    pub total: Option<u64>,
}
