//! Checkpoints: states of a running machine that can be resumed later, by other machines, in other threads of the host.

use super::Machine;
use crate::{
    memory::{CheckpointError, MemoryCheckpoint, Page},
    state::State,
};
use std::collections::BTreeMap;

/// A state that a machine has passed. [`Checkpoint::state`] reproduces it, from the checkpoint and the machine's
/// present state.
///
/// A checkpoint costs little, so a program can keep many of them: a page is copied before the first store to it after
/// the checkpoint, and the copy is freed with the last checkpoint that needs it.
///
/// A machine that resumes from a checkpoint needs the pre-images that the first machine has read. [`crate::Recording`]
/// keeps them.
///
/// ```
/// # use tribunal_vm::{Machine, NoOracle, Recording, State, StateVersion, memory::Memory};
/// # let mut memory = Memory::new(1024)?;
/// # memory.write_word(0x1000, 0x2402_1455_2404_0007)?;
/// # memory.write_word(0x1008, 0x0000_000c_0000_0000)?;
/// # let state = State::new(StateVersion::MultiThreaded64V5, memory, 0x1000, 0x1000_0000_0000);
/// let recording = Recording::default();
/// let mut machine = Machine::new(state, recording.record(Box::new(NoOracle)), Box::new(|_, _| {}));
/// machine.run(2, false)?;
/// let checkpoint = machine.checkpoint();
/// machine.run(u64::MAX, false)?;
///
/// let state = checkpoint.state(machine.state())?;
/// let mut resumed = Machine::new(state, recording.replay(), Box::new(|_, _| {}));
/// let thread = std::thread::spawn(move || resumed.run(u64::MAX, false).map(|_| resumed.into_state().exit_code()));
/// assert_eq!(thread.join().expect("no panic")?, 7);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Checkpoint {
    /// The state without its memory.
    state: State<()>,
    memory: MemoryCheckpoint,
}

impl Checkpoint {
    /// The number of steps that the program had made at the checkpoint.
    #[must_use]
    pub const fn step(&self) -> u64 {
        self.state.step
    }

    /// The state at the checkpoint without its memory.
    #[must_use]
    pub const fn without_memory(&self) -> &State<()> {
        &self.state
    }

    /// The pages that were stored to since the checkpoint, by index: each as it was at the checkpoint, or `None` if it
    /// did not exist then. `now` is the present state of the machine that took the checkpoint.
    ///
    /// # Errors
    /// [`CheckpointError::Foreign`] if `now` is the state of another machine.
    pub fn changed<'a>(&self, now: &'a State) -> Result<BTreeMap<u64, Option<&'a Page>>, CheckpointError> {
        now.memory.changed_since(&self.memory)
    }

    /// The state at the checkpoint, with a copy of its memory. `now` is the present state of the machine that took the
    /// checkpoint.
    ///
    /// # Errors
    /// [`CheckpointError::Foreign`] if `now` is the state of another machine; [`CheckpointError::Memory`] if the system
    /// has no memory for the copy.
    pub fn state(&self, now: &State) -> Result<State, CheckpointError> {
        Ok(self.state.with_memory(now.memory.copy_at(&self.memory)?))
    }
}

impl Machine {
    /// Takes a checkpoint of the present state.
    pub fn checkpoint(&mut self) -> Checkpoint {
        let state = &mut self.core.state;
        Checkpoint { state: state.with_memory(()), memory: state.memory.checkpoint() }
    }

    /// The size in bytes of all copies of pages that this machine keeps for checkpoints. Each checkpoint also has a
    /// copy of the registers of all threads, which is usually much smaller.
    pub fn checkpoint_bytes(&mut self) -> usize {
        self.core.state.memory.checkpoint_bytes()
    }
}
