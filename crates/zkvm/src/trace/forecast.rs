//! Notices what a recorder would refuse, without making rows.
//!
//! A run is proven segment by segment, and a segment that cannot be proven would be found only after those before it were
//! proven. So the first run of a program, which shows its pre-images, is watched by a [`Forecast`]. It knows where segments
//! begin, because code must not be stored to in the segment that executes it.

use super::{
    pages::Pages,
    plan::{Costs, Planner},
    recorder::{NotProvable, Reason, counters_of, target_of, too_many_threads, unprovable_start},
};
use crate::{
    air::AnyTable,
    decode::{Decoded, Operation},
    tables::REGISTERS,
};
use tribunal_mips::{Cpu, Instruction};
use tribunal_vm::{Observer, State, Switch, Thread, memory::MemoryView};

/// What the present segment does with a page.
#[derive(Debug, Clone, Copy, Default)]
struct Page {
    /// The segment that this is about. In a later one, nothing was done yet.
    segment: u64,
    /// The words of 4 bytes that it executes, one bit for each.
    executed: [u64; 16],
    /// The leaves of 32 bytes that it stores to, one bit for each.
    stored: u128,
    /// The leaves that it touches at all.
    touched: u128,
}

/// The pages that are kept from a segment to the next. Most programs touch fewer in a segment.
const KEPT_PAGES: usize = 1 << 12;

/// The table of each word of a page.
#[derive(Debug, Clone, Copy)]
struct Tables([AnyTable; 1024]);

impl Default for Tables {
    fn default() -> Self {
        Self([AnyTable::Nop; 1024])
    }
}

/// An observer that notices what a recorder would refuse.
#[derive(Debug)]
pub(crate) struct Forecast {
    planner: Planner,
    /// The upper 32 bits of all code addresses. `None` before the first segment.
    window: Option<u32>,
    /// The number of the present segment. The first one is 1.
    segment: u64,
    step: u64,
    /// The address of the instruction that this step executes.
    executed: Option<u64>,
    /// Where the thread ran that was switched from in this step.
    switched: Option<u64>,
    pages: Pages<Page>,
    /// The tables of the words that are executed, in the pages where some are.
    tables: Pages<Tables>,
    failed: Option<NotProvable>,
}

impl Forecast {
    /// Nothing was run yet. The segments of the run have at most so many steps.
    pub(crate) fn new(costs: Costs, segment_steps: u32) -> Self {
        Self {
            planner: Planner::new(costs, segment_steps),
            window: None,
            segment: 0,
            step: 0,
            executed: None,
            switched: None,
            pages: Pages::default(),
            tables: Pages::default(),
            failed: None,
        }
    }

    /// A segment begins in this state.
    pub(crate) fn begin_segment(&mut self, state: &State) {
        self.segment += 1;
        if self.pages.len() > KEPT_PAGES {
            self.pages = Pages::default();
            self.tables = Pages::default();
        }
        self.planner.begin();
        let Some(thread) = state.current_thread() else { return };
        self.window.get_or_insert((thread.cpu.pc >> 32) as u32);
        self.step = state.step();
        if let Some(reason) = unprovable_start(state) {
            self.fail(thread.cpu.pc, reason);
        }
    }

    /// A step ends in this state. Returns the steps of the segment if it ends here.
    pub(crate) fn end_step(&mut self, state: &State) -> Option<u32> {
        if let Some(pc) = self.switched.take()
            && too_many_threads(state)
        {
            self.fail(pc, Reason::Threads);
        }
        self.planner.step()
    }

    /// Why the run cannot be proven, if it cannot.
    pub(crate) fn take_failed(&mut self) -> Option<NotProvable> {
        self.failed.take()
    }

    #[cold]
    fn fail(&mut self, pc: u64, reason: Reason) {
        let step = self.step;
        self.failed.get_or_insert(NotProvable { step, pc, reason });
    }
}

impl Page {
    /// The page of an address in a segment.
    #[inline]
    fn of(pages: &mut Pages<Self>, segment: u64, address: u64) -> &mut Self {
        let page = pages.page(address);
        if page.segment != segment {
            *page = Self { segment, ..Self::default() };
        }
        page
    }

    /// The leaf around an address is touched.
    #[inline]
    fn touch(&mut self, address: u64, planner: &mut Planner) {
        let bit = 1 << leaf(address);
        if self.touched & bit == 0 {
            self.touched |= bit;
            planner.touch(address >> LEAF_BITS);
        }
    }
}

/// The table that has the rows of an operation, or nearly so: a system call has rows in several tables.
fn table_of(operation: Operation) -> AnyTable {
    AnyTable::of(operation).unwrap_or(AnyTable::Syscall)
}

/// The bits of an address inside a leaf.
const LEAF_BITS: u32 = 5;

/// The place in its page of the leaf that an address is in.
const fn leaf(address: u64) -> u32 {
    (address >> LEAF_BITS) as u32 % 128
}

impl Observer for Forecast {
    #[inline]
    fn begin(&mut self, step: u64) {
        self.step = step;
        self.executed = None;
    }

    #[inline]
    fn fetch(&mut self, memory: &mut MemoryView<'_>, cpu: &Cpu, _: Instruction) {
        self.executed = Some(cpu.pc);
        if self.window != Some((cpu.pc >> 32) as u32) {
            self.fail(cpu.pc, Reason::Window(cpu.pc));
        }
        let word = (cpu.pc >> 2) as usize % 1024;
        let page = Page::of(&mut self.pages, self.segment, cpu.pc);
        let bit = 1 << (word % 64);
        if page.executed[word / 64] & bit == 0 {
            page.executed[word / 64] |= bit;
            page.touch(cpu.pc, &mut self.planner);
            self.planner.add(AnyTable::Code, 1);
            let stored = page.stored >> leaf(cpu.pc) & 1 == 1;
            let code = memory.read_instruction(cpu.pc);
            let decoded = Decoded::decode(code);
            self.tables.page(cpu.pc).0[word] =
                decoded.map_or(AnyTable::Nop, |decoded| table_of(decoded.operation));
            if stored {
                return self.fail(cpu.pc, Reason::StoredCode);
            }
            if decoded.is_none() {
                return self.fail(cpu.pc, Reason::Instruction(code));
            }
        }
        let table = self.tables.page(cpu.pc).0[word];
        self.planner.add(table, 1);
        if matches!(table, AnyTable::Multiply | AnyTable::Divide) {
            self.planner.add(AnyTable::Product, 1);
        }
    }

    #[inline]
    fn load(&mut self, _: &mut MemoryView<'_>, address: u64) {
        Page::of(&mut self.pages, self.segment, address).touch(address, &mut self.planner);
    }

    #[inline]
    fn store(&mut self, _: &mut MemoryView<'_>, address: u64, _: u64) {
        let leaf = leaf(address);
        let page = Page::of(&mut self.pages, self.segment, address);
        if page.stored >> leaf & 1 == 1 {
            return;
        }
        page.stored |= 1 << leaf;
        page.touch(address, &mut self.planner);
        self.planner.change(address >> LEAF_BITS);
        // A leaf has eight words.
        if page.executed[leaf as usize / 8] >> (8 * (leaf % 8)) & 0xff != 0 {
            self.fail(self.executed.unwrap_or_default(), Reason::StoredCode);
        }
    }

    #[inline]
    fn retire(&mut self, cpu: &Cpu) {
        if let Some(window) = self.window
            && let Err(reason) = target_of(window, cpu)
        {
            self.fail(self.executed.unwrap_or_default(), reason);
        }
    }

    fn switch(&mut self, _: Switch, from: &Thread, to: &Thread) {
        let pc = self.executed.unwrap_or(from.cpu.pc);
        self.switched = Some(pc);
        self.planner.add(AnyTable::Switch, 1);
        self.planner.add(AnyTable::Moved, REGISTERS.into());
        let Some(window) = self.window else { return };
        if let Err(reason) = counters_of(window, from, to) {
            self.fail(pc, reason);
        }
    }
}
