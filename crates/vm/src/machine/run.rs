//! Many steps, fast, with the same outcome as the same number of exact steps.
//!
//! Most steps change only registers and memory. The fast path makes these, up to a number that is known in advance. All
//! other steps (system calls, thread switches) are exact ones.

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

    /// Interprets everything from now on, or (the default) compiles hot code. The outcome is the same.
    pub fn use_interpreter_only(&mut self, only: bool) {
        self.core.code.interpret_only(only);
    }

    /// For tests: compiles each block once it was interpreted `hot` times, while the guest waits. So all runs are
    /// compiled in the same way.
    #[doc(hidden)]
    pub fn compile_waiting(&mut self, hot: u16) {
        self.core.code.compile_waiting(hot);
    }

    /// How many steps compiled code has made in this machine. The number differs from run to run, because code is
    /// compiled in the background.
    #[must_use]
    pub fn compiled_steps(&self) -> u64 {
        self.core.code.compiled_steps()
    }
}

impl Core {
    /// Makes steps on the fast path until `until` have been made or the next one has to be exact: with `stop_at_reads`,
    /// every system call. Returns whether an exact step follows.
    fn run_fast(
        &mut self,
        until: u64,
        stop_at_reads: bool,
        counter: Option<&mut Counter>,
    ) -> Result<bool, VmError> {
        let state = &mut self.state;
        let budget = (until - state.step).min(QUANTUM.saturating_sub(state.steps_since_switch));
        let step = state.step;
        let Some(Running { thread, memory, reservation, preimage_key, preimage_offset }) = state.running()
        else {
            return Ok(true);
        };
        if thread.exited || budget == 0 {
            return Ok(true);
        }
        self.oracle.reset();
        let mut observer = counter;
        let bus = MachineBus { memory, reservation, thread: thread.id, observer: &mut observer };
        let calls = PreimageCalls {
            key: preimage_key,
            offset: preimage_offset,
            oracle: &self.oracle,
            last_read: None,
        };
        let calls = (!stop_at_reads).then_some(calls);
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
