//! The *exact step*: makes one step, whether it executes an instruction or only switches threads, and reports to an
//! [`Observer`] what it does. The fast path ([`super::fast_path`]: compiled code and an interpreter) makes only steps
//! of one thread, and reports only to the statistics.
//!
//! The [specification](https://specs.optimism.io/fault-proof/cannon-fault-proof-vm.html) defines what a step does.

use super::{Core, Observer, Switch, bus::MachineBus, scheduler::QUANTUM};
use crate::{
    error::{Fault, VmError},
    memory::MemoryView,
    state::Running,
};
use tribunal_mips::{Bus, Instruction, Trap, WORD_MASK, execute};

/// A step that is being made: what it reads and changes, and the observer that is told of it.
pub(super) struct Step<'a, O> {
    pub(super) core: &'a mut Core,
    pub(super) observer: &'a mut O,
}

impl Core {
    /// Makes one step, or no step if the program has exited. In both cases, forgets what the previous step read of a
    /// pre-image.
    pub(super) fn step<O: Observer>(&mut self, observer: &mut O) -> Result<(), VmError> {
        let step = self.state.step;
        let pc = self.state.current_thread().map_or(0, |thread| thread.cpu.pc);
        self.oracle.forget_read();
        Step { core: self, observer }.make().map_err(|fault| VmError { step, pc, fault })
    }
}

impl<O: Observer> Step<'_, O> {
    /// Removes the running thread if it has exited, preempts it if it has used up its quantum, or else executes its
    /// next instruction. Does nothing if the program has exited.
    fn make(&mut self) -> Result<(), Fault> {
        let state = &mut self.core.state;
        if state.exited {
            return Ok(());
        }
        self.observer.begin(state.step);
        state.step = state.step.wrapping_add(1);
        if self.thread()?.exited {
            return self.drop_thread();
        }
        if self.core.state.steps_since_switch >= QUANTUM {
            return self.switch_thread(Switch::Preempted);
        }
        self.core.state.steps_since_switch += 1;
        self.execute_next()
    }

    /// Executes the next instruction of the running thread.
    #[inline]
    fn execute_next(&mut self) -> Result<(), Fault> {
        let Core { state, code, .. } = &mut *self.core;
        let Running { thread, memory, reservation, .. } = state.running().ok_or(Fault::NoThread)?;
        let pc = thread.cpu.pc;
        if !pc.is_multiple_of(4) {
            return Err(Fault::UnalignedPc);
        }
        let instruction = code.fetch(memory, pc);
        self.observer.fetch(&mut MemoryView::of(memory), &thread.cpu, instruction);
        for register in instruction.reads().iter() {
            self.observer.read_register(register, thread.cpu.register(register));
        }
        let old_values = overwritten_values(instruction, thread);
        let mut bus = MachineBus { memory, reservation, thread: thread.id, observer: &mut *self.observer };
        match execute(instruction, &mut thread.cpu, &mut bus) {
            Ok(()) => {}
            Err(Trap::Syscall) => return self.syscall(),
            Err(Trap::Exception(exception)) => return Err(exception.into()),
            Err(Trap::Bus(error)) => return Err(error.into()),
        }
        for (register, old) in instruction.writes().iter().zip(old_values) {
            self.observer.write_register(register, old, thread.cpu.register(register));
        }
        self.observer.retire(&thread.cpu);
        Ok(())
    }

    /// Tells the observer that the running thread has completed its system call. [`Step::execute_next`] does so for all
    /// other instructions.
    pub(super) fn retire(&mut self) -> Result<(), Fault> {
        let cpu = &self.core.state.current_thread().ok_or(Fault::NoThread)?.cpu;
        self.observer.retire(cpu);
        Ok(())
    }

    /// The bus of the running thread, for a system call.
    fn bus(&mut self) -> Result<MachineBus<'_, O>, Fault> {
        let Running { thread, memory, reservation, .. } = self.core.state.running().ok_or(Fault::NoThread)?;
        Ok(MachineBus { memory, reservation, thread: thread.id, observer: self.observer })
    }

    /// Loads the aligned 8-byte word that contains the byte at `address`.
    pub(super) fn load(&mut self, address: u64) -> Result<u64, Fault> {
        Ok(self.bus()?.load(address & WORD_MASK)?)
    }

    /// Replaces the aligned 8-byte word that contains the byte at `address` by `word`.
    pub(super) fn store(&mut self, address: u64, word: u64) -> Result<(), Fault> {
        Ok(self.bus()?.store(address & WORD_MASK, word)?)
    }
}

/// The most registers that an instruction writes. `mult` writes three: HI, LO and the register that its field `rd`
/// names. In the manual, this field is zero. As in Cannon, `mult` sets the register to 0.
const MAX_REGISTERS_WRITTEN: usize = 3;

/// The present values of the registers that an instruction is about to write, in the order of [`Instruction::writes`].
#[inline]
fn overwritten_values(
    instruction: Instruction,
    thread: &crate::state::Thread,
) -> [u64; MAX_REGISTERS_WRITTEN] {
    let mut values = [0; MAX_REGISTERS_WRITTEN];
    for (value, register) in values.iter_mut().zip(instruction.writes().iter()) {
        *value = thread.cpu.register(register);
    }
    values
}
