//! The machine: a state, the oracle that it reads from, and how to make steps.

mod atomic;
mod bus;
mod checkpoint;
mod fast_path;
mod observe;
mod proof;
mod run;
mod scheduler;
mod stats;
mod step;
mod syscalls;
#[cfg(test)]
mod tests;

pub(crate) use bus::FastBus;
pub use checkpoint::Checkpoint;
pub use observe::{Both, Observer, Switch};
pub use proof::StepProof;
pub use run::Stop;
pub(crate) use stats::Counter;
pub use stats::{FarFetches, Stats};
pub(crate) use syscalls::PreimageCalls;

use crate::{
    Witness,
    code_cache::CodeCache,
    console::Console,
    error::VmError,
    memory::MerkleProof,
    oracle::{Oracle, TrackingOracle},
    state::State,
};
use alloy_primitives::B256;
use proof::StepProver;
use step::Step;

/// A state, and everything that is needed to make steps from it.
pub struct Machine {
    core: Core,
    /// The statistics, if they are enabled.
    counter: Option<Counter>,
    prover: StepProver,
}

/// What a step works on.
struct Core {
    state: State,
    oracle: TrackingOracle,
    console: Console,
    code: CodeCache,
}

impl Machine {
    /// A machine that continues from `state`. It sets register 0 of every thread to 0, because a caller may have
    /// changed it by way of [`State::current_cpu_mut`].
    #[must_use]
    pub fn new(mut state: State, oracle: Box<dyn Oracle>, console: Console) -> Self {
        for thread in state.left.iter_mut().chain(&mut state.right) {
            thread.cpu.registers[0] = 0;
        }
        // If the state comes from another machine, it may contain that machine's deferred proof, which is of no use
        // here.
        state.memory.cancel_deferred_proof();
        atomic::mark_page(&mut state.memory, &state.reservation);
        let core = Core { state, oracle: TrackingOracle::new(oracle), console, code: CodeCache::default() };
        Self { core, counter: None, prover: StepProver::default() }
    }

    /// The state.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.core.state
    }

    /// The witness of the state. Hashes the pages that have changed since the last witness.
    pub fn witness(&mut self) -> Witness {
        self.core.state.witness()
    }

    /// The Merkle proof of the aligned 32 bytes of memory that contain the byte at `address`.
    pub fn memory_proof(&mut self, address: u64) -> MerkleProof {
        self.core.state.memory.merkle_proof(address)
    }

    /// Ends the machine and returns its state.
    #[must_use]
    pub fn into_state(self) -> State {
        self.core.state
    }

    /// Makes one step, or no step if the program has exited.
    ///
    /// # Errors
    /// [`VmError`]. The machine must not be used after an error.
    pub fn step(&mut self) -> Result<(), VmError> {
        self.step_observed(&mut ())
    }

    /// Makes one step, as [`Machine::step`] does, and tells `observer` what the step does.
    ///
    /// # Errors
    /// As [`Machine::step`].
    pub fn step_observed(&mut self, observer: &mut impl Observer) -> Result<(), VmError> {
        let prover = if self.prover.expects_proofs() { Some(&mut self.prover) } else { None };
        self.core.step(&mut Both(self.counter.as_mut(), Both(prover, observer)))
    }

    /// What the last step has read of a pre-image: the key, the pre-image with its length as a big-endian word in
    /// front, and the offset into these bytes. `None` if the step read none.
    #[must_use]
    pub fn last_preimage_read(&self) -> Option<(&B256, &[u8], u64)> {
        self.core.oracle.last_read()
    }

    /// How many pre-images this machine has requested from the oracle, and the sum of their lengths in bytes.
    #[must_use]
    pub const fn preimage_totals(&self) -> (u64, u64) {
        self.core.oracle.totals()
    }

    /// The statistics of all steps since the first [`Machine::enable_stats`]; all zero if it was not called.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.counter.as_ref().map(|counter| counter.stats().clone()).unwrap_or_default()
    }

    /// Starts to keep statistics.
    pub fn enable_stats(&mut self) {
        self.counter.get_or_insert_default();
    }

    /// Prepares for [`Machine::prove_step`] after further steps, so that the proof has the same bytes as Cannon's. If
    /// the proven step touches fewer than two words of memory, its proof contains the Merkle proof of the second word
    /// that an earlier step touched. So from now on, the machine takes a checkpoint of memory whenever a step touches a
    /// second word, as `clock_gettime` does.
    pub const fn expect_proofs(&mut self) {
        self.prover.expect_proofs();
    }
}

impl std::fmt::Debug for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Machine").field("step", &self.core.state.step).finish_non_exhaustive()
    }
}
