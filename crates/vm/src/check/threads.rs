//! The threads, as the checker of a step knows them.
//!
//! The machine keeps its threads on two stacks, left and right. The right one is active if `traverse_right` is set. The
//! top thread of the active stack runs. A proof contains the running thread. Of the other threads, the checker knows
//! only the root of each stack: a chain of hashes over its threads.

use super::{CheckError, witness::HashedState};
use crate::state::{EMPTY_STACK_ROOT, THREAD_BYTES, Thread, push_root};
use alloy_primitives::B256;

/// The running thread, and the root of the stack below it.
#[derive(Debug, Clone)]
pub(super) struct RunningThread {
    pub(super) thread: Thread,
    below: B256,
}

impl RunningThread {
    /// Takes the running thread from a proof.
    ///
    /// # Errors
    /// [`CheckError::Thread`] if it is not the top of the active stack.
    pub(super) fn from_proof(
        state: &HashedState,
        proof: &[u8; THREAD_BYTES + 32],
    ) -> Result<Self, CheckError> {
        let mut encoded = [0; THREAD_BYTES];
        encoded.copy_from_slice(&proof[..THREAD_BYTES]);
        let below = B256::from_slice(&proof[THREAD_BYTES..]);
        if push_root(&below, &encoded) != active_root(state) {
            return Err(CheckError::Thread);
        }
        Ok(Self { thread: Thread::decode(&encoded), below })
    }

    /// Computes the root of the active stack again, after this thread changed.
    pub(super) fn write_back(&self, state: &mut HashedState) {
        *active_root_mut(state) = push_root(&self.below, &self.thread.encode());
    }

    /// Writes this thread back, because it may have changed, and pushes a new thread above it. A new quantum begins.
    pub(super) fn push(&self, state: &mut HashedState, new: &Thread) {
        let root = push_root(&self.below, &self.thread.encode());
        *active_root_mut(state) = push_root(&root, &new.encode());
        state.steps_since_switch = 0;
    }

    /// Moves this thread to the other stack, so that the next thread runs.
    pub(super) fn preempt(&self, state: &mut HashedState) {
        let other = if state.traverse_right { &mut state.left_root } else { &mut state.right_root };
        *other = push_root(other, &self.thread.encode());
        self.remove(state);
    }

    /// Removes this thread from the active stack. If the active stack is empty then, the other becomes active.
    pub(super) fn remove(&self, state: &mut HashedState) {
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

/// The root of the active stack, whose top thread runs.
pub(super) const fn active_root(state: &HashedState) -> B256 {
    if state.traverse_right { state.right_root } else { state.left_root }
}

const fn active_root_mut(state: &mut HashedState) -> &mut B256 {
    if state.traverse_right { &mut state.right_root } else { &mut state.left_root }
}
