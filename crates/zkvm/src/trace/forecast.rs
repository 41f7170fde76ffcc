//! Notices what a recorder would refuse, without making rows.
//!
//! A run is proven segment by segment, and a segment that cannot be proven would be found only after those before it were
//! proven. So the first run of a program, which shows its pre-images, is watched by a [`Forecast`]. It knows where segments
//! begin, because code must not be stored to in the segment that executes it.

use super::recorder::{NotProvable, Reason, counters_of, target_of, too_many_threads, unprovable_start};
use crate::decode::Decoded;
use std::collections::HashMap;
use tribunal_mips::{Cpu, Instruction};
use tribunal_vm::{Observer, State, Switch, Thread, memory::MemoryView};

/// The bits of an address inside a page.
const PAGE_BITS: u32 = 12;

/// The pages that are found without a search.
const NEAR: usize = 256;

/// What the present segment does with a page.
#[derive(Debug, Clone, Copy, Default)]
struct Page {
    /// The segment that this is about. In a later one, nothing was done yet.
    segment: u64,
    /// The words of 4 bytes that it executes, one bit for each.
    executed: [u64; 16],
    /// The leaves of 32 bytes that it stores to, one bit for each.
    stored: u128,
}

/// An observer that notices what a recorder would refuse.
#[derive(Debug)]
pub(crate) struct Forecast {
    /// The upper 32 bits of all code addresses. `None` before the first segment.
    window: Option<u32>,
    /// The number of the present segment. The first one is 1.
    segment: u64,
    step: u64,
    /// The address of the instruction that this step executes.
    executed: Option<u64>,
    /// Where the thread ran that was switched from in this step.
    switched: Option<u64>,
    pages: Vec<Page>,
    /// The place of each page in `pages`, by its number.
    places: HashMap<u64, usize>,
    /// The same for pages that were used last, by the lowest bits of their numbers.
    near: Box<[(u64, usize); NEAR]>,
    failed: Option<NotProvable>,
}

impl Default for Forecast {
    fn default() -> Self {
        Self {
            window: None,
            segment: 0,
            step: 0,
            executed: None,
            switched: None,
            pages: Vec::new(),
            places: HashMap::new(),
            near: Box::new([(u64::MAX, 0); NEAR]),
            failed: None,
        }
    }
}

impl Forecast {
    /// A segment begins in this state.
    pub(crate) fn begin_segment(&mut self, state: &State) {
        self.segment += 1;
        let Some(thread) = state.current_thread() else { return };
        self.window.get_or_insert((thread.cpu.pc >> 32) as u32);
        self.step = state.step();
        if let Some(reason) = unprovable_start(state) {
            self.fail(thread.cpu.pc, reason);
        }
    }

    /// A step ends in this state.
    pub(crate) fn end_step(&mut self, state: &State) {
        if let Some(pc) = self.switched.take()
            && too_many_threads(state)
        {
            self.fail(pc, Reason::Threads);
        }
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

    /// The page of an address.
    #[inline]
    fn page(&mut self, address: u64) -> &mut Page {
        let number = address >> PAGE_BITS;
        let near = &mut self.near[number as usize % NEAR];
        if near.0 != number {
            let (places, pages) = (&mut self.places, &mut self.pages);
            let place = *places.entry(number).or_insert_with(|| {
                pages.push(Page::default());
                pages.len() - 1
            });
            *near = (number, place);
        }
        let page = &mut self.pages[near.1];
        if page.segment != self.segment {
            *page = Page { segment: self.segment, ..Page::default() };
        }
        page
    }
}

/// The place in its page of the leaf that an address is in.
const fn leaf(address: u64) -> u32 {
    (address >> 5) as u32 % 128
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
        let page = self.page(cpu.pc);
        let bit = 1 << (word % 64);
        if page.executed[word / 64] & bit != 0 {
            return;
        }
        page.executed[word / 64] |= bit;
        if page.stored >> leaf(cpu.pc) & 1 == 1 {
            self.fail(cpu.pc, Reason::StoredCode);
        }
        let word = memory.read_instruction(cpu.pc);
        if Decoded::decode(word).is_none() {
            self.fail(cpu.pc, Reason::Instruction(word));
        }
    }

    #[inline]
    fn store(&mut self, _: &mut MemoryView<'_>, address: u64, _: u64) {
        let leaf = leaf(address);
        let page = self.page(address);
        if page.stored >> leaf & 1 == 1 {
            return;
        }
        page.stored |= 1 << leaf;
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
        let Some(window) = self.window else { return };
        if let Err(reason) = counters_of(window, from, to) {
            self.fail(pc, reason);
        }
    }
}
