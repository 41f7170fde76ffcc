//! Threads as hashes: the running one is known, what lies below it and the other stack are roots.

use super::{CheckError, witness::Fields};
use crate::state::{EMPTY_STACK_ROOT, THREAD_BYTES, Thread, push_root};
use alloy_primitives::B256;

/// The running thread, and the root of what lies below it.
#[derive(Debug, Clone)]
pub(super) struct Running {
    pub(super) thread: Thread,
    below: B256,
}

impl Running {
    /// Opens the active stack of a state.
    pub(super) fn open(state: &Fields, proof: &[u8; THREAD_BYTES + 32]) -> Result<Self, CheckError> {
        let mut encoded = [0; THREAD_BYTES];
        encoded.copy_from_slice(&proof[..THREAD_BYTES]);
        let below = B256::from_slice(&proof[THREAD_BYTES..]);
        if push_root(&below, &encoded) != active_root(state) {
            return Err(CheckError::Thread);
        }
        Ok(Self { thread: Thread::decode(&encoded), below })
    }

    /// Puts the running thread back, changed.
    pub(super) fn close(&self, state: &mut Fields) {
        *active_root_mut(state) = push_root(&self.below, &self.thread.encode());
    }

    /// Puts another thread on top of this one, which stays.
    pub(super) fn push(&self, state: &mut Fields, thread: &Thread) {
        let root = push_root(&self.below, &self.thread.encode());
        *active_root_mut(state) = push_root(&root, &thread.encode());
        state.steps_since_switch = 0;
    }

    /// Moves this thread to the other stack.
    pub(super) fn preempt(&self, state: &mut Fields) {
        let other = if state.traverse_right { &mut state.left_root } else { &mut state.right_root };
        *other = push_root(other, &self.thread.encode());
        self.drop(state);
    }

    /// Drops this thread.
    pub(super) fn drop(&self, state: &mut Fields) {
        *active_root_mut(state) = self.below;
        if self.below == EMPTY_STACK_ROOT {
            state.traverse_right = !state.traverse_right;
        }
        state.steps_since_switch = 0;
    }

    /// Whether there is no other thread.
    pub(super) fn is_last(&self, state: &Fields) -> bool {
        let other = if state.traverse_right { state.left_root } else { state.right_root };
        self.below == EMPTY_STACK_ROOT && other == EMPTY_STACK_ROOT
    }
}

/// The root of the stack whose top thread runs.
pub(super) const fn active_root(state: &Fields) -> B256 {
    if state.traverse_right { state.right_root } else { state.left_root }
}

const fn active_root_mut(state: &mut Fields) -> &mut B256 {
    if state.traverse_right { &mut state.right_root } else { &mut state.left_root }
}
