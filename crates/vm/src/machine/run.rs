//! Makes many steps fast. The outcome is the same as that of the same number of exact steps ([`Core::step`]).
//!
//! Most steps change only registers and memory. The fast path makes these, in compiled code or in an interpreter.
//! Compiled code also makes the system calls of [`PreimageCalls`]. All other steps (other system calls, thread
//! switches) are exact steps.

use super::{
    Core, Counter, Machine, PreimageCalls, bus::MachineBus, fast_path::FastPath, scheduler::QUANTUM,
};
use crate::{error::VmError, state::Running};

/// Why [`Machine::run`] returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The requested step has been reached.
    Step,
    /// The program has exited.
    Exited,
    /// The last step read a pre-image.
    PreimageRead,
}

impl Machine {
    /// Makes steps until the program exits or has made `until` steps since its start. With `stop_at_reads`, the run
    /// also stops after a step that reads a pre-image.
    ///
    /// # Errors
    /// As [`Machine::step`].
    pub fn run(&mut self, until: u64, stop_at_reads: bool) -> Result<Stop, VmError> {
        loop {
            if self.core.state.exited {
                return Ok(Stop::Exited);
            }
            if self.core.state.step >= until {
                return Ok(Stop::Step);
            }
            if self.core.run_fast(until, stop_at_reads, self.counter.as_mut())? {
                self.step()?;
                if stop_at_reads && self.core.oracle.last_read().is_some() {
                    return Ok(Stop::PreimageRead);
                }
            }
        }
    }

    /// If `only` is set, all code is interpreted from now on. Otherwise hot code is compiled, which is the default. The
    /// outcome of the steps is the same in both cases. This call drops all compiled code.
    pub fn use_interpreter_only(&mut self, only: bool) {
        self.core.code.interpret_only(only);
    }

    /// For tests: compiles each block when it is entered for the `hot`th time. The guest waits for the compiler, so it
    /// is deterministic which code is compiled when.
    #[doc(hidden)]
    pub fn compile_synchronously(&mut self, hot: u16) {
        self.core.code.compile_synchronously(hot);
    }

    /// How many steps compiled code has made in this machine since the last [`Machine::use_interpreter_only`], if that
    /// was called. Two machines that make the same steps may return different numbers, because the background thread
    /// may compile the code earlier or later.
    #[must_use]
    pub fn compiled_steps(&self) -> u64 {
        self.core.code.compiled_steps()
    }
}

impl Core {
    /// Makes steps on the fast path until the program has made `until` steps, or the next step has to be an exact one.
    /// With `stop_at_reads`, each system call has to be an exact step, so no step made here reads a pre-image. Returns
    /// whether an exact step has to follow.
    fn run_fast(
        &mut self,
        until: u64,
        stop_at_reads: bool,
        counter: Option<&mut Counter>,
    ) -> Result<bool, VmError> {
        let state = &mut self.state;
        let step = state.step;
        let until_preemption = QUANTUM.saturating_sub(state.steps_since_switch);
        let budget = (until - step).min(until_preemption);
        let Some(Running { thread, memory, reservation, preimage_key, preimage_offset }) = state.running()
        else {
            return Ok(true);
        };
        if thread.exited || budget == 0 {
            return Ok(true);
        }
        self.oracle.forget_read();
        // All references in the bus have the same lifetime. This new variable lets the compiler shorten the lifetime of
        // `counter` to that one. `&mut counter` would not, because a `&mut` is invariant in what it refers to.
        let mut observer = counter;
        let bus = MachineBus { memory, reservation, thread: thread.id, observer: &mut observer };
        let calls = (!stop_at_reads).then_some(PreimageCalls {
            key: preimage_key,
            offset: preimage_offset,
            oracle: &self.oracle,
            last_read: None,
        });
        let mut fast = FastPath::new(&mut thread.cpu, bus, &mut self.code, calls, step, budget);
        let result = fast.run();
        let (made, last_read) = (fast.made(), fast.last_read());
        let pc = thread.cpu.pc;
        if let Some(offset) = last_read {
            self.oracle.note_read(offset);
        }
        state.step += made;
        state.steps_since_switch += made;
        result.map_err(|fault| VmError { step: step + made, pc, fault })?;
        Ok(state.step < until)
    }
}
