//! The just-in-time compiler: translates hot parts of the guest's program to machine code of the host.
//!
//! Compiled code is as exact as the interpreter: it counts every step and never makes more steps than requested. It
//! leaves rare cases to the interpreter. The time at which code is compiled does not change what the guest computes.
//!
//! Unsafe Rust is only in `context`, `code_memory` and one call in this file. But compiled code accesses host memory.
//! So memory safety also rests on the modules that determine this code: `groups`, `flow`, `links`, `region`, `stubs`
//! and `translate`.

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

/// When there are more bytes of machine code than this, all of it is dropped.
const MAX_CODE_BYTES: usize = 256 << 20;

/// When there are more link slots (see [`links`]) than this, all compiled code is dropped.
const MAX_LINK_SLOTS: usize = 1 << 22;

/// The most regions that may be pending (see [`Jit::pending`]). At this limit, a request is ignored. The block is then
/// interpreted until it is requested again.
const MAX_PENDING: usize = 4096;

/// On which thread regions are compiled.
enum CompileMode {
    /// On the thread that runs the guest. The guest waits.
    Synchronous(Box<Compiler>),
    /// On a thread of its own, while the guest runs on.
    Background(Worker),
}

/// All compiled code of a machine.
///
/// A region (see [`region`]) is identified by its *head*: the guest address of its first instruction.
///
/// Compiled code becomes invalid when the guest modifies the instructions that it was made from. Each such
/// modification, and each [`Jit::flush`], begins a new *epoch*. A region that was selected in an earlier epoch may be
/// out of date when its compilation ends.
pub(crate) struct Jit {
    mode: CompileMode,
    links: Links,
    code: CodeMemory,
    /// Keeps the memory of the two stubs. It is separate from `code`, because a flush frees `code`.
    _stubs: CodeMemory,
    /// The host address of the stub that enters compiled code.
    enter_stub: usize,
    /// For each compiled region, by head: the host address of its code.
    regions: HashMap<u64, usize>,
    /// For each page, the heads of the compiled regions that have instructions in it.
    heads_by_page: HashMap<u64, HashSet<u64>>,
    /// The heads of regions that are queued or being compiled, or whose code is not linked yet.
    pending: HashSet<u64>,
    /// The heads of regions that the compiler refused.
    refused: HashSet<u64>,
    epoch: u64,
    /// For each page whose code was modified: the epoch that began with the last modification.
    invalidated_at: HashMap<u64, u64>,
    /// The epoch that began with the last flush, or 0.
    flushed_at: u64,
    /// Whether the memory had sparse segments when this was last checked, in [`Jit::run`]. If so, compiled code tests
    /// for them before loads.
    sparse: bool,
    /// Steps made by compiled code.
    steps: u64,
}

impl Jit {
    /// A JIT without any compiled regions. `None` if the host is not supported, or if it refuses the memory or the
    /// thread that the JIT needs. If `synchronous`, the guest waits while a hot region is compiled. Otherwise, a
    /// background thread compiles it.
    pub(crate) fn new(synchronous: bool) -> Option<Self> {
        if !cfg!(all(target_os = "linux", target_endian = "little", target_pointer_width = "64")) {
            return None;
        }
        let mut compiler = Compiler::new()?;
        let mut stubs = CodeMemory::new();
        let enter_stub = stubs.add(&compiler.compile_enter_stub()?)?;
        let miss_stub = stubs.add(&compiler.compile_miss_stub()?)?;
        let links = Links::new(miss_stub);
        let mode = if synchronous {
            CompileMode::Synchronous(Box::new(compiler))
        } else {
            CompileMode::Background(Worker::start(compiler, links.table())?)
        };
        Some(Self {
            mode,
            links,
            code: CodeMemory::new(),
            _stubs: stubs,
            enter_stub,
            regions: HashMap::new(),
            heads_by_page: HashMap::new(),
            pending: HashSet::new(),
            refused: HashSet::new(),
            epoch: 0,
            invalidated_at: HashMap::new(),
            flushed_at: 0,
            sparse: false,
            steps: 0,
        })
    }

    /// Runs the compiled code that begins at the guest's program counter, for at most `budget` steps. Returns how many
    /// of these steps are left, or `None` if there is no such code.
    pub(crate) fn run(&mut self, guest: Guest<'_, '_>, budget: u64) -> Option<u64> {
        if let CompileMode::Background(worker) = &self.mode
            && let Some(compiled) = worker.take_result()
        {
            self.install(compiled);
        }
        if !self.sparse && guest.bus.memory.has_sparse_segments() {
            // The code that exists does not test for sparse segments, so it would load from invalid host addresses.
            self.sparse = true;
            self.flush();
        }
        let code = self.links.get(guest.cpu.pc)?;
        // SAFETY: `enter_stub` is the address of that stub. The links contain addresses of code in `self.code`, which
        // is not freed while `self` is borrowed. If a segment is sparse, the code tests for that before loads.
        let left = unsafe { context::run(self.enter_stub, code, guest, budget) };
        self.steps += budget - left;
        Some(left)
    }

    /// Steps made by compiled code.
    pub(crate) const fn steps(&self) -> u64 {
        self.steps
    }

    /// Requests compiled code for the region that begins at `head`. Returns false if the region cannot be compiled: the
    /// interpreter has to execute its first instruction, or the compiler has refused the region before. If too many
    /// regions are pending, ignores the request and returns true.
    pub(crate) fn request(&mut self, head: u64, program: &impl Program) -> bool {
        if let Some(&code) = self.regions.get(&head) {
            // The code exists, but a link to it is missing: another region has taken its entry of the link table, or
            // its link slot was added later.
            self.links.set(head, code);
            return true;
        }
        if self.pending.contains(&head) {
            if let CompileMode::Background(worker) = &self.mode {
                worker.prioritise(head);
            }
            return true;
        }
        if self.refused.contains(&head) {
            return false;
        }
        if self.pending.len() >= MAX_PENDING {
            return true;
        }
        if self.links.slot_count() > MAX_LINK_SLOTS {
            self.flush();
        }
        let is_head = |pc| self.regions.contains_key(&pc) || self.pending.contains(&pc);
        let region = Region::select(head, program, &mut self.links, self.sparse, is_head);
        let Some(region) = region else { return false };
        self.pending.insert(head);
        let job = CompileJob { head, region, epoch: self.epoch };
        match &mut self.mode {
            CompileMode::Background(worker) => worker.submit(job),
            CompileMode::Synchronous(compiler) => {
                let code = compiler.compile_region(&job.region, self.links.table());
                self.install(Compiled { job, code });
            }
        }
        true
    }

    /// Takes the result of a compilation. Links the region's code, unless the region is out of date or the compiler
    /// refused it.
    #[cold]
    fn install(&mut self, Compiled { job, code }: Compiled) {
        self.pending.remove(&job.head);
        let pages = job.region.pages();
        let is_modified = |page| self.invalidated_at.get(page).is_some_and(|&epoch| epoch > job.epoch);
        if self.flushed_at > job.epoch || pages.iter().any(is_modified) {
            return;
        }
        if self.code.used() > MAX_CODE_BYTES {
            // The flush frees the link slots that this code refers to, so this code is dropped as well.
            return self.flush();
        }
        let Some(code) = code.and_then(|code| self.code.add(&code)) else {
            self.refused.insert(job.head);
            return;
        };
        for page in pages {
            self.heads_by_page.entry(page).or_default().insert(job.head);
        }
        self.regions.insert(job.head, code);
        self.links.set(job.head, code);
    }

    /// Drops the regions that have instructions in `pages`, because the guest has stored to these pages.
    pub(crate) fn invalidate(&mut self, pages: &[u64]) {
        self.epoch += 1;
        // The code that the compiler refused may have been replaced.
        self.refused.clear();
        for page in pages {
            self.invalidated_at.insert(*page, self.epoch);
            for head in self.heads_by_page.remove(page).unwrap_or_default() {
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
        self.heads_by_page.clear();
        self.links.flush();
        self.code = CodeMemory::new();
    }
}

impl Region {
    /// The indices of the guest pages that the region's instructions lie in.
    fn pages(&self) -> Vec<u64> {
        let mut pages: Vec<_> = self
            .blocks
            .iter()
            .flat_map(|block| {
                // A block is shorter than a page, so it lies in two pages at most.
                let last = block.pc.wrapping_add(4 * (block.instructions.len() as u64 - 1));
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

    /// A program that consists of `jr $31; nop` at every multiple of 8.
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
    fn the_number_of_pending_regions_is_bounded() {
        let mut jit = Jit::new(false).unwrap();
        for head in (0..2 * MAX_PENDING as u64).map(|number| 8 * number) {
            assert!(jit.request(head, &Returns));
        }
        // Only `Jit::run` takes the results of the worker, and it was not called. So every accepted request is still
        // pending.
        assert_eq!(jit.pending.len(), MAX_PENDING);
    }
}
