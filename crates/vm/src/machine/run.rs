//! Many steps, fast, with the same outcome as as many exact ones.
//!
//! What a step can do besides changing registers and memory (threads, system calls, reservations) is left to the exact
//! step; between two of these, instructions run in a tight loop that knows beforehand how many it may make.

use super::{Machine, access::MachineBus, scheduler::QUANTUM};
use crate::{
    decode::Op,
    error::{Fault, VmError},
    instructions::execute,
};

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
            if self.run_quietly(until)? == 0 {
                self.step()?;
                if stop_at_reads && self.oracle.last_read().is_some() {
                    return Ok(Stop::PreimageRead);
                }
            }
        }
    }

    /// Makes steps that only change registers and memory, as many as there are until something else comes, and says how
    /// many.
    fn run_quietly(&mut self, until: u64) -> Result<u64, VmError> {
        let budget = (until - self.state.step).min(QUANTUM.saturating_sub(self.state.steps_since_switch));
        let (step, pc) = match self.state.current_thread() {
            Some(thread) if !thread.exited && budget > 0 => (self.state.step, thread.cpu.pc),
            _ => return Ok(0),
        };
        self.oracle.reset();
        self.accesses.reset(false);
        let mut made = 0;
        let result = self.interpret(budget, &mut made);
        self.state.step += made;
        self.state.steps_since_switch += made;
        let pc = self.state.current_thread().map_or(pc, |thread| thread.cpu.pc);
        result.map_err(self.fail(step + made, pc))?;
        Ok(made)
    }

    /// Interprets until `budget` instructions have been made or one comes that is not quiet.
    fn interpret(&mut self, budget: u64, made: &mut u64) -> Result<(), Fault> {
        let stack = if self.state.traverse_right { &mut self.state.right } else { &mut self.state.left };
        let Some(thread) = stack.last_mut() else { return Ok(()) };
        let mut bus = MachineBus {
            memory: &mut self.state.memory,
            reservation: &mut self.state.reservation,
            accesses: &mut self.accesses,
            stats: &mut self.stats,
        };
        while *made < budget {
            let pc = thread.cpu.pc;
            if pc % 4 != 0 {
                break;
            }
            let instruction = self.code.fetch(bus.memory, pc);
            if matches!(instruction.op, Op::Syscall | Op::Ll | Op::Lld | Op::Sc | Op::Scd) {
                break;
            }
            bus.stats.count_fetch(pc);
            execute(instruction, &mut thread.cpu, &mut bus)?;
            *made += 1;
        }
        Ok(())
    }
}
