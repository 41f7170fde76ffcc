//! Many steps, fast, with the same outcome as as many exact ones.
//!
//! What a step can do besides changing registers and memory (threads, system calls) is left to the exact step; between
//! two of these, instructions run in tight loops that know beforehand how many they may make: compiled code, where there
//! is some, and an interpreter that goes through decoded pages block by block, where there is none.

use super::{Machine, access::MachineBus, quiet::Quiet, scheduler::QUANTUM};
use crate::error::VmError;

/// Why [`Machine::run`] returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The step asked for has been reached.
    Step,
    /// The program has exited.
    Exited,
    /// The step that was made last read of a pre-image.
    PreimageRead,
}

impl Machine {
    /// Makes steps until `until` have been made since the start of the program, or it exits, or, if `stop_at_reads`, one
    /// of them read of a pre-image.
    ///
    /// # Errors
    /// As [`Machine::step`].
    pub fn run(&mut self, until: u64, stop_at_reads: bool) -> Result<Stop, VmError> {
        loop {
            if self.state.exited {
                return Ok(Stop::Exited);
            }
            if self.state.step >= until {
                return Ok(Stop::Step);
            }
            if self.run_quietly(until)? {
                self.step()?;
                if stop_at_reads && self.oracle.last_read().is_some() {
                    return Ok(Stop::PreimageRead);
                }
            }
        }
    }

    /// Has everything interpreted from now on, or (the default) hot code compiled. It makes no difference to the outcome.
    pub fn use_interpreter_only(&mut self, only: bool) {
        self.code.interpret_only(only);
    }

    /// Has code compiled once it has been interpreted `hot` times, while the guest waits, so that a run takes the same
    /// course every time: for tests.
    #[doc(hidden)]
    pub fn compile_waiting(&mut self, hot: u16) {
        self.code.compile_waiting(hot);
    }

    /// Makes steps that only change registers and memory, as many as there are until something else comes or `until` steps
    /// have been made, and says whether there is a step left to make.
    fn run_quietly(&mut self, until: u64) -> Result<bool, VmError> {
        let budget = (until - self.state.step).min(QUANTUM.saturating_sub(self.state.steps_since_switch));
        let (step, pc) = match self.state.current_thread() {
            Some(thread) if !thread.exited && budget > 0 => (self.state.step, thread.cpu.pc),
            _ => return Ok(true),
        };
        self.oracle.reset();
        self.accesses.reset(false);
        let stack = if self.state.traverse_right { &mut self.state.right } else { &mut self.state.left };
        let Some(thread) = stack.last_mut() else { return Ok(true) };
        let bus = MachineBus {
            memory: &mut self.state.memory,
            reservation: &mut self.state.reservation,
            accesses: &mut self.accesses,
            stats: &mut self.stats,
            owner: thread.id,
            step,
        };
        let mut quiet = Quiet::new(thread, bus, &mut self.code, step, budget);
        let result = quiet.run();
        let made = quiet.made();
        self.state.step += made;
        self.state.steps_since_switch += made;
        let pc = self.state.current_thread().map_or(pc, |thread| thread.cpu.pc);
        result.map_err(self.fail(step + made, pc))?;
        Ok(self.state.step < until)
    }
}
