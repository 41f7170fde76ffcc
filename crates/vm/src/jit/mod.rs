//! Compiled code: hot parts of the guest's program, as machine code of the host.
//!
//! It is exact, like the interpreter: it counts every step, stops at the requested step, and leaves rare cases to the
//! interpreter. The time at which code is compiled does not change what the guest computes.
//!
//! Unsafe code is in `context` and `code_memory` only. But the machine code accesses host memory, so memory safety also
//! rests on the modules that make it: `groups`, `flow`, `region` and `translate`.

mod code_memory;
mod compiler;
mod context;
mod flow;
mod groups;
mod links;
mod region;
mod stubs;
mod translate;
mod worker;

pub(crate) use context::Guest;
pub(crate) use region::Program;

use crate::memory::PAGE_SHIFT;
use code_memory::CodeMemory;
use compiler::Compiler;
use links::Links;
use region::Region;
use std::collections::{HashMap, HashSet};
use worker::{CompileJob, Compiled, Worker};

/// Bytes of machine code beyond which all code is flushed.
const MOST_CODE_BYTES: usize = 256 << 20;

/// Link slots beyond which all code is flushed.
const MOST_LINK_SLOTS: usize = 1 << 22;

/// Regions that may wait to be compiled and linked. At this limit, a hot block is interpreted until it is hot again.
const MOST_PENDING: usize = 4096;

/// Where regions are compiled.
enum Compile {
    /// On the thread that runs the guest, which waits.
    Inline(Box<Compiler>),
    /// On a thread of its own.
    Background(Worker),
}

/// All compiled code of a machine.
///
/// Code becomes invalid when the guest modifies its own code. Each such modification begins a new *epoch*. A region
/// that was selected in an earlier epoch may be out of date when it is compiled.
pub(crate) struct Jit {
    compile: Compile,
    links: Links,
    code: CodeMemory,
    /// The two stubs, in memory that a flush does not free.
    _stubs: CodeMemory,
    enter: usize,
    /// For each region, by its head: its code and its pages.
    regions: HashMap<u64, (usize, Vec<u64>)>,
    /// For each page, the heads of the regions that have code in it.
    by_page: HashMap<u64, HashSet<u64>>,
    /// The heads of regions that are being compiled.
    pending: HashSet<u64>,
    /// The heads of regions that the compiler refused.
    refused: HashSet<u64>,
    epoch: u64,
    /// For each page, the epoch in which its code was invalidated last.
    invalidated_at: HashMap<u64, u64>,
    /// The epoch of the last flush.
    flushed_at: u64,
    /// Whether the memory has sparse segments, so that loads are tested.
    sparse: bool,
    /// Steps made by compiled code.
    steps: u64,
}

impl Jit {
    /// Compiled code for this host; `None` if there is no compiler for it. With `waiting`, a hot region is compiled at
    /// once, while the guest waits.
    pub(crate) fn new(waiting: bool) -> Option<Self> {
        if !cfg!(all(target_os = "linux", target_endian = "little", target_pointer_width = "64")) {
            return None;
        }
        let mut compiler = Compiler::new()?;
        let mut stubs = CodeMemory::new();
        let enter = stubs.add(&compiler.enter()?)?;
        let miss = stubs.add(&compiler.miss()?)?;
        let links = Links::new(miss);
        let compile = if waiting {
            Compile::Inline(Box::new(compiler))
        } else {
            Compile::Background(Worker::start(compiler, links.table())?)
        };
        Some(Self {
            compile,
            links,
            code: CodeMemory::new(),
            _stubs: stubs,
            enter,
            regions: HashMap::new(),
            by_page: HashMap::new(),
            pending: HashSet::new(),
            refused: HashSet::new(),
            epoch: 0,
            invalidated_at: HashMap::new(),
            flushed_at: 0,
            sparse: false,
            steps: 0,
        })
    }

    /// Runs the compiled code at the guest's program counter for at most `budget` steps, and returns the budget that is
    /// left. `None` if there is no such code.
    pub(crate) fn run(&mut self, guest: Guest<'_, '_>, budget: u64) -> Option<u64> {
        if let Compile::Background(worker) = &self.compile
            && let Some(compiled) = worker.take()
        {
            self.install(compiled);
        }
        if !self.sparse && !guest.bus.memory.is_flat() {
            // Older code does not test for sparse segments, and would read zeros there.
            self.sparse = true;
            self.flush();
        }
        let code = self.links.get(guest.cpu.pc)?;
        // SAFETY: `new` made `enter` for this purpose. The links contain addresses of code in `self.code`, which is not
        // freed while `self` is borrowed. The code tests loads if a segment is sparse.
        let left = unsafe { context::run(self.enter, code, guest, budget) };
        self.steps += budget - left;
        Some(left)
    }

    /// Steps made by compiled code.
    pub(crate) const fn steps(&self) -> u64 {
        self.steps
    }

    /// Compiles the region that begins at `head`, or links it again. Ignores the request if too many others wait.
    /// Returns false if the region cannot be compiled.
    pub(crate) fn compile(&mut self, head: u64, program: &impl Program) -> bool {
        if let Some((code, _)) = self.regions.get(&head) {
            self.links.set(head, *code);
            return true;
        }
        if self.pending.contains(&head) {
            if let Compile::Background(worker) = &self.compile {
                worker.reprioritise(head);
            }
            return true;
        }
        if self.refused.contains(&head) {
            return false;
        }
        if self.pending.len() >= MOST_PENDING {
            return true;
        }
        if self.links.slots() > MOST_LINK_SLOTS {
            self.flush();
        }
        let is_head = |pc| self.regions.contains_key(&pc) || self.pending.contains(&pc);
        let region = Region::select(head, program, &mut self.links, self.sparse, is_head);
        let Some(region) = region else { return false };
        self.pending.insert(head);
        let job = CompileJob { head, region, epoch: self.epoch };
        match &mut self.compile {
            Compile::Background(worker) => worker.submit(job),
            Compile::Inline(compiler) => {
                let code = compiler.region(&job.region, self.links.table());
                self.install(Compiled { job, code });
            }
        }
        true
    }

    /// Links a region that was compiled, unless it is out of date.
    #[cold]
    fn install(&mut self, Compiled { job, code }: Compiled) {
        self.pending.remove(&job.head);
        let pages = job.region.pages();
        let is_old = |page| self.invalidated_at.get(page).is_some_and(|&when| when > job.epoch);
        if self.flushed_at > job.epoch || pages.iter().any(is_old) {
            return;
        }
        // The flush frees the link slots that this code refers to, so drop it; it is recompiled when hot.
        if self.code.used() > MOST_CODE_BYTES {
            return self.flush();
        }
        let Some(place) = code.and_then(|code| self.code.add(&code)) else {
            self.refused.insert(job.head);
            return;
        };
        for &page in &pages {
            self.by_page.entry(page).or_default().insert(job.head);
        }
        self.regions.insert(job.head, (place, pages));
        self.links.set(job.head, place);
    }

    /// Drops the regions that have code in pages that the guest stored to.
    pub(crate) fn invalidate(&mut self, pages: &[u64]) {
        self.epoch += 1;
        self.refused.clear();
        for page in pages {
            self.invalidated_at.insert(*page, self.epoch);
            for head in self.by_page.remove(page).unwrap_or_default() {
                self.links.clear(head);
                self.regions.remove(&head);
            }
        }
    }

    /// Drops all compiled code, and frees its memory.
    fn flush(&mut self) {
        self.epoch += 1;
        self.flushed_at = self.epoch;
        self.invalidated_at.clear();
        self.regions.clear();
        self.by_page.clear();
        self.links.flush();
        self.code = CodeMemory::new();
    }
}

impl Region {
    /// The pages that the region's instructions lie in.
    fn pages(&self) -> Vec<u64> {
        let mut pages: Vec<_> = self
            .blocks
            .iter()
            .flat_map(|block| {
                let last = block.pc.wrapping_add(4 * (block.code.len() as u64 - 1));
                [block.pc >> PAGE_SHIFT, last >> PAGE_SHIFT]
            })
            .collect();
        pages.sort_unstable();
        pages.dedup();
        pages
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tribunal_mips::Instruction;

    /// `jr $31` and a `nop`, everywhere.
    struct Returns;

    impl Program for Returns {
        fn instruction(&self, pc: u64) -> Option<Instruction> {
            Some(Instruction::decode(if pc & 4 == 0 { 0x03e0_0008 } else { 0 }))
        }

        fn is_warm(&self, _pc: u64) -> bool {
            false
        }
    }

    #[test]
    fn regions_that_wait_are_bounded() {
        let mut jit = Jit::new(false).unwrap();
        for head in (0..2 * MOST_PENDING as u64).map(|number| 8 * number) {
            assert!(jit.compile(head, &Returns));
        }
        // Nothing is linked before compiled code is entered, so all that was accepted is still pending.
        assert_eq!(jit.pending.len(), MOST_PENDING);
    }
}
