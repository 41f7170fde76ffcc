//! The guest's program in the two forms that are executed: decoded pages for the interpreter, and compiled code. A page
//! is decoded when it is first executed. After a store to it, it is decoded again when it is next executed.
//!
//! A *block* begins where execution enters it, and ends at the next branch or system call. So blocks can overlap.

use crate::{
    jit::{Jit, Program},
    memory::{Memory, PAGE_BYTES, PAGE_SHIFT},
};
use alloy_primitives::map::HashMap;
use tribunal_mips::{Access, Flow, Instruction, Op};

const INSTRUCTIONS_PER_PAGE: usize = PAGE_BYTES / 4;
/// The number of entries of [`CodeCache::recent`].
const RECENT_ENTRIES: usize = 256;
/// Compiling a block takes as long as interpreting it a few thousand times, so blocks that run rarely are not compiled.
const THRESHOLDS: Thresholds = Thresholds { hot: 600, warm: 60 };
/// The bit of [`BlockInfo::entries`] that is set once the block's compilation was requested.
const REQUESTED: u16 = 1 << 15;
/// The [`BlockInfo::entries`] of a block that cannot be compiled.
const NOT_COMPILABLE: u16 = REQUESTED - 1;

/// A decoded page.
pub(crate) struct DecodedPage {
    pub(crate) instructions: [Instruction; INSTRUCTIONS_PER_PAGE],
    /// For each instruction, the block that begins there.
    blocks: [BlockInfo; INSTRUCTIONS_PER_PAGE],
}

/// The block that begins at an instruction. Both fields are read when the block is entered, so they lie together.
#[derive(Clone, Copy, Default)]
struct BlockInfo {
    /// The number of consecutive plain instructions (see [`is_plain`]) in this page, from this one on.
    plain: u16,
    /// How often the block was entered since the last request to compile it, or since its page was decoded. The bit
    /// [`REQUESTED`] tells whether there was a request.
    entries: u16,
}

impl DecodedPage {
    fn of(instructions: [Instruction; INSTRUCTIONS_PER_PAGE]) -> Self {
        let mut blocks = [BlockInfo::default(); INSTRUCTIONS_PER_PAGE];
        let mut plain = 0;
        for (block, &instruction) in blocks.iter_mut().zip(&instructions).rev() {
            plain = if is_plain(instruction) { plain + 1 } else { 0 };
            block.plain = plain;
        }
        Self { instructions, blocks }
    }

    /// The number of consecutive plain instructions, from the instruction with the index `at` on.
    #[inline]
    pub(crate) fn plain(&self, at: usize) -> usize {
        self.blocks[at].plain.into()
    }
}

/// How to execute a block.
pub(crate) enum BlockMode {
    /// By the interpreter.
    Interpret,
    /// By compiled code if it is ready, otherwise by the interpreter.
    Compiled,
    /// By an exact step, because the block begins with a system call that is not compiled.
    Syscall,
}

/// The decoded pages and the compiled code.
pub(crate) struct CodeCache {
    /// For each decoded page, by its index in guest memory: its *place*, which is its index in `decoded`.
    places: HashMap<u64, usize>,
    decoded: Vec<Box<DecodedPage>>,
    /// A direct-mapped cache of `places`. The page `u64::MAX`, which does not exist, marks an empty entry.
    recent: Box<[(u64, usize); RECENT_ENTRIES]>,
    tier: Tier,
    thresholds: Thresholds,
}

/// How often a block has to be entered before it is compiled.
#[derive(Clone, Copy)]
struct Thresholds {
    /// The number of entries after which a block becomes the first block of a region.
    hot: u16,
    /// The number of entries after which a block can be added to a region that begins at another block.
    warm: u16,
}

/// Whether hot code is compiled.
enum Tier {
    /// Not decided yet. The JIT is started when the first block is hot.
    Undecided,
    /// Hot code is compiled.
    Compiled(Box<Jit>),
    /// All code is interpreted, because the user or the system does not allow compiled code.
    Interpreted,
}

impl Tier {
    /// Starts the JIT, unless the system does not allow it. For `synchronous` see [`Jit::new`].
    fn compiled(synchronous: bool) -> Self {
        if let Some(jit) = Jit::new(synchronous) {
            return Self::Compiled(Box::new(jit));
        }
        tracing::warn!(
            "JIT unavailable: the system does not allow compiled code; interpreting, which is slower"
        );
        Self::Interpreted
    }
}

impl Default for CodeCache {
    fn default() -> Self {
        Self {
            places: HashMap::default(),
            decoded: Vec::new(),
            recent: Box::new([(u64::MAX, 0); RECENT_ENTRIES]),
            tier: Tier::Undecided,
            thresholds: THRESHOLDS,
        }
    }
}

impl CodeCache {
    /// The instruction at `pc`, which is a multiple of 4.
    #[inline]
    pub(crate) fn fetch(&mut self, memory: &mut Memory, pc: u64) -> Instruction {
        match self.place(memory, pc) {
            Some(place) => self.decoded[place].instructions[index(pc)],
            None => Instruction::decode(memory.read_instruction(pc)),
        }
    }

    /// The place of the decoded page that contains `pc`. `None` if the page is not allocated, or if its segment is
    /// sparse: memory does not report stores to sparse segments. The place is valid until the next call of this method
    /// or of [`Self::fetch`], because these drop pages that were stored to.
    #[inline]
    pub(crate) fn place(&mut self, memory: &mut Memory, pc: u64) -> Option<usize> {
        if memory.has_code_stores() {
            self.invalidate(memory);
        }
        let page = pc >> PAGE_SHIFT;
        let (recent, place) = self.recent[page as usize % RECENT_ENTRIES];
        if recent == page { Some(place) } else { self.find_or_decode(memory, page, pc) }
    }

    /// The decoded page at a place.
    #[inline]
    pub(crate) fn decoded(&self, place: usize) -> &DecodedPage {
        &self.decoded[place]
    }

    /// The place of the page with the index `page`, which contains `pc`. Decodes the page if that is not done yet.
    #[cold]
    fn find_or_decode(&mut self, memory: &mut Memory, page: u64, pc: u64) -> Option<usize> {
        let place = match self.places.get(&page) {
            Some(&place) => place,
            None if memory.watch_code(pc) => self.decode(memory, page),
            None => return None,
        };
        self.recent[page as usize % RECENT_ENTRIES] = (page, place);
        Some(place)
    }

    /// Decodes a page and returns its place.
    fn decode(&mut self, memory: &Memory, page: u64) -> usize {
        let start = page << PAGE_SHIFT;
        let instructions =
            std::array::from_fn(|at| Instruction::decode(memory.read_instruction(start + 4 * at as u64)));
        let place = self.decoded.len();
        self.decoded.push(Box::new(DecodedPage::of(instructions)));
        self.places.insert(page, place);
        place
    }

    /// Drops the decoded form and the compiled code of each page that the guest has stored to since the last call.
    #[cold]
    fn invalidate(&mut self, memory: &mut Memory) {
        let pages = memory.take_code_stores();
        self.recent.fill((u64::MAX, 0));
        for page in &pages {
            let Some(place) = self.places.remove(page) else { continue };
            // The last decoded page moves to the place of the dropped one, so that `decoded` has no gaps.
            self.decoded.swap_remove(place);
            let old_place = self.decoded.len();
            if let Some(moved) = self.places.values_mut().find(|other| **other == old_place) {
                *moved = place;
            }
        }
        if let Tier::Compiled(jit) = &mut self.tier {
            jit.invalidate(&pages);
        }
    }

    /// Drops all compiled code. If `only`, all code is interpreted from now on. Otherwise, hot code is compiled again.
    pub(crate) fn interpret_only(&mut self, only: bool) {
        self.tier = if only { Tier::Interpreted } else { Tier::Undecided };
    }

    /// From now on, compiles each block when it is entered for the `hot`th time. The guest waits meanwhile.
    pub(crate) fn compile_synchronously(&mut self, hot: u16) {
        self.thresholds = Thresholds { hot: hot.clamp(1, NOT_COMPILABLE - 1), warm: 1 };
        self.tier = Tier::compiled(true);
    }

    /// The JIT, if hot code is compiled.
    #[inline]
    pub(crate) fn jit(&mut self) -> Option<&mut Jit> {
        match &mut self.tier {
            Tier::Compiled(jit) => Some(jit),
            _ => None,
        }
    }

    /// Steps made by compiled code.
    pub(crate) fn compiled_steps(&self) -> u64 {
        match &self.tier {
            Tier::Compiled(jit) => jit.steps(),
            Tier::Undecided | Tier::Interpreted => 0,
        }
    }

    /// Counts an entry into the block at `pc`, in the decoded page at `place`. Requests the block's compilation after
    /// every [`Thresholds::hot`] entries, because the JIT may have ignored an earlier request or dropped the code.
    /// Returns how to execute the block.
    #[inline]
    pub(crate) fn enter_block(&mut self, place: usize, pc: u64) -> BlockMode {
        let page = &mut self.decoded[place];
        let at = index(pc);
        let uncompiled =
            if page.instructions[at].op == Op::Syscall { BlockMode::Syscall } else { BlockMode::Interpret };
        let entries = &mut page.blocks[at].entries;
        if *entries == NOT_COMPILABLE {
            return uncompiled;
        }
        *entries += 1;
        if *entries & !REQUESTED >= self.thresholds.hot {
            *entries = REQUESTED;
            self.request_compilation(pc, place);
            return BlockMode::Compiled;
        }
        if *entries & REQUESTED == 0 { uncompiled } else { BlockMode::Compiled }
    }

    #[cold]
    fn request_compilation(&mut self, pc: u64, place: usize) {
        if matches!(self.tier, Tier::Undecided) {
            self.tier = Tier::compiled(false);
        }
        let Tier::Compiled(jit) = &mut self.tier else { return };
        let program =
            DecodedProgram { places: &self.places, decoded: &self.decoded, warm: self.thresholds.warm };
        if !jit.request(pc, &program) {
            self.decoded[place].blocks[index(pc)].entries = NOT_COMPILABLE;
        }
    }
}

/// The decoded pages, as the compiler sees them.
struct DecodedProgram<'a> {
    places: &'a HashMap<u64, usize>,
    decoded: &'a [Box<DecodedPage>],
    /// See [`Thresholds::warm`].
    warm: u16,
}

impl DecodedProgram<'_> {
    fn page(&self, pc: u64) -> Option<&DecodedPage> {
        self.places.get(&(pc >> PAGE_SHIFT)).map(|&place| &*self.decoded[place])
    }
}

impl Program for DecodedProgram<'_> {
    fn instruction(&self, pc: u64) -> Option<Instruction> {
        self.page(pc).map(|page| page.instructions[index(pc)])
    }

    fn is_warm(&self, pc: u64) -> bool {
        self.page(pc).is_some_and(|page| page.blocks[index(pc)].entries >= self.warm)
    }
}

/// Whether an instruction is *plain*: it uses only registers and memory and does not jump. The interpreter executes
/// rows of plain instructions, and plain instructions in delay slots. Atomic accesses are not plain, because the
/// statistics need the exact step of each.
fn is_plain(instruction: Instruction) -> bool {
    instruction.flow() == Flow::Next && !instruction.access().is_some_and(Access::is_atomic)
}

/// The index of an instruction in its page.
#[inline]
pub(crate) const fn index(pc: u64) -> usize {
    (pc as usize % PAGE_BYTES) / 4
}
