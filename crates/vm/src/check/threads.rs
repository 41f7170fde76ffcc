//! Threads as hashes. The running thread is in the proof; the threads below it and the other stack are roots.

use super::{CheckError, witness::HashedState};
use crate::state::{EMPTY_STACK_ROOT, THREAD_BYTES, Thread, push_root};
use alloy_primitives::B256;

/// The running thread, and the root of the threads below it.
#[derive(Debug, Clone)]
pub(super) struct Running {
    pub(super) thread: Thread,
    below: B256,
}

impl Running {
    /// Takes the running thread from a proof, and checks it against the active stack of the state.
    pub(super) fn open(state: &HashedState, proof: &[u8; THREAD_BYTES + 32]) -> Result<Self, CheckError> {
        let mut encoded = [0; THREAD_BYTES];
        encoded.copy_from_slice(&proof[..THREAD_BYTES]);
        let below = B256::from_slice(&proof[THREAD_BYTES..]);
        if push_root(&below, &encoded) != active_root(state) {
            return Err(CheckError::Thread);
        }
        Ok(Self { thread: Thread::decode(&encoded), below })
    }

    /// Puts the changed thread back.
    pub(super) fn close(&self, state: &mut HashedState) {
        *active_root_mut(state) = push_root(&self.below, &self.thread.encode());
    }

    /// Puts the changed thread back, and another one on top of it.
    pub(super) fn push(&self, state: &mut HashedState, thread: &Thread) {
        let root = push_root(&self.below, &self.thread.encode());
        *active_root_mut(state) = push_root(&root, &thread.encode());
        state.steps_since_switch = 0;
    }

    /// Moves this thread to the other stack.
    pub(super) fn preempt(&self, state: &mut HashedState) {
        let other = if state.traverse_right { &mut state.left_root } else { &mut state.right_root };
        *other = push_root(other, &self.thread.encode());
        self.drop(state);
    }

    /// Drops this thread.
    pub(super) fn drop(&self, state: &mut HashedState) {
        *active_root_mut(state) = self.below;
        if self.below == EMPTY_STACK_ROOT {
            state.traverse_right = !state.traverse_right;
        }
        state.steps_since_switch = 0;
    }

    /// Whether this is the only thread.
    pub(super) fn is_last(&self, state: &HashedState) -> bool {
        let other = if state.traverse_right { state.left_root } else { state.right_root };
        self.below == EMPTY_STACK_ROOT && other == EMPTY_STACK_ROOT
    }
}

/// The root of the stack whose top thread runs.
pub(super) const fn active_root(state: &HashedState) -> B256 {
    if state.traverse_right { state.right_root } else { state.left_root }
}

const fn active_root_mut(state: &mut HashedState) -> &mut B256 {
    if state.traverse_right { &mut state.right_root } else { &mut state.left_root }
}
