//! The fast path: steps of one thread that change only registers and memory. Compiled code makes these steps where it
//! exists, and also the system calls of [`PreimageCalls`]. Elsewhere, an interpreter executes decoded pages, block by
//! block. For decoded pages and blocks, see [`crate::code_cache`].

use super::{
    FarFetches, Observer, PreimageCalls,
    bus::{FastBus, MachineBus},
};
use crate::{
    code_cache::{BlockMode, CodeCache, DecodedPage, index},
    error::Fault,
    jit::Guest,
    memory::{MemoryError, MemoryView},
};
use tribunal_mips::{Cpu, Instruction, Op, Outcome, Trap, execute, operate};

/// Why an instruction did not complete.
type Stopped = Trap<MemoryError>;

/// Compiled code is not entered with a budget of fewer steps than this, because it would often return at its first
/// check of the budget.
const MIN_COMPILED_BUDGET: u64 = 32;

/// One thread on the fast path.
pub(super) struct FastPath<'a> {
    cpu: &'a mut Cpu,
    bus: FastBus<'a>,
    code: &'a mut CodeCache,
    /// Makes system calls for compiled code. `None` if every system call has to be an exact step.
    calls: Option<PreimageCalls<'a>>,
    /// The number of steps that the program had made at [`FastPath::new`].
    step: u64,
    /// The number of steps that may be made from then on.
    budget: u64,
    /// The number of steps made from then on.
    made: u64,
}

/// How [`FastPath::run`] goes on.
enum Next {
    /// With more steps on the fast path.
    FastPath,
    /// With an exact step.
    ExactStep,
}

impl<'a> FastPath<'a> {
    /// The thread with the registers `cpu`. The program has made `step` steps, and the thread may make `budget` more.
    pub(super) fn new(
        cpu: &'a mut Cpu,
        bus: FastBus<'a>,
        code: &'a mut CodeCache,
        calls: Option<PreimageCalls<'a>>,
        step: u64,
        budget: u64,
    ) -> Self {
        Self { cpu, bus, code, calls, step, budget, made: 0 }
    }

    /// The offset from which the last step read a pre-image. `None` if that step read none.
    pub(super) fn last_read(&self) -> Option<u64> {
        let (steps_before_read, offset) = self.calls.as_ref()?.last_read?;
        let steps_now = self.step.wrapping_add(self.made);
        (steps_before_read.wrapping_add(1) == steps_now).then_some(offset)
    }

    /// The number of steps made since [`FastPath::new`].
    pub(super) const fn made(&self) -> u64 {
        self.made
    }

    /// Makes steps until the budget is used up, or the next step has to be an exact one.
    pub(super) fn run(&mut self) -> Result<(), Fault> {
        while self.made < self.budget {
            let pc = self.cpu.pc;
            if !pc.is_multiple_of(4) {
                break;
            }
            let place = if self.cpu.in_delay_slot() { None } else { self.code.place(self.bus.memory, pc) };
            let next = match place {
                None => self.interpret_one()?,
                Some(place) => match self.code.enter_block(place, pc) {
                    BlockMode::Syscall => Next::ExactStep,
                    BlockMode::Compiled if self.run_compiled() => Next::FastPath,
                    _ => self.interpret(place)?,
                },
            };
            if let Next::ExactStep = next {
                break;
            }
        }
        Ok(())
    }

    /// Runs the compiled code that begins at the program counter, if there is any and the budget is large enough.
    /// Returns whether that code made a step.
    fn run_compiled(&mut self) -> bool {
        let budget = self.budget - self.made;
        if budget < MIN_COMPILED_BUDGET {
            return false;
        }
        let Some(jit) = self.code.jit() else { return false };
        let step = self.step + self.made;
        let guest = Guest { cpu: self.cpu, bus: &mut self.bus, calls: self.calls.as_mut(), step };
        let Some(budget_left) = jit.run(guest, budget) else { return false };
        self.made = self.budget - budget_left;
        budget_left < budget
    }

    /// Interprets instructions of the decoded page at `place`, from the program counter to the next branch and its
    /// delay slot. Stops earlier where the page or the budget ends, after a store to code or an atomic access, or
    /// before a step that has to be an exact one.
    #[inline]
    fn interpret(&mut self, place: usize) -> Result<Next, Fault> {
        let pc = self.cpu.pc;
        let page = self.code.decoded(place);
        let budget = self.budget - self.made;
        // A local copy of the bus, so that rustc keeps its references in registers.
        let MachineBus { memory, reservation, thread, observer } = &mut self.bus;
        let mut bus = MachineBus { memory, reservation, thread: *thread, observer: &mut **observer };
        let (made, end) = interpret_block(page, self.cpu, &mut bus, budget);
        self.made += made;
        if let Some(counter) = self.bus.observer {
            counter.add_far_fetches(FarFetches::of(pc, made));
        }
        match end {
            Ok(BlockEnd::NextBlock) => Ok(Next::FastPath),
            Ok(BlockEnd::SingleInstruction) | Err(Trap::Syscall) => self.interpret_one(),
            Err(Trap::Exception(exception)) => Err(exception.into()),
            Err(Trap::Bus(error)) => Err(error.into()),
        }
    }

    /// Interprets one instruction, unless it is a system call.
    fn interpret_one(&mut self) -> Result<Next, Fault> {
        let pc = self.cpu.pc;
        let instruction = self.code.fetch(self.bus.memory, pc);
        if instruction.op == Op::Syscall {
            return Ok(Next::ExactStep);
        }
        self.bus.observer.begin(self.step + self.made);
        self.bus.observer.fetch(&mut MemoryView::of(self.bus.memory), self.cpu, instruction);
        match execute(instruction, self.cpu, &mut self.bus) {
            Ok(()) => {}
            Err(Trap::Syscall) => return Ok(Next::ExactStep),
            Err(Trap::Exception(exception)) => return Err(exception.into()),
            Err(Trap::Bus(error)) => return Err(error.into()),
        }
        self.made += 1;
        Ok(Next::FastPath)
    }
}

/// What comes after the instructions that [`interpret_block`] executed.
enum BlockEnd {
    /// Another block.
    NextBlock,
    /// An instruction for [`FastPath::interpret_one`]: it is neither plain nor a branch, or it is a branch that cannot
    /// be executed together with its delay slot.
    SingleInstruction,
}

/// Interprets plain instructions (see `code_cache::is_plain`), then the branch behind them together with its delay
/// slot. Returns how many instructions were executed, and what comes next or why the next instruction failed.
#[inline]
fn interpret_block<O: Observer>(
    page: &DecodedPage,
    cpu: &mut Cpu,
    bus: &mut MachineBus<'_, O>,
    budget: u64,
) -> (u64, Result<BlockEnd, Stopped>) {
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
    // A store may just have replaced the instructions that follow.
    if left == 0 || bus.memory.has_code_stores() {
        return (made, Ok(BlockEnd::NextBlock));
    }
    let (branch, slot) = match page.instructions[at + plain..] {
        [] => return (made, Ok(BlockEnd::NextBlock)),
        [branch, slot, ..] if left > 1 && branch.is_branch_or_jump() && page.plain(at + plain + 1) > 0 => {
            (branch, slot)
        }
        _ => return (made, Ok(BlockEnd::SingleInstruction)),
    };
    if let Err(trap) = execute(branch, cpu, bus) {
        return (made, Err(trap));
    }
    match execute(slot, cpu, bus) {
        Ok(()) => (made + 2, Ok(BlockEnd::NextBlock)),
        Err(trap) => (made + 1, Err(trap)),
    }
}

/// Interprets the plain instructions in `row`, until one has stored to code or fails. Returns how many were executed.
/// Leaves it to the caller to move the program counter.
#[inline]
fn interpret_plain<O: Observer>(
    row: &[Instruction],
    cpu: &mut Cpu,
    bus: &mut MachineBus<'_, O>,
) -> (u64, Result<(), Stopped>) {
    let mut made = 0;
    for &instruction in row {
        match operate(instruction, cpu, bus) {
            Ok(Outcome::Result(value)) => cpu.set(instruction.rd, value),
            // Plain instructions do not jump.
            Ok(Outcome::Jump) => break,
            Err(trap) => return (made, Err(trap)),
        }
        made += 1;
        if bus.memory.has_code_stores() {
            break;
        }
    }
    (made, Ok(()))
}
