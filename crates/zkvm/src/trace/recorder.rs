//! Records a segment: an observer of the VM that turns each step into rows.

mod closing;
#[cfg(test)]
mod dishonest;

use super::{
    Executed, LinkedAccess, MemoryAccess, Operand, OracleReads, Preimages, Space, StateTree, Tables,
    TouchedLeaf, TouchedMemory, Unprovable, Written,
    calls::{CallEvents, Cloning},
    executed::discarded,
    memory::Memory,
    oracle,
    pages::Pages,
    paths::Paths,
    room::is_full,
    state::{counters, record, registers, system},
};
use crate::{
    air::AnyTable,
    bus::{GAP_BITS, SLOTS, Slot},
    decode::{Decoded, Operation, SINK},
    statement::{Position, SegmentStatement, SystemCell, record},
    tables::{
        FIRST_TIME, GapCell, LongGapRow, MovedRegister, MovedRow, Moves, QUANTUM, REGISTERS, SWITCH_OFFSET,
        SwitchRow, Switched,
    },
};
use std::{collections::BTreeMap, sync::Arc};
use tribunal_mips::{Cpu, HI, Instruction, LO, Op, WORD_MASK};
use tribunal_vm::{LlStatus, Observer, State, Switch, Thread, memory::MemoryView};

#[cfg(test)]
pub(crate) use dishonest::Cell;

/// Why a run cannot be proven.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not provable: step {step} at {pc:#x} {reason}")]
pub struct NotProvable {
    /// The number of the step.
    pub step: u64,
    /// The address of the instruction.
    pub pc: u64,
    /// What it does.
    pub reason: Reason,
}

/// What a step does that cannot be proven.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The word is no instruction, or has fields that no compiler sets.
    #[error("executes {0:#010x}, which is no instruction that can be proven")]
    Instruction(u32),
    /// The code window is left.
    #[error("goes to {0:#x}, which is in other 4 GiB than the code before it")]
    Window(u64),
    /// A jump to no instruction.
    #[error("goes to {0:#x}, which is no multiple of 4")]
    Unaligned(u64),
    /// More threads than the machine's own state has places for.
    #[error("has more than {} threads on one stack", record::MOST)]
    Threads,
    /// A thread that comes from a state that no program reaches.
    #[error("switches to thread {0}, which cannot run on")]
    Thread(u64),
    /// The running thread should have been preempted long ago.
    #[error("begins {0} steps after the last thread switch, which are more than a quantum")]
    Quantum(u64),
    /// The word was stored to in the same segment.
    #[error("executes an instruction that the same segment stored to")]
    StoredCode,
    /// It reads a pre-image that has no proof.
    #[error("reads a pre-image that cannot be proven: {0}")]
    Preimage(Unprovable),
    /// A system call that no table has.
    #[error("makes the system call {0}, which cannot be proven: {1}")]
    Call(u64, &'static str),
}

/// Records the steps of one segment.
pub(crate) struct Recorder {
    pub(super) tables: Tables,
    window: u32,
    before: Position,
    /// When the current step began.
    time: u32,
    step: u64,
    registers: Vec<TouchedLeaf>,
    sink: TouchedLeaf,
    pub(super) system: Vec<TouchedLeaf>,
    /// The leaves of the threads that do not run, as far as they are touched.
    records: BTreeMap<u32, TouchedLeaf>,
    /// The call that is creating a thread.
    pub(super) cloning: Option<Cloning>,
    memory: Memory,
    oracle: OracleReads,
    /// The nodes above all leaves that are touched.
    paths: Paths,
    /// How often each instruction is executed.
    code: Pages<CodeUses>,
    current: Option<Current>,
    /// The address of the instruction that this step executes.
    executed: Option<u64>,
    failed: Option<NotProvable>,
    /// Whether reads are recorded that get other bytes than the pre-image has. Only a dishonest prover does that.
    pub(super) accepts_wrong_reads: bool,
}

/// How often each word of a page is executed.
struct CodeUses([u32; 1024]);

impl Default for CodeUses {
    fn default() -> Self {
        Self([0; 1024])
    }
}

/// The instruction that is executed.
struct Current {
    word: u32,
    decoded: Decoded,
    /// The registers before it.
    cpu: Cpu,
    /// The address of the word of memory that it accesses.
    address: Option<u64>,
    /// What it stores there.
    stores: Option<u64>,
    /// What a system call does besides.
    events: CallEvents,
}

/// A recorded segment.
pub(crate) struct Recorded {
    pub(crate) statement: SegmentStatement,
    pub(crate) tables: Tables,
}

impl Recorder {
    /// Begins a segment in a state, whose tree is `tree`.
    pub(crate) fn new(state: &State, tree: &StateTree) -> Option<Self> {
        let cpu = &state.current_thread()?.cpu;
        let window = (cpu.pc >> 32) as u32;
        let [pc, next_pc] = counters(state);
        let mut system = TouchedLeaf::all_of(&system(state));
        let since = state.steps_since_switch();
        let failed =
            unprovable_start(state).map(|reason| NotProvable { step: state.step(), pc: cpu.pc, reason });
        // The row of the segment replaces the steps since the last switch by the number of the step after it.
        let (leaf, word) = place(SystemCell::SinceSwitch as u32);
        system[leaf].new[word] = u64::from(FIRST_TIME / SLOTS + SWITCH_OFFSET).saturating_sub(since);
        system[leaf].last[word] = 1;
        Some(Self {
            tables: Tables::default(),
            window,
            before: Position { root: tree.root(), pc, next_pc, step: state.step() },
            time: FIRST_TIME - SLOTS,
            step: state.step(),
            registers: TouchedLeaf::all_of(&registers(state)),
            sink: TouchedLeaf::default(),
            system,
            records: BTreeMap::new(),
            cloning: None,
            memory: Memory::default(),
            oracle: OracleReads::default(),
            paths: Paths::default(),
            code: Pages::default(),
            current: None,
            executed: None,
            failed,
            accepts_wrong_reads: false,
        })
    }

    /// Lets the next step begin at a time.
    #[cfg(test)]
    pub(crate) const fn set_time(&mut self, time: u32) {
        // The steps of the segment that were made already are not in the state.
        self.before.step = self.before.step.wrapping_sub(((time - FIRST_TIME) / SLOTS) as u64);
        self.time = time - SLOTS;
    }

    /// Lets a region be chosen already.
    #[cfg(test)]
    pub(crate) fn set_region(&mut self, region: u64) {
        let (leaf, word) = place(SystemCell::Region as u32);
        self.system[leaf].new[word] = region;
    }

    /// The rows so far.
    #[cfg(test)]
    pub(crate) const fn tables(&self) -> &Tables {
        &self.tables
    }

    /// The touched nodes.
    #[cfg(test)]
    pub(super) const fn paths(&self) -> &Paths {
        &self.paths
    }

    /// The same, with the pre-images that are in the tree.
    pub(crate) fn with_preimages(mut self, preimages: Arc<Preimages>) -> Self {
        self.oracle = OracleReads::of(preimages);
        self
    }

    /// The pre-images, and which of their words are read.
    pub(super) const fn oracle(&mut self) -> &mut OracleReads {
        &mut self.oracle
    }

    /// Whether the segment must end, because a table is nearly full.
    pub(crate) fn is_full(&self) -> bool {
        is_full(self.steps(), &self.tables, &self.paths)
    }

    /// The steps of the segment so far.
    const fn steps(&self) -> u32 {
        (self.time - (FIRST_TIME - SLOTS)) / SLOTS
    }

    /// Notes that a word of a pre-image is read, and returns the word. `None` if there is none.
    pub(super) fn read_word(&mut self, region: u32, word: u32) -> Option<u64> {
        self.paths.touch(Space::Oracle, oracle::index(region, word / 4));
        self.oracle.read(region, word)
    }

    /// Why the segment cannot be proven, if it cannot.
    pub(crate) const fn failed(&self) -> Option<&NotProvable> {
        self.failed.as_ref()
    }

    pub(super) fn fail(&mut self, pc: u64, reason: Reason) {
        let step = self.step;
        self.failed.get_or_insert(NotProvable { step, pc, reason });
    }

    /// Accesses a register in a slot of this step. Returns the time of the access before.
    pub(super) fn access_register(&mut self, register: u8, slot: Slot, new: u64) -> (u64, u32) {
        let time = self.time + slot as u32;
        let (leaf, word) = if register == SINK {
            (&mut self.sink, 0)
        } else {
            (&mut self.registers[register as usize / 4], register as usize % 4)
        };
        let old = core::mem::replace(&mut leaf.new[word], new);
        let before = leaf.access(word, time);
        (old, close_gap(&mut self.tables, before, time, old, GapCell::Register(register)))
    }

    /// Accesses a cell of the machine's own state in a slot of this step. Returns the value and the time of the access before.
    pub(super) fn access_system(&mut self, cell: u32, slot: Slot, new: u64) -> (u64, u32) {
        let time = self.time + slot as u32;
        let (leaf, word) = place(cell);
        let leaf = match self.system.get_mut(leaf) {
            Some(leaf) => leaf,
            None => self.records.entry(leaf as u32).or_insert_with(|| {
                self.paths.touch(Space::System, leaf as u64);
                TouchedLeaf::default()
            }),
        };
        let old = core::mem::replace(&mut leaf.new[word], new);
        let before = leaf.access(word, time);
        (old, close_gap(&mut self.tables, before, time, old, GapCell::System(cell)))
    }

    /// The value of a cell of the machine's own state.
    pub(super) fn system_cell(&self, cell: SystemCell) -> u64 {
        self.system[cell as usize / 4].new[cell as usize % 4]
    }

    /// The steps before the segment.
    pub(super) const fn first_step(&self) -> u64 {
        self.before.step
    }

    /// When the current step began.
    pub(super) const fn time(&self) -> u32 {
        self.time
    }

    /// The leaf of memory around an address.
    fn leaf(&mut self, memory: &mut MemoryView<'_>, address: u64) -> &mut TouchedMemory {
        self.memory.touch(address, || {
            self.paths.touch(Space::Memory, address >> 5);
            let start = address & !31;
            let words = core::array::from_fn(|word| memory.read_word(start + 8 * word as u64));
            TouchedMemory { leaf: TouchedLeaf::of(words), ..TouchedMemory::default() }
        })
    }

    /// Accesses a word of memory that is touched. `new` is stored there, if it is something.
    pub(super) fn access_memory(&mut self, address: u64, new: Option<u64>) -> MemoryAccess {
        let time = self.time + Slot::Middle as u32;
        let word = (address >> 3) as usize % 4;
        let touched = self.memory.touch(address, TouchedMemory::default);
        let (old, stored) = (touched.leaf.new[word], touched.stored[word]);
        let before = touched.leaf.access(word, time);
        if let Some(new) = new {
            touched.leaf.new[word] = new;
            touched.stored[word] = time;
        }
        let before = close_gap(&mut self.tables, before, time, old, GapCell::Memory(address, stored));
        MemoryAccess { old, new: new.unwrap_or(old), before, stored }
    }

    /// Accesses the cells of the reservation, if the instruction makes or uses one.
    fn access_reservation(&mut self, decoded: &Decoded, cpu: &Cpu, stores: bool) -> LinkedAccess {
        let Operation::Op(op) = decoded.operation else { return LinkedAccess::default() };
        let status = match op {
            Op::Ll => LlStatus::Active32,
            Op::Lld => LlStatus::Active64,
            Op::Sc | Op::Scd => LlStatus::None,
            _ => return LinkedAccess::default(),
        };
        let thread = self.system(SystemCell::Thread as u32);
        let links = status != LlStatus::None;
        let made = [status as u64, decoded.address(cpu), thread];
        let reservation = [0, 1, 2].map(|part| {
            let cell = SystemCell::Reservation as u32 + part;
            let new = if links {
                made[part as usize]
            } else if stores {
                0
            } else {
                self.system(cell)
            };
            self.access_cell(cell, new)
        });
        let [status, address, owner] = reservation;
        let cell = SystemCell::ReservedAt as u32;
        let time = if links { self.time.into() } else { self.system(cell) };
        let time = self.access_cell(cell, time);
        LinkedAccess {
            status,
            address,
            owner,
            time,
            thread: self.access_cell(SystemCell::Thread as u32, thread),
        }
    }

    /// How many threads wait on the other stack, and how many are on the stack of the running thread.
    fn threads(&self) -> [u64; 2] {
        let [left, right] = [0, 1].map(|side| self.system(SystemCell::Left as u32 + side));
        if self.system(SystemCell::Direction as u32) == 1 { [left, right] } else { [right, left] }
    }

    /// Ends the turn of the running thread `from`. `to` runs from now on; it may be the same.
    fn switch_to(&mut self, reason: Switch, from: &Thread, to: &Thread) {
        if self.failed.is_some() {
            return;
        }
        let pc = self.executed.unwrap_or(from.cpu.pc);
        let [waiting, active] = self.threads();
        let right = self.system(SystemCell::Direction as u32) == 1;
        let gives_way = matches!(reason, Switch::Preempted | Switch::Yielded);
        let clones = reason == Switch::Cloned;
        let active_then = if clones { active + 1 } else { active.saturating_sub(1) };
        let waiting_then = waiting + u64::from(gives_way);
        let turns = active_then == 0;
        if active_then.max(waiting_then) > record::MOST {
            return self.fail(pc, Reason::Threads);
        }
        let counters = match counters_of(self.window, from, to) {
            Ok(counters) => counters,
            Err(reason) => return self.fail(pc, reason),
        };

        let [side, other] = if right { [1, 0] } else { [0, 1] };
        let stack =
            |this: &mut Self, side: u32, new: u64| this.access_cell(SystemCell::Left as u32 + side, new);
        let stacks = [stack(self, side, active_then), stack(self, other, waiting_then)];
        let direction = self.access_cell(SystemCell::Direction as u32, (right ^ turns).into());
        let next = u64::from(self.time / SLOTS + 1 + SWITCH_OFFSET);
        let switch = self.access_cell(SystemCell::SinceSwitch as u32, next);
        let moves = (!gives_way || !turns).then(|| {
            let leaves = match reason {
                Switch::Preempted | Switch::Yielded => Some((other, waiting)),
                Switch::Cloned => Some((side, active.saturating_sub(1))),
                Switch::Exited => None,
            };
            let comes = match (clones, turns) {
                (true, _) => None,
                (false, true) => Some((other, waiting_then.saturating_sub(1))),
                (false, false) => Some((side, active_then.saturating_sub(1))),
            };
            let start = |(side, depth): (u32, u64)| record::start(side, depth as u32);
            self.move_thread(from, to, leaves.map(start), comes.map(start))
        });
        let switched =
            Switched { time: self.time, reason, counters, right, stacks, direction, switch, moves };
        self.tables.add(AnyTable::Switch, &SwitchRow::new(&switched));
        self.complete_clone();
    }

    /// Moves the running thread to a record, and another one from its record, if there are such records.
    fn move_thread(&mut self, from: &Thread, to: &Thread, leaves: Option<u32>, comes: Option<u32>) -> Moves {
        let words = record(to);
        for (place, words) in words.as_chunks::<4>().0.iter().enumerate() {
            if let Some(start) = comes {
                self.records.entry(start / 4 + place as u32).or_insert_with(|| TouchedLeaf::of(*words));
            }
        }
        let moved = |this: &mut Self, cell: u32, word: u64| {
            let leaves = leaves.map(|start| (start, this.access_cell(start + cell, word)));
            let comes = comes.map(|start| (start, this.access_cell(start + cell, 0)));
            (leaves, comes)
        };
        let time = self.time;
        for register in 0..REGISTERS {
            let old = self.registers[register as usize / 4].new[register as usize % 4];
            let new = if comes.is_some() { words[register as usize] } else { old };
            let (_, before) = self.access_register(register, Slot::Middle, new);
            let (to, from) = moved(self, register.into(), old);
            let register = Written { register, old, new, before };
            self.tables.add(AnyTable::Moved, &MovedRow::new(&MovedRegister { time, register, to, from }));
        }
        let id = if comes.is_some() { to.id } else { from.id };
        let thread = self.access_cell(SystemCell::Thread as u32, id);
        let cells =
            [(record::PC, from.cpu.pc), (record::NEXT_PC, from.cpu.next_pc), (record::THREAD, from.id)];
        let mut records = (leaves.map(|start| (start, [Written::default(); 3])), None);
        records.1 = comes.map(|start| (start, [Written::default(); 3]));
        for (place, (cell, word)) in cells.into_iter().enumerate() {
            let (leaves, comes) = moved(self, cell, word);
            for (record, access) in [(&mut records.0, leaves), (&mut records.1, comes)] {
                if let (Some((_, cells)), Some((_, access))) = (record, access) {
                    cells[place] = access;
                }
            }
        }
        Moves { thread, to: records.0, from: records.1 }
    }

    /// The value of a cell of the machine's own state.
    fn system(&self, cell: u32) -> u64 {
        let (leaf, word) = place(cell);
        self.system[leaf].new[word]
    }

    /// As [`Self::access_system`], in the slot of memory.
    fn access_cell(&mut self, cell: u32, new: u64) -> Written {
        let (old, before) = self.access_system(cell, Slot::Middle, new);
        Written { register: 0, old, new, before }
    }

    /// Turns the instruction that was executed into rows. `after` holds the registers after it.
    fn complete(&mut self, after: &Cpu) {
        let Some(Current { word, decoded, cpu, address, stores, events }) = self.current.take() else {
            return;
        };
        if decoded.operation == Operation::Op(Op::Syscall) {
            self.complete_call(&cpu, after, events);
            return;
        }
        let uses = decoded.uses();
        let read = |this: &mut Self, reads: bool, register: u8, slot: Slot| {
            if !reads {
                return Operand::default();
            }
            let value = cpu.register(register);
            let (_, before) = this.access_register(register, slot, value);
            Operand { register, value, before }
        };
        let rs = read(self, uses.rs, decoded.rs, Slot::Rs);
        let rt = read(self, uses.rt, decoded.rt, Slot::Rt);
        let memory = address.map(|address| self.access_memory(address, stores)).unwrap_or_default();
        let write = |this: &mut Self, writes: bool, register: u8, slot: Slot, new: u64| {
            if !writes {
                return Written::default();
            }
            let (old, before) = this.access_register(register, slot, new);
            Written { register, old, new, before }
        };
        let linked = self.access_reservation(&decoded, &cpu, stores.is_some());
        let hi = write(self, uses.hi_lo, HI, Slot::Middle, after.hi);
        let lo = write(self, uses.hi_lo, LO, Slot::Rd, after.lo);
        let new = match decoded {
            Decoded { rd: SINK, operation: Operation::Op(Op::Sc | Op::Scd), .. } => stores.is_some().into(),
            // If it does not move, it leaves what is there.
            Decoded { rd: SINK, rt, operation: Operation::Op(op @ (Op::Movz | Op::Movn)), .. }
                if (cpu.register(rt) == 0) != (op == Op::Movz) =>
            {
                self.sink.new[0]
            }
            Decoded { rd: SINK, .. } => discarded(word, &cpu, memory.old),
            Decoded { rd, .. } => after.register(rd),
        };
        let rd = write(self, uses.rd, decoded.rd, Slot::Rd, new);
        let words = |address: u64| address as u32 >> 2;
        let executed = Executed {
            time: self.time,
            pc: words(cpu.pc),
            next_pc: words(cpu.next_pc),
            target: words(after.next_pc),
            decoded,
            rs,
            rt,
            rd,
            hi,
            lo,
            memory,
            linked,
        };
        if !self.tables.push(&executed) {
            self.fail(cpu.pc, Reason::Instruction(word));
        }
    }
}

/// Why no segment can begin in a state.
pub(crate) fn unprovable_start(state: &State) -> Option<Reason> {
    let since = state.steps_since_switch();
    if let Some(thread) = state.current_thread().filter(|thread| !thread.exited && !state.exited()) {
        // A proof has the program counters in words, and one window for both.
        if !thread.cpu.pc.is_multiple_of(4) {
            return Some(Reason::Unaligned(thread.cpu.pc));
        }
        if let Err(reason) = target_of((thread.cpu.pc >> 32) as u32, &thread.cpu) {
            return Some(reason);
        }
    }
    if too_many_threads(state) {
        return Some(Reason::Threads);
    }
    (since > QUANTUM.into()).then_some(Reason::Quantum(since))
}

/// Whether a stack has more threads than there are records for.
pub(super) fn too_many_threads(state: &State) -> bool {
    [state.active_stack(), state.waiting_stack()].iter().any(|stack| stack.len() as u64 > record::MOST)
}

/// Why code cannot go on where an instruction has left the program counters.
#[inline]
pub(super) const fn target_of(window: u32, after: &Cpu) -> Result<(), Reason> {
    if (after.next_pc >> 32) as u32 != window {
        return Err(Reason::Window(after.next_pc));
    }
    if after.next_pc.is_multiple_of(4) { Ok(()) } else { Err(Reason::Unaligned(after.next_pc)) }
}

/// The program counters of the thread that ran and of the one that runs from now on, or why one of the two cannot run on.
pub(super) fn counters_of(window: u32, from: &Thread, to: &Thread) -> Result<[[u32; 2]; 2], Reason> {
    let of = |thread: &Thread| {
        let addresses = [thread.cpu.pc, thread.cpu.next_pc];
        if let Some(&outside) = addresses.iter().find(|address| (**address >> 32) as u32 != window) {
            return Err(Reason::Window(outside));
        }
        if addresses.iter().any(|address| address % 4 != 0) {
            return Err(Reason::Thread(thread.id));
        }
        Ok(addresses.map(|address| address as u32 >> 2))
    };
    let counters = if from.exited { [Position::DEAD, from.exit_code.into()] } else { of(from)? };
    let then = of(to)?;
    if to.exited { Err(Reason::Thread(to.id)) } else { Ok([counters, then]) }
}

/// The leaf of a cell of the machine's own state, and its place there.
const fn place(cell: u32) -> (usize, usize) {
    (cell as usize / 4, cell as usize % 4)
}

/// Moves the last access to a cell to the time `until`, if it is before that.
fn reach(tables: &mut Tables, before: i64, until: u32, value: u64, cell: GapCell) {
    if before < i64::from(until) {
        tables.add(AnyTable::LongGap, &LongGapRow::new(cell, value, before as u32, until));
    }
}

/// The time of the access before, which may be moved by a row of the table of long gaps.
fn close_gap(tables: &mut Tables, before: i64, time: u32, value: u64, cell: GapCell) -> u32 {
    if i64::from(time) - before - 1 < 1 << GAP_BITS {
        // The first access of a segment counts from the time before it, which is at least 3.
        return before as u32;
    }
    tables.add(AnyTable::LongGap, &LongGapRow::new(cell, value, before as u32, time - 1));
    time - 1
}

impl Observer for Recorder {
    fn begin(&mut self, step: u64) {
        self.step = step;
        self.executed = None;
        self.time += SLOTS;
    }

    fn fetch(&mut self, memory: &mut MemoryView<'_>, cpu: &Cpu, _: Instruction) {
        let word = memory.read_instruction(cpu.pc);
        self.executed = Some(cpu.pc);
        if (cpu.pc >> 32) as u32 != self.window {
            self.fail(cpu.pc, Reason::Window(cpu.pc));
        }
        let uses = &mut self.code.page(cpu.pc).0[(cpu.pc >> 2) as usize % 1024];
        *uses += 1;
        if *uses == 1 {
            self.leaf(memory, cpu.pc);
        }
        match Decoded::decode(word) {
            Some(decoded) => {
                // Whether it stores or not, its row accesses the word.
                let address = match decoded.operation {
                    Operation::Op(Op::Sc | Op::Scd) => Some(decoded.address(cpu) & WORD_MASK),
                    _ => None,
                };
                if let Some(address) = address {
                    self.leaf(memory, address);
                }
                self.current = Some(Current {
                    word,
                    decoded,
                    cpu: cpu.clone(),
                    address,
                    stores: None,
                    events: CallEvents::default(),
                });
            }
            None => self.fail(cpu.pc, Reason::Instruction(word)),
        }
    }

    fn load(&mut self, memory: &mut MemoryView<'_>, address: u64) {
        self.leaf(memory, address);
        if let Some(current) = &mut self.current {
            current.address = Some(address);
            current.events.load(address);
        }
    }

    fn store(&mut self, memory: &mut MemoryView<'_>, address: u64, new: u64) {
        self.leaf(memory, address);
        if let Some(current) = &mut self.current {
            (current.address, current.stores) = (Some(address), Some(new));
            current.events.store(address, new);
        }
    }

    fn exit(&mut self, _: u8) {
        if let Some(current) = &mut self.current {
            current.events.exited = true;
        }
    }

    fn retire(&mut self, cpu: &Cpu) {
        if let (Err(reason), Some(pc)) = (target_of(self.window, cpu), self.executed) {
            self.fail(pc, reason);
        }
        self.complete(cpu);
    }

    fn thread_exit(&mut self, _: u64, _: u8) {
        if let Some(current) = &mut self.current {
            current.events.exited = true;
        }
    }

    fn switch(&mut self, reason: Switch, from: &Thread, to: &Thread) {
        self.switch_to(reason, from, to);
    }
}
