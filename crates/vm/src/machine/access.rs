//! How a step touches memory: every access is seen by whoever proves the step, every store by the reservation.

use super::{Machine, MemoryProofs};
use crate::{
    error::Fault,
    memory::{Memory, MemoryError, PROOF_BYTES},
    state::{LlStatus, Reservation},
    stats::Stats,
};
use tribunal_mips::{Bus, WORD_MASK, Width};

/// Where the guest prints to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Descriptor 1.
    Stdout,
    /// Descriptor 2.
    Stderr,
}

/// The proofs of what a step touched.
///
/// Cannon leaves the proofs of an earlier step in place where a step touches nothing; what it leaves is of no
/// consequence to a verifier, but is the same here, so that proofs are the same bytes.
pub(crate) struct Accesses {
    /// Whether the step is being proven.
    pub(crate) proving: bool,
    /// Whether the second word's proof may be asked for after steps that are not proven.
    pub(crate) keep_second: bool,
    last: Option<u64>,
    proofs: Box<MemoryProofs>,
}

impl Default for Accesses {
    fn default() -> Self {
        Self { proving: false, keep_second: false, last: None, proofs: Box::new([[0; PROOF_BYTES]; 2]) }
    }
}

impl Accesses {
    /// Begins a step.
    pub(crate) fn reset(&mut self, proving: bool) {
        self.proving = proving;
        self.last = None;
    }

    /// The proofs of the words that steps touched last.
    pub(crate) fn proofs(&mut self, memory: &mut Memory) -> &MemoryProofs {
        if let Some(proof) = memory.remembered_proof() {
            self.proofs[1] = proof;
        }
        &self.proofs
    }

    /// Notes that the word at `address` is about to be touched. No step touches two words, but for the one that has
    /// [`Accesses::second`].
    #[inline]
    pub(crate) fn first(&mut self, memory: &mut Memory, address: u64) {
        if self.proving && self.last != Some(address) {
            self.last = Some(address);
            self.proofs[0] = memory.merkle_proof(address);
        }
    }

    /// Notes that a second word, right behind the first, is about to be touched.
    pub(crate) fn second(&mut self, memory: &mut Memory, address: u64) {
        if self.proving {
            self.proofs[1] = memory.merkle_proof(address);
            memory.forget();
        } else if self.keep_second {
            memory.remember(address);
        }
        self.last = Some(address);
    }
}

/// Memory as instructions see it.
pub(crate) struct MachineBus<'a> {
    pub(crate) memory: &'a mut Memory,
    pub(crate) reservation: &'a mut Reservation,
    pub(crate) accesses: &'a mut Accesses,
    pub(crate) stats: &'a mut Stats,
    /// The running thread.
    pub(crate) owner: u64,
    /// The step that is being made.
    pub(crate) step: u64,
}

impl Bus for MachineBus<'_> {
    type Error = MemoryError;

    #[inline]
    fn load(&mut self, address: u64) -> Result<u64, MemoryError> {
        self.accesses.first(self.memory, address);
        Ok(self.memory.read_word(address))
    }

    #[inline]
    fn store(&mut self, address: u64, word: u64) -> Result<(), MemoryError> {
        self.accesses.first(self.memory, address);
        self.memory.write_word(address, word)?;
        if address == self.reservation.address & WORD_MASK {
            clear(self.memory, self.reservation);
            self.stats.count_invalidation();
        }
        Ok(())
    }

    fn load_linked(&mut self, address: u64, width: Width) -> Result<u64, MemoryError> {
        let word = self.load(address & WORD_MASK)?;
        *self.reservation = Reservation { status: LlStatus::of(width), address, owner: self.owner };
        self.memory.set_reserved(Some(address));
        self.stats.count_load_linked(self.owner, self.step);
        Ok(word)
    }

    fn store_conditional(&mut self, address: u64, width: Width, value: u64) -> Result<bool, MemoryError> {
        let needed = Reservation { status: LlStatus::of(width), address, owner: self.owner };
        let stands = *self.reservation == needed;
        if stands {
            clear(self.memory, self.reservation);
            let word = self.load(address & WORD_MASK)?;
            self.memory.write_word(address & WORD_MASK, width.insert(address, word, value))?;
        }
        self.stats.count_store_conditional(self.owner, self.step, stands);
        Ok(stands)
    }
}

/// Takes the reservation back.
pub(crate) fn clear(memory: &mut Memory, reservation: &mut Reservation) {
    *reservation = Reservation::default();
    memory.set_reserved(None);
}

impl Machine {
    /// Memory, as instructions see it, outside the borrow of the thread that executes them.
    pub(crate) fn bus(&mut self) -> MachineBus<'_> {
        let owner = self.state.current_thread().map_or(0, |thread| thread.id);
        MachineBus {
            memory: &mut self.state.memory,
            reservation: &mut self.state.reservation,
            accesses: &mut self.accesses,
            stats: &mut self.stats,
            owner,
            step: self.state.step,
        }
    }

    /// Loads the word at `address`, rounded down.
    pub(crate) fn load(&mut self, address: u64) -> Result<u64, Fault> {
        Ok(self.bus().load(address & WORD_MASK)?)
    }

    /// Stores the word at `address`, rounded down.
    pub(crate) fn store(&mut self, address: u64, word: u64) -> Result<(), Fault> {
        Ok(self.bus().store(address & WORD_MASK, word)?)
    }

    /// Stores the word at `address`, right behind the one that the step has stored before.
    pub(crate) fn store_second(&mut self, address: u64, word: u64) -> Result<(), Fault> {
        self.accesses.second(&mut self.state.memory, address);
        Ok(self.bus().store(address, word)?)
    }
}
