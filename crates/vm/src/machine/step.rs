//! One exact step. See the OP specification, `fault-proof/cannon-fault-proof-vm.md`, "State Transition".

use super::{Machine, scheduler::QUANTUM};
use crate::error::{Fault, VmError};
use tribunal_mips::{Trap, execute};

impl Machine {
    /// Makes one step; none if the program has exited.
    ///
    /// # Errors
    /// [`VmError`]; then the machine is of no further use.
    pub fn step(&mut self) -> Result<(), VmError> {
        self.exact_step(false)
    }

    pub(super) fn exact_step(&mut self, proving: bool) -> Result<(), VmError> {
        let step = self.state.step;
        let pc = self.state.current_thread().map_or(0, |thread| thread.cpu.pc);
        self.oracle.reset();
        self.accesses.reset(proving);
        self.transition().map_err(self.fail(step, pc))
    }

    fn transition(&mut self) -> Result<(), Fault> {
        if self.state.exited {
            return Ok(());
        }
        self.state.step = self.state.step.wrapping_add(1);
        if self.thread()?.exited {
            self.drop_thread();
            // A program whose last thread is gone has exited: only a made-up state has none left here.
            return self.thread().map(drop);
        }
        if self.state.steps_since_switch >= QUANTUM {
            self.stats.count_forced_switch();
            return self.preempt();
        }
        self.state.steps_since_switch += 1;
        self.execute_next()
    }

    #[inline]
    fn execute_next(&mut self) -> Result<(), Fault> {
        let pc = self.thread()?.cpu.pc;
        if pc % 4 != 0 {
            return Err(Fault::UnalignedPc);
        }
        self.stats.count_fetch(pc);
        let instruction = self.code.fetch(&mut self.state.memory, pc);
        let step = self.state.step;
        let stack = if self.state.traverse_right { &mut self.state.right } else { &mut self.state.left };
        let Some(thread) = stack.last_mut() else { return Err(Fault::NoThread) };
        let mut bus = super::access::MachineBus {
            memory: &mut self.state.memory,
            reservation: &mut self.state.reservation,
            accesses: &mut self.accesses,
            stats: &mut self.stats,
            owner: thread.id,
            step,
        };
        match execute(instruction, &mut thread.cpu, &mut bus) {
            Ok(()) => Ok(()),
            Err(Trap::Syscall) => self.syscall(),
            Err(Trap::Exception(exception)) => Err(exception.into()),
            Err(Trap::Bus(error)) => Err(error.into()),
        }
    }
}
