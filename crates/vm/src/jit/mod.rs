//! Compiled code: hot parts of the guest's program, as machine code of the host.
//!
//! It is exact, like the interpreter: it counts every step, stops where it is told, and leaves to the interpreter what it
//! does not do itself. When something is compiled has no influence on what the guest computes.

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
use worker::{Done, Job, Worker};

/// Bytes of machine code beyond which everything is forgotten and compilation begins anew.
const MOST_CODE: usize = 256 << 20;

/// The same for cells, of which every place that code jumps to has one.
const MOST_CELLS: usize = 1 << 22;

/// Who compiles.
enum Workshop {
    /// The thread that runs the guest, which waits for it.
    Here(Box<Compiler>),
    /// A thread of its own.
    Elsewhere(Worker),
}

/// All compiled code of a machine.
pub(crate) struct Jit {
    workshop: Workshop,
    links: Links,
    code: CodeMemory,
    /// The two stubs, in memory that is never given up.
    _stubs: CodeMemory,
    enter: usize,
    /// The pages of each compiled region, by where it begins.
    regions: HashMap<u64, (usize, Vec<u64>)>,
    /// The regions that have code in a page.
    by_page: HashMap<u64, HashSet<u64>>,
    /// Where regions begin that are being compiled.
    pending: HashSet<u64>,
    /// Where regions begin that the compiler refuses.
    refused: HashSet<u64>,
    /// How often code was forgotten; for each page, when it was last; and when all of it was.
    epoch: u64,
    forgotten: HashMap<u64, u64>,
    all_forgotten: u64,
}

impl Jit {
    /// Compiled code for this host; none if there is no compiler for it. With `waiting`, a region is compiled as soon as
    /// it is found hot, and the guest waits for it.
    pub(crate) fn new(waiting: bool) -> Option<Self> {
        if !cfg!(all(target_os = "linux", target_endian = "little", target_pointer_width = "64")) {
            return None;
        }
        let mut compiler = Compiler::new()?;
        let mut stubs = CodeMemory::new();
        let enter = stubs.add(&compiler.enter()?)?;
        let miss = stubs.add(&compiler.miss()?)?;
        let links = Links::new(miss);
        let workshop = if waiting {
            Workshop::Here(Box::new(compiler))
        } else {
            Workshop::Elsewhere(Worker::start(compiler, links.table())?)
        };
        Some(Self {
            workshop,
            links,
            code: CodeMemory::new(),
            _stubs: stubs,
            enter,
            regions: HashMap::new(),
            by_page: HashMap::new(),
            pending: HashSet::new(),
            refused: HashSet::new(),
            epoch: 0,
            forgotten: HashMap::new(),
            all_forgotten: 0,
        })
    }

    /// The code that begins at `pc`.
    #[inline]
    pub(crate) fn code(&mut self, pc: u64) -> Option<Code> {
        if let Workshop::Elsewhere(worker) = &self.workshop
            && let Some(done) = worker.take()
        {
            self.install(done);
        }
        self.links.get(pc).map(Code)
    }

    /// Runs code, which makes at most `budget` steps, and returns how many it left unmade. The guest's memory has to be
    /// flat.
    pub(crate) fn run(&self, code: Code, guest: Guest<'_, '_>, budget: u64) -> u64 {
        assert!(guest.bus.memory.is_flat(), "compiled code does not see all of this memory");
        // SAFETY: `enter` was made for this purpose by `new`; a `Code` is what `code` has just returned, and no code is
        // given up but by methods that take `&mut self`.
        unsafe { context::run(self.enter, code.0, guest, budget) }
    }

    /// Has the region around `head` compiled, or linked again if it is. Says no if it cannot be.
    pub(crate) fn compile(&mut self, head: u64, program: &impl Program) -> bool {
        if let Some((code, _)) = self.regions.get(&head) {
            self.links.set(head, *code);
            return true;
        }
        if self.pending.contains(&head) {
            if let Workshop::Elsewhere(worker) = &self.workshop {
                worker.urge(head);
            }
            return true;
        }
        if self.refused.contains(&head) {
            return false;
        }
        if self.links.cells() > MOST_CELLS {
            self.forget_all();
        }
        let is_head = |pc| self.regions.contains_key(&pc) || self.pending.contains(&pc);
        let Some(region) = Region::select(head, program, &mut self.links, is_head) else { return false };
        self.pending.insert(head);
        let job = Job { head, region, epoch: self.epoch };
        match &mut self.workshop {
            Workshop::Elsewhere(worker) => worker.submit(job),
            Workshop::Here(compiler) => {
                let code = compiler.region(&job.region, self.links.table());
                self.install(Done { job, code });
            }
        }
        true
    }

    #[cold]
    fn install(&mut self, Done { job, code }: Done) {
        self.pending.remove(&job.head);
        let pages = job.region.pages();
        let is_old = |page| self.forgotten.get(page).is_some_and(|&when| when > job.epoch);
        if self.all_forgotten > job.epoch || pages.iter().any(is_old) {
            return;
        }
        // What is to be forgotten takes this region's cells along: it has to be found hot once more.
        if self.code.used() > MOST_CODE {
            return self.forget_all();
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

    /// Forgets what was compiled of pages that were stored to.
    pub(crate) fn forget(&mut self, pages: &[u64]) {
        self.epoch += 1;
        self.refused.clear();
        for page in pages {
            self.forgotten.insert(*page, self.epoch);
            for head in self.by_page.remove(page).unwrap_or_default() {
                self.links.clear(head);
                self.regions.remove(&head);
            }
        }
    }

    fn forget_all(&mut self) {
        self.epoch += 1;
        self.all_forgotten = self.epoch;
        self.forgotten.clear();
        self.regions.clear();
        self.by_page.clear();
        self.links.clear_all();
        self.code = CodeMemory::new();
    }
}

/// The address of compiled code.
#[derive(Clone, Copy)]
pub(crate) struct Code(usize);

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
