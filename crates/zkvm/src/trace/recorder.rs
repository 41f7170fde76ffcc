//! Records a segment: an observer of the VM that turns each step into rows.

use super::{
    Executed, MemoryAccess, Operand, OracleReads, Preimages, StateTree, Tables, TouchedLeaf, TouchedMemory,
    Written,
    executed::discarded,
    state::{registers, system},
};
use crate::{
    air::AnyTable,
    bus::{GAP_BITS, SLOTS, Slot},
    decode::{Decoded, SINK},
    statement::{Position, SegmentStatement, SystemCell},
    tables::{
        Border, CellsRow, CodeRow, FIRST_TIME, GapCell, LongGapRow, MemoryBoundaryRow, NodeRow,
        SWITCH_OFFSET, SegmentRow,
    },
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};
use tribunal_mips::{Cpu, HI, Instruction, LO};
use tribunal_vm::{Observer, State, memory::MemoryView};

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
    /// The word was stored to in the same segment.
    #[error("executes an instruction that the same segment stored to")]
    StoredCode,
}

/// Records the steps of one segment.
pub(crate) struct Recorder {
    tables: Tables,
    window: u32,
    before: Position,
    /// When the current step began.
    time: u32,
    step: u64,
    registers: Vec<TouchedLeaf>,
    sink: TouchedLeaf,
    system: Vec<TouchedLeaf>,
    memory: HashMap<u64, TouchedMemory>,
    oracle: OracleReads,
    /// How often each instruction is executed, by its address in words from the start of the window.
    code: BTreeMap<u32, u32>,
    current: Option<Current>,
    failed: Option<NotProvable>,
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
        let words = |address: u64| (address as u32) >> 2;
        Some(Self {
            tables: Tables::default(),
            window,
            before: Position { root: tree.root(), pc: words(cpu.pc), next_pc: words(cpu.next_pc) },
            time: FIRST_TIME - SLOTS,
            step: state.step(),
            registers: TouchedLeaf::all_of(&registers(state)),
            sink: TouchedLeaf::default(),
            system: TouchedLeaf::all_of(&system(state)),
            memory: HashMap::new(),
            oracle: OracleReads::default(),
            code: BTreeMap::new(),
            current: None,
            failed: None,
        })
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

    /// Why the segment cannot be proven, if it cannot.
    pub(crate) const fn failed(&self) -> Option<&NotProvable> {
        self.failed.as_ref()
    }

    fn fail(&mut self, pc: u64, reason: Reason) {
        let step = self.step;
        self.failed.get_or_insert(NotProvable { step, pc, reason });
    }

    /// Ends the segment in the state that the machine is in now, and brings the tree up to date.
    pub(crate) fn finish(mut self, state: &State, tree: &mut StateTree) -> Result<Recorded, NotProvable> {
        if let Some(failed) = self.failed {
            return Err(failed);
        }
        let border = self.end_quantum(state);
        let mut memory: Vec<(u64, TouchedMemory)> = self.memory.into_iter().collect();
        memory.sort_unstable_by_key(|(leaf, _)| *leaf);
        for (&pc, &uses) in &self.code {
            let leaf = u64::from(self.window) << 27 | u64::from(pc) >> 3;
            if let Ok(found) = memory.binary_search_by_key(&leaf, |(leaf, _)| *leaf) {
                let memory = &mut memory[found].1;
                memory.code_uses += 1;
                let row = CodeRow::new(pc, memory.leaf.old, uses);
                if memory.stored != [0; 4] || row.is_none() {
                    let pc = u64::from(self.window) << 32 | u64::from(pc) << 2;
                    return Err(NotProvable { step: self.step, pc, reason: Reason::StoredCode });
                }
                if let Some(row) = row {
                    self.tables.add(AnyTable::Code, &row);
                }
            }
        }
        for (leaf, touched) in &memory {
            self.tables.add(AnyTable::MemoryBoundary, &MemoryBoundaryRow::new(*leaf, touched));
        }
        for (table, leaves) in [(AnyTable::Registers, &self.registers), (AnyTable::System, &self.system)] {
            for (index, leaf) in (0..).zip(leaves) {
                self.tables.add(table, &CellsRow::new(index, leaf));
            }
        }
        let oracle = self.oracle.finish(&mut self.tables);
        let digests =
            |leaves: &[TouchedLeaf]| (0..).zip(leaves).map(|(index, leaf)| (index, leaf.digest())).collect();
        let touched = [
            memory.iter().map(|(index, memory)| (*index, memory.leaf.digest())).collect(),
            digests(&self.registers),
            digests(&self.system),
            oracle,
        ];
        for node in tree.update(touched) {
            self.tables.add(AnyTable::Node, &NodeRow::new(&node));
        }
        self.tables.add(AnyTable::Segment, &SegmentRow::new(&border));
        let cpu = state.current_thread().map(|thread| &thread.cpu);
        let words = |address: u64| (address as u32) >> 2;
        let statement = SegmentStatement {
            window: self.window,
            before: self.before,
            after: Position {
                root: tree.root(),
                pc: cpu.map_or(0, |cpu| words(cpu.pc)),
                next_pc: cpu.map_or(0, |cpu| words(cpu.next_pc)),
            },
            steps: (self.time - (FIRST_TIME - SLOTS)) / SLOTS,
        };
        Ok(Recorded { statement, tables: self.tables })
    }

    /// Turns the cell of the last switch back into the steps since then.
    fn end_quantum(&mut self, state: &State) -> Border {
        let (leaf, word) = (SystemCell::SinceSwitch as usize / 4, SystemCell::SinceSwitch as usize % 4);
        let leaf = &mut self.system[leaf];
        let since = [leaf.old[word] as u32, state.steps_since_switch() as u32];
        let first_step = FIRST_TIME / SLOTS;
        let end = self.time + SLOTS;
        leaf.new[word] = u64::from(since[1]);
        leaf.last[word] = i64::from(end);
        Border {
            sink: (self.sink.first[0], self.sink.last[0], self.sink.new[0]),
            since,
            switch: [first_step + SWITCH_OFFSET - since[0], end / SLOTS + SWITCH_OFFSET - since[1]],
            switch_last: 1,
        }
    }

    /// Accesses a register in a slot of this step. Returns the time of the access before.
    fn access_register(&mut self, register: u8, slot: Slot, new: u64) -> (u64, u32) {
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
        let (leaf, word) = (&mut self.system[cell as usize / 4], cell as usize % 4);
        let old = core::mem::replace(&mut leaf.new[word], new);
        let before = leaf.access(word, time);
        (old, close_gap(&mut self.tables, before, time, old, GapCell::System(cell)))
    }

    /// The leaf of memory around an address.
    fn leaf(&mut self, memory: &mut MemoryView<'_>, address: u64) -> &mut TouchedMemory {
        self.memory.entry(address >> 5).or_insert_with(|| {
            let start = address & !31;
            let words = core::array::from_fn(|word| memory.read_word(start + 8 * word as u64));
            TouchedMemory { leaf: TouchedLeaf::of(words), ..TouchedMemory::default() }
        })
    }

    /// Accesses a word of memory that is touched. `new` is stored there, if it is something.
    fn access_memory(&mut self, address: u64, new: Option<u64>) -> MemoryAccess {
        let time = self.time + Slot::Middle as u32;
        let word = (address >> 3) as usize % 4;
        let touched = self.memory.entry(address >> 5).or_default();
        let (old, stored) = (touched.leaf.new[word], touched.stored[word]);
        let before = touched.leaf.access(word, time);
        if let Some(new) = new {
            touched.leaf.new[word] = new;
            touched.stored[word] = time;
        }
        let before = close_gap(&mut self.tables, before, time, old, GapCell::Memory(address, stored));
        MemoryAccess { address, old, new: new.unwrap_or(old), before, stored }
    }

    /// Turns the instruction that was executed into rows. `after` holds the registers after it.
    fn complete(&mut self, after: &Cpu) {
        let Some(Current { word, decoded, cpu, address, stores }) = self.current.take() else { return };
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
        let hi = write(self, uses.hi_lo, HI, Slot::Middle, after.hi);
        let lo = write(self, uses.hi_lo, LO, Slot::Rd, after.lo);
        let new =
            if decoded.rd == SINK { discarded(word, &cpu, memory.old) } else { after.register(decoded.rd) };
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
        };
        if !self.tables.push(&executed) {
            self.fail(cpu.pc, Reason::Instruction(word));
        }
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
        self.time += SLOTS;
    }

    fn fetch(&mut self, memory: &mut MemoryView<'_>, cpu: &Cpu, _: Instruction) {
        let word = memory.read_instruction(cpu.pc);
        if (cpu.pc >> 32) as u32 != self.window {
            self.fail(cpu.pc, Reason::Window(cpu.pc));
        }
        self.leaf(memory, cpu.pc);
        *self.code.entry(cpu.pc as u32 >> 2).or_default() += 1;
        match Decoded::decode(word) {
            Some(decoded) => {
                self.current = Some(Current { word, decoded, cpu: cpu.clone(), address: None, stores: None });
            }
            None => self.fail(cpu.pc, Reason::Instruction(word)),
        }
    }

    fn load(&mut self, memory: &mut MemoryView<'_>, address: u64) {
        self.leaf(memory, address);
        if let Some(current) = &mut self.current {
            current.address = Some(address);
        }
    }

    fn store(&mut self, memory: &mut MemoryView<'_>, address: u64, new: u64) {
        self.leaf(memory, address);
        if let Some(current) = &mut self.current {
            (current.address, current.stores) = (Some(address), Some(new));
        }
    }

    fn retire(&mut self, cpu: &Cpu) {
        self.complete(cpu);
    }
}
