//! The machine: a program's state, the oracle that answers the program's requests, and the code that makes steps.
//! [`step`] makes one step and reports it to an observer. [`run`] makes many steps, most of them on the fast path
//! ([`fast_path`]).

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

/// What a step reads and changes. It does not include the statistics and the prover: these observe the step.
struct Core {
    state: State,
    oracle: TrackingOracle,
    console: Console,
    code: CodeCache,
}

impl Machine {
    /// A machine that continues from `state`. Register 0 of every thread is set to 0, because the caller may have
    /// changed it by way of [`State::current_cpu_mut`].
    #[must_use]
    pub fn new(mut state: State, oracle: Box<dyn Oracle>, console: Console) -> Self {
        for thread in state.left.iter_mut().chain(&mut state.right) {
            thread.cpu.registers[0] = 0;
        }
        // A state from another machine may contain a proof that the other machine's prover deferred. The prover of this
        // machine must not take it.
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

    /// The witness of the state. Hashes the pages that were stored to since the last witness or Merkle proof.
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

    /// What the last step read of a pre-image: the key; the pre-image, with its length as an 8-byte big-endian word in
    /// front; and the offset in these bytes at which the read began. `None` if the step read no pre-image.
    #[must_use]
    pub fn last_preimage_read(&self) -> Option<(&B256, &[u8], u64)> {
        self.core.oracle.last_read()
    }

    /// How many requests for pre-images this machine has made to the oracle, and the sum of the lengths of the answers
    /// in bytes. A pre-image counts each time that it is requested.
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

    /// Prepares the machine for a later [`Machine::prove_step`], so that the proof has the same bytes as Cannon's. If
    /// the proven step touches (loads or stores) fewer than two words of memory, Cannon's proof still has a Merkle
    /// proof of a second word: that of the last step that touched two words. So from now on, the machine takes a
    /// checkpoint of memory whenever a step touches a second word. Only `clock_gettime` does.
    pub const fn expect_proofs(&mut self) {
        self.prover.expect_proofs();
    }
}

impl std::fmt::Debug for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Machine").field("step", &self.core.state.step).finish_non_exhaustive()
    }
}
