//! Steps that only change registers and memory, of one thread, in tight loops: compiled code where there is some, and
//! where there is none, an interpreter that goes through decoded pages block by block.

use super::{
    access::{self, MachineBus},
    code::{CodeCache, DecodedPage, Visit, index},
};
use crate::{error::Fault, jit::Guest, memory::MemoryError, state::Thread};
use tribunal_mips::{Bus, Cpu, Instruction, Outcome, Trap, WORD_MASK, Width, execute, operate};

/// Why an instruction was not executed.
type Stopped = Trap<MemoryError>;

/// Fewer steps than these are not worth entering compiled code for: it would return at once.
const FEW: u64 = 32;

/// One thread making steps that only change registers and memory.
pub(super) struct Quiet<'a> {
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

impl<'a> Quiet<'a> {
    /// The thread, after `step` steps, about to make at most `budget`.
    pub(super) fn new(
        thread: &'a mut Thread,
        bus: MachineBus<'a>,
        code: &'a mut CodeCache,
        step: u64,
        budget: u64,
    ) -> Self {
        Self { thread, bus, code, step, budget, made: 0 }
    }

    /// Steps made.
    pub(super) const fn made(&self) -> u64 {
        self.made
    }

    /// Makes steps until all have been made, or something else comes.
    pub(super) fn run(&mut self) -> Result<(), Fault> {
        // Compiled code counts nothing but steps.
        let compiled = !self.bus.stats.is_enabled();
        while self.made < self.budget {
            let pc = self.thread.cpu.pc;
            if !pc.is_multiple_of(4) {
                break;
            }
            let place = if self.in_delay_slot() { None } else { self.code.place(self.bus.memory, pc) };
            let after = match place {
                None => self.interpret_one()?,
                Some(place) => match self.code.visit(place, pc) {
                    Visit::Other => After::Other,
                    Visit::Asked if compiled && self.run_compiled() => After::Block,
                    _ => self.interpret(place)?,
                },
            };
            if let After::Other = after {
                break;
            }
        }
        Ok(())
    }

    /// Runs compiled code, if there is any for what comes next, and says whether it made a step.
    fn run_compiled(&mut self) -> bool {
        let cpu = &mut self.thread.cpu;
        let budget = self.budget - self.made;
        if budget < FEW || !self.bus.memory.is_flat() {
            return false;
        }
        let Some(jit) = self.code.jit() else { return false };
        let Some(code) = jit.code(cpu.pc) else { return false };
        let guest =
            Guest { cpu, memory: self.bus.memory, reservation: self.bus.reservation, owner: self.thread.id };
        let left = jit.run(code, guest, budget);
        self.made = self.budget - left;
        left < budget
    }

    /// Interprets what stands in the decoded page at `place`, up to and including a branch, or as far as the page and the
    /// budget go, or until something comes that is not quiet.
    #[inline]
    fn interpret(&mut self, place: usize) -> Result<After, Fault> {
        let mut bus = QuietBus(&mut self.bus);
        let pc = self.thread.cpu.pc;
        let page = self.code.decoded(place);
        let budget = self.budget - self.made;
        let (made, end) = interpret_block(page, &mut self.thread.cpu, &mut bus, budget);
        self.made += made;
        if self.bus.stats.is_enabled() {
            (0..made).for_each(|at| self.bus.stats.count_fetch(pc.wrapping_add(4 * at)));
        }
        match end {
            Ok(End::Block) => Ok(After::Block),
            Ok(End::Special) | Err(Trap::Syscall) => self.interpret_one(),
            Err(Trap::Exception(exception)) => Err(exception.into()),
            Err(Trap::Bus(error)) => Err(error.into()),
        }
    }

    fn in_delay_slot(&self) -> bool {
        self.thread.cpu.next_pc != self.thread.cpu.pc.wrapping_add(4)
    }

    /// Interprets one instruction, if it is quiet.
    fn interpret_one(&mut self) -> Result<After, Fault> {
        let pc = self.thread.cpu.pc;
        let instruction = self.code.fetch(self.bus.memory, pc);
        self.bus.step = self.step + self.made + 1;
        match execute(instruction, &mut self.thread.cpu, &mut self.bus) {
            Ok(()) => {}
            Err(Trap::Syscall) => return Ok(After::Other),
            Err(Trap::Exception(exception)) => return Err(exception.into()),
            Err(Trap::Bus(error)) => return Err(error.into()),
        }
        self.bus.stats.count_fetch(pc);
        self.made += 1;
        Ok(After::Block)
    }
}

/// How a block ended.
enum End {
    /// Another one may begin.
    Block,
    /// Before an instruction that takes more than registers and memory, or a branch that cannot be made along with its
    /// delay slot.
    Special,
}

/// Interprets plain instructions that follow each other, and the branch behind them along with its delay slot, and says
/// how many.
#[inline]
fn interpret_block(
    page: &DecodedPage,
    cpu: &mut Cpu,
    bus: &mut QuietBus<'_, '_>,
    budget: u64,
) -> (u64, Result<End, Stopped>) {
    let start = cpu.pc;
    let at = index(start);
    let plain = page.plain(at).min(usize::try_from(budget).unwrap_or(usize::MAX));
    let (made, result) = interpret_plain(&page.instructions[at..at + plain], cpu, bus);
    cpu.pc = start.wrapping_add(4 * made);
    cpu.next_pc = cpu.pc.wrapping_add(4);
    if let Err(trap) = result {
        return (made, Err(trap));
    }
    let left = budget - made;
    // What comes then may just have been stored.
    if left == 0 || bus.0.memory.has_code_stores() {
        return (made, Ok(End::Block));
    }
    let (branch, slot) = match page.instructions[at + plain..] {
        [] => return (made, Ok(End::Block)),
        [branch, slot, ..] if left > 1 && branch.is_branch_or_jump() && page.plain(at + plain + 1) > 0 => {
            (branch, slot)
        }
        _ => return (made, Ok(End::Special)),
    };
    if let Err(trap) = execute(branch, cpu, bus) {
        return (made, Err(trap));
    }
    match execute(slot, cpu, bus) {
        Ok(()) => (made + 2, Ok(End::Block)),
        Err(trap) => (made + 1, Err(trap)),
    }
}

/// Interprets plain instructions until one stores to code or fails, and says how many. The program counter stays.
#[inline]
fn interpret_plain(
    stretch: &[Instruction],
    cpu: &mut Cpu,
    bus: &mut QuietBus<'_, '_>,
) -> (u64, Result<(), Stopped>) {
    let mut made = 0;
    for &instruction in stretch {
        match operate(instruction, cpu, bus) {
            Ok(Outcome::Result(value)) => cpu.set(instruction.rd, value),
            // Plain instructions do not jump.
            Ok(Outcome::Jump) => break,
            Err(trap) => return (made, Err(trap)),
        }
        made += 1;
        if bus.0.memory.has_code_stores() {
            break;
        }
    }
    (made, Ok(()))
}

/// Memory as instructions see it in steps that are not proven.
struct QuietBus<'a, 'b>(&'a mut MachineBus<'b>);

impl Bus for QuietBus<'_, '_> {
    type Error = MemoryError;

    #[inline]
    fn load(&mut self, address: u64) -> Result<u64, MemoryError> {
        Ok(self.0.memory.read_word(address))
    }

    #[inline(always)]
    fn store(&mut self, address: u64, word: u64) -> Result<(), MemoryError> {
        if address != self.0.reservation.address & WORD_MASK && self.0.memory.try_write_word(address, word) {
            return Ok(());
        }
        self.store_slowly(address, word)
    }

    #[cold]
    fn load_linked(&mut self, address: u64, width: Width) -> Result<u64, MemoryError> {
        self.0.load_linked(address, width)
    }

    #[cold]
    fn store_conditional(&mut self, address: u64, width: Width, value: u64) -> Result<bool, MemoryError> {
        self.0.store_conditional(address, width, value)
    }
}

impl QuietBus<'_, '_> {
    #[cold]
    fn store_slowly(&mut self, address: u64, word: u64) -> Result<(), MemoryError> {
        self.0.memory.write_word(address, word)?;
        if address == self.0.reservation.address & WORD_MASK {
            access::clear(self.0.memory, self.0.reservation);
            self.0.stats.count_invalidation();
        }
        Ok(())
    }
}
