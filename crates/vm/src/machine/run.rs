//! Many steps, fast, with the same outcome as as many exact ones.
//!
//! What a step can do besides changing registers and memory (threads, system calls) is left to the exact step; between
//! two of these, instructions run in tight loops that know beforehand how many they may make: compiled code, where there
//! is some, and an interpreter that goes through decoded pages block by block, where there is none.

use super::{
    Machine,
    access::{self, MachineBus},
    atomic,
    code::{CodeCache, PER_PAGE, index},
    scheduler::QUANTUM,
};
use crate::{
    decode::{Instruction, Op},
    error::{Fault, VmError},
    instructions::{Bus, execute, go, operate},
    jit::Guest,
    memory::{Memory, WORD_MASK},
    state::{Cpu, Reservation, Thread},
    stats::Stats,
};

/// Fewer steps than these are not worth entering compiled code for: it would return at once.
const FEW: u64 = 32;

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
        let stack = if self.state.traverse_right { &mut self.state.right } else { &mut self.state.left };
        let Some(thread) = stack.last_mut() else { return Ok(0) };
        let bus = MachineBus {
            memory: &mut self.state.memory,
            reservation: &mut self.state.reservation,
            accesses: &mut self.accesses,
            stats: &mut self.stats,
        };
        let mut quiet = Quiet { thread, bus, code: &mut self.code, step, budget, made: 0 };
        let result = quiet.run();
        let made = quiet.made;
        self.state.step += made;
        self.state.steps_since_switch += made;
        let pc = self.state.current_thread().map_or(pc, |thread| thread.cpu.pc);
        result.map_err(self.fail(step + made, pc))?;
        Ok(made)
    }
}

/// One thread making steps that only change registers and memory.
struct Quiet<'a> {
    thread: &'a mut Thread,
    bus: MachineBus<'a>,
    code: &'a mut CodeCache,
    /// Steps made before.
    step: u64,
    /// Steps that may be made.
    budget: u64,
    /// Steps made.
    made: u64,
}

/// What comes after a block.
enum After {
    /// Another one.
    Block,
    /// Something that is not quiet.
    Other,
}

impl Quiet<'_> {
    fn run(&mut self) -> Result<(), Fault> {
        // Compiled code counts nothing but steps.
        let compiled = !self.bus.stats.is_enabled();
        while self.made < self.budget {
            if compiled {
                self.run_compiled();
                if self.made == self.budget {
                    break;
                }
            }
            if let After::Other = self.interpret_block()? {
                break;
            }
        }
        Ok(())
    }

    /// Runs compiled code, if there is any for what comes next.
    #[inline]
    fn run_compiled(&mut self) {
        let cpu = &mut self.thread.cpu;
        let budget = self.budget - self.made;
        if cpu.next_pc != cpu.pc.wrapping_add(4) || budget < FEW || !self.bus.memory.is_flat() {
            return;
        }
        let Some(jit) = self.code.jit(self.bus.memory) else { return };
        let Some(code) = jit.code(cpu.pc) else { return };
        let guest =
            Guest { cpu, memory: self.bus.memory, reservation: self.bus.reservation, owner: self.thread.id };
        self.made = self.budget - jit.run(code, guest, budget);
        self.visit();
    }

    /// Interprets until a branch has been made, or the page ends, or the budget, or something comes that is not quiet.
    fn interpret_block(&mut self) -> Result<After, Fault> {
        let pc = self.thread.cpu.pc;
        if !pc.is_multiple_of(4) {
            return Ok(After::Other);
        }
        if self.in_delay_slot() {
            return self.interpret_one();
        }
        let Some(page) = self.code.page(self.bus.memory, pc) else { return self.interpret_one() };
        let mut at = index(pc);
        let plain = u64::from(page.plain[at]).min(self.budget - self.made) as usize;
        if plain > 0 {
            let stretch = &page.instructions[at..at + plain];
            let bus = QuietBus {
                memory: self.bus.memory,
                reservation: self.bus.reservation,
                stats: self.bus.stats,
            };
            let (made, result) = interpret_stretch(stretch, &mut self.thread.cpu, bus);
            self.made += made as u64;
            result?;
            at += made;
            // What comes then may just have been stored.
            let stale = self.bus.memory.has_code_stores();
            if stale || at == PER_PAGE || self.made == self.budget {
                self.visit();
                return Ok(After::Block);
            }
        }
        let instruction = page.instructions[at];
        if instruction.is_branch_or_jump() {
            self.bus.stats.count_fetch(self.thread.cpu.pc);
            go(instruction, &mut self.thread.cpu)?;
            self.made += 1;
            if self.made == self.budget {
                return Ok(After::Block);
            }
        }
        let after = self.interpret_one();
        self.visit();
        after
    }

    fn in_delay_slot(&self) -> bool {
        self.thread.cpu.next_pc != self.thread.cpu.pc.wrapping_add(4)
    }

    /// Notes that a block begins here.
    fn visit(&mut self) {
        let pc = self.thread.cpu.pc;
        if pc.is_multiple_of(4) && !self.in_delay_slot() {
            self.code.visit(pc);
        }
    }

    /// Interprets one instruction, if it is quiet.
    fn interpret_one(&mut self) -> Result<After, Fault> {
        let pc = self.thread.cpu.pc;
        if !pc.is_multiple_of(4) {
            return Ok(After::Other);
        }
        let instruction = self.code.fetch(self.bus.memory, pc);
        let step = self.step + self.made + 1;
        match instruction.op {
            Op::Syscall => return Ok(After::Other),
            Op::Ll | Op::Lld => atomic::load_linked(instruction, self.thread, &mut self.bus, step)?,
            Op::Sc | Op::Scd => atomic::store_conditional(instruction, self.thread, &mut self.bus, step)?,
            _ => execute(instruction, &mut self.thread.cpu, &mut self.bus)?,
        }
        self.bus.stats.count_fetch(pc);
        self.made += 1;
        Ok(After::Block)
    }
}

/// Interprets plain instructions that follow each other, until one stores to code or fails, and says how many were made.
fn interpret_stretch(
    stretch: &[Instruction],
    cpu: &mut Cpu,
    mut bus: QuietBus<'_>,
) -> (usize, Result<(), Fault>) {
    let start = cpu.pc;
    let mut made = 0;
    let mut result = Ok(());
    for &instruction in stretch {
        match operate(instruction, cpu, &mut bus) {
            Ok(value) => cpu.set(instruction.rd, value),
            Err(fault) => {
                result = Err(fault);
                break;
            }
        }
        made += 1;
        if bus.memory.has_code_stores() {
            break;
        }
    }
    cpu.pc = start.wrapping_add(4 * made as u64);
    cpu.next_pc = cpu.pc.wrapping_add(4);
    if bus.stats.is_enabled() {
        (0..made as u64).for_each(|at| bus.stats.count_fetch(start.wrapping_add(4 * at)));
    }
    (made, result)
}

/// Memory as instructions see it in steps that nobody proves.
struct QuietBus<'a> {
    memory: &'a mut Memory,
    reservation: &'a mut Reservation,
    stats: &'a mut Stats,
}

impl Bus for QuietBus<'_> {
    #[inline]
    fn load(&mut self, address: u64) -> Result<u64, Fault> {
        Ok(self.memory.read_word(address))
    }

    #[inline]
    fn store(&mut self, address: u64, word: u64) -> Result<(), Fault> {
        self.memory.write_word(address, word)?;
        if address == self.reservation.address & WORD_MASK {
            access::clear(self.memory, self.reservation);
            self.stats.count_invalidation();
        }
        Ok(())
    }
}
