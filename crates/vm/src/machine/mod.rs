//! The machine: a state, the oracle it reads from, and steps.

mod access;
mod code;
mod proof;
mod quiet;
mod run;
mod scheduler;
mod step;
#[cfg(test)]
mod tests;

pub use access::Stream;
pub use proof::StepProof;
pub use run::Stop;

use crate::{
    error::{Fault, VmError},
    memory::PROOF_BYTES,
    oracle::{Oracle, TrackingOracle},
    state::State,
    stats::Stats,
};
use access::Accesses;
use code::CodeCache;

/// Who gets what the guest prints.
pub type Console = Box<dyn FnMut(Stream, &[u8]) + Send>;

/// A machine about to make steps.
pub struct Machine {
    pub(crate) state: State,
    pub(crate) oracle: TrackingOracle,
    pub(crate) console: Console,
    pub(crate) code: CodeCache,
    pub(crate) accesses: Accesses,
    pub(crate) stats: Stats,
}

impl Machine {
    /// A machine that goes on from `state`.
    #[must_use]
    pub fn new(mut state: State, oracle: Box<dyn Oracle>, console: Console) -> Self {
        let reserved =
            (state.reservation.status != crate::state::LlStatus::None).then_some(state.reservation.address);
        state.memory.set_reserved(reserved);
        Self {
            state,
            oracle: TrackingOracle::new(oracle),
            console,
            code: CodeCache::default(),
            accesses: Accesses::default(),
            stats: Stats::default(),
        }
    }

    /// The state.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// The state, to take a witness of.
    pub const fn state_mut(&mut self) -> &mut State {
        &mut self.state
    }

    /// The state, with the machine taken apart.
    #[must_use]
    pub fn into_state(self) -> State {
        self.state
    }

    /// What the step that was made last read of a pre-image: the key, the pre-image behind its length as a word, and the
    /// offset into that.
    #[must_use]
    pub fn last_preimage_read(&self) -> Option<(&alloy_primitives::B256, &[u8], u64)> {
        self.oracle.last_read()
    }

    /// Pre-images asked for since the machine began, and their bytes.
    #[must_use]
    pub const fn preimage_totals(&self) -> (u64, u64) {
        self.oracle.totals()
    }

    /// Counts, for those who want to know how a program behaved.
    #[must_use]
    pub const fn stats(&self) -> &Stats {
        &self.stats
    }

    /// Starts counting, see [`Machine::stats`].
    pub const fn enable_stats(&mut self) {
        self.stats.enable();
    }

    /// From now on memory is remembered as it is when `clock_gettime` stores its second word, since a later
    /// [`Machine::prove_step`] repeats the proof of that word.
    pub const fn expect_proofs(&mut self) {
        self.accesses.keep_second = true;
    }

    fn fail(&self, step: u64, pc: u64) -> impl FnOnce(Fault) -> VmError {
        move |fault| VmError { step, pc, fault }
    }
}

impl std::fmt::Debug for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Machine").field("step", &self.state.step).finish_non_exhaustive()
    }
}

/// Two memory proofs, of the first and of the second word that a step touches.
type MemoryProofs = [[u8; PROOF_BYTES]; 2];
