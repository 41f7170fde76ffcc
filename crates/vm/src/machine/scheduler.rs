//! Threads: one runs at a time, the top of one of two stacks. One stack is worked off onto the other, then back.

use super::Machine;
use crate::{error::Fault, state::Thread};

/// Steps after which a thread has to make way.
pub(crate) const QUANTUM: u64 = 100_000;

impl Machine {
    /// The thread that runs.
    #[inline]
    pub(crate) fn thread(&mut self) -> Result<&mut Thread, Fault> {
        self.state.active_stack_mut().last_mut().ok_or(Fault::NoThread)
    }

    /// Moves the running thread to the other stack, so that the next one runs.
    pub(crate) fn preempt(&mut self) -> Result<(), Fault> {
        let thread = self.state.active_stack_mut().pop().ok_or(Fault::NoThread)?;
        let other = if self.state.traverse_right { &mut self.state.left } else { &mut self.state.right };
        other.push(thread);
        self.turn_if_done();
        let running = self.thread()?.id;
        self.stats.count_switch(running, self.state.step);
        Ok(())
    }

    /// Lets a new thread run, before the one that made it.
    pub(crate) fn push_thread(&mut self, thread: Thread) {
        self.state.active_stack_mut().push(thread);
        self.state.steps_since_switch = 0;
    }

    /// Drops the running thread, which exited.
    pub(crate) fn drop_thread(&mut self) {
        self.state.active_stack_mut().pop();
        self.turn_if_done();
    }

    /// Turns around where a stack has been worked off.
    fn turn_if_done(&mut self) {
        if self.state.active_stack().is_empty() {
            self.state.traverse_right = !self.state.traverse_right;
        }
        self.state.steps_since_switch = 0;
    }
}
