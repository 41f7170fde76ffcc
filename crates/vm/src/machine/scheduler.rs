//! The scheduler. Threads lie on two stacks, and the top thread of the active one runs. A thread that is preempted or
//! yields moves to the other stack. When the active stack is empty, the other becomes active.

use super::{Observer, Step, Switch};
use crate::{error::Fault, state::Thread};

/// The number of steps after which a thread is preempted.
pub(crate) const QUANTUM: u64 = 100_000;

impl<O: Observer> Step<'_, O> {
    /// The running thread.
    #[inline]
    pub(super) fn thread(&mut self) -> Result<&mut Thread, Fault> {
        self.core.state.active_stack_mut().last_mut().ok_or(Fault::NoThread)
    }

    /// Moves the running thread to the other stack, so that the next thread runs.
    pub(super) fn switch_thread(&mut self, reason: Switch) -> Result<(), Fault> {
        let state = &mut self.core.state;
        let thread = state.active_stack_mut().pop().ok_or(Fault::NoThread)?;
        let right_was_active = state.traverse_right;
        if right_was_active { &mut state.left } else { &mut state.right }.push(thread);
        self.begin_quantum();
        let state = &self.core.state;
        let waiting = if right_was_active { &state.left } else { &state.right };
        if let (Some(from), Some(to)) = (waiting.last(), state.current_thread()) {
            self.observer.switch(reason, from, to);
        }
        Ok(())
    }

    /// Pushes a new thread on the active stack, so that it runs next, and the thread that created it later.
    pub(super) fn push_thread(&mut self, thread: Thread) {
        let state = &mut self.core.state;
        state.active_stack_mut().push(thread);
        state.steps_since_switch = 0;
        if let [.., from, to] = state.active_stack() {
            self.observer.switch(Switch::Cloned, from, to);
        }
    }

    /// Removes the running thread, which has exited, from its stack.
    ///
    /// # Errors
    /// [`Fault::NoThread`] if it was the last thread. That happens only in a state that no program reaches: a program
    /// exits together with its last thread.
    pub(super) fn drop_thread(&mut self) -> Result<(), Fault> {
        let from = self.core.state.active_stack_mut().pop().ok_or(Fault::NoThread)?;
        self.begin_quantum();
        let to = self.core.state.current_thread().ok_or(Fault::NoThread)?;
        self.observer.switch(Switch::Exited, &from, to);
        Ok(())
    }

    /// Begins the quantum of the next thread. If the active stack is empty, the other becomes active.
    fn begin_quantum(&mut self) {
        let state = &mut self.core.state;
        if state.active_stack().is_empty() {
            state.traverse_right = !state.traverse_right;
        }
        state.steps_since_switch = 0;
    }
}
