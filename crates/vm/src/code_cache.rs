//! The program in the forms that are executed: decoded pages and compiled code. A page is decoded once, and again after
//! a store to it.

use crate::{
    jit::{Jit, Program},
    memory::{Memory, PAGE_BYTES, PAGE_SHIFT},
};
use alloy_primitives::map::HashMap;
use tribunal_mips::{Access, Flow, Instruction, Op};

/// Instructions per page.
pub(crate) const PER_PAGE: usize = PAGE_BYTES / 4;
/// Entries of the direct-mapped cache in front of the map of pages.
const RECENT: usize = 256;
/// Compiling a block takes as long as interpreting it a few thousand times.
const THRESHOLDS: Thresholds = Thresholds { hot: 600, warm: 60 };
/// A bit of a block's count: its compilation was requested.
const REQUESTED: u16 = 1 << 15;
/// The count of a block that cannot be compiled.
const NOT_COMPILABLE: u16 = REQUESTED - 1;

/// A decoded page.
pub(crate) struct DecodedPage {
    /// Its instructions.
    pub(crate) instructions: [Instruction; PER_PAGE],
    /// For each instruction, the block that begins there.
    blocks: [BlockInfo; PER_PAGE],
}

/// The block that begins at an instruction. Both fields are read when the block is entered, so they lie together.
#[derive(Clone, Copy, Default)]
struct BlockInfo {
    /// How many instructions in a row are plain, see [`is_plain`].
    plain: u16,
    /// How often the block was entered since the last request to compile it. The first request sets the bit
    /// [`REQUESTED`].
    entries: u16,
}

impl DecodedPage {
    fn of(instructions: [Instruction; PER_PAGE]) -> Self {
        let mut blocks = [BlockInfo::default(); PER_PAGE];
        let mut length = 0;
        for (block, &instruction) in blocks.iter_mut().zip(&instructions).rev() {
            length = if is_plain(instruction) { length + 1 } else { 0 };
            block.plain = length;
        }
        Self { instructions, blocks }
    }

    /// How many instructions in a row are plain, from that index in the page on.
    #[inline]
    pub(crate) fn plain(&self, at: usize) -> usize {
        self.blocks[at].plain.into()
    }
}

/// How to execute a block.
pub(crate) enum BlockMode {
    /// By the interpreter.
    Interpret,
    /// By compiled code, if it is ready.
    Compiled,
    /// By an exact step: it begins with a system call that is not compiled.
    Syscall,
}

/// The decoded pages and the compiled code.
pub(crate) struct CodeCache {
    /// For each decoded page, its place in `decoded`.
    places: HashMap<u64, usize>,
    decoded: Vec<Box<DecodedPage>>,
    /// A direct-mapped cache of `places`.
    recent: Box<[(u64, usize); RECENT]>,
    tier: Tier,
    thresholds: Thresholds,
}

/// When code is compiled.
#[derive(Clone, Copy)]
struct Thresholds {
    /// How often a block is interpreted before it is compiled.
    hot: u16,
    /// How often a block is interpreted before it is compiled along with a predecessor.
    warm: u16,
}

/// Whether hot code is compiled.
enum Tier {
    /// Not decided yet: the first hot code decides.
    Undecided,
    /// Hot code is compiled.
    Compiled(Box<Jit>),
    /// All code is interpreted, because the user or the system does not allow compiled code.
    Interpreted,
}

impl Tier {
    /// Compiles, unless the system does not allow it. For `waiting` see [`Jit::new`].
    fn compiled(waiting: bool) -> Self {
        if let Some(jit) = Jit::new(waiting) {
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
            recent: Box::new([(u64::MAX, 0); RECENT]),
            tier: Tier::Undecided,
            thresholds: THRESHOLDS,
        }
    }
}

impl CodeCache {
    /// The instruction at `pc`, a multiple of 4.
    #[inline]
    pub(crate) fn fetch(&mut self, memory: &mut Memory, pc: u64) -> Instruction {
        match self.place(memory, pc) {
            Some(place) => self.decoded[place].instructions[index(pc)],
            None => Instruction::decode(memory.read_instruction(pc)),
        }
    }

    /// The place of the decoded page of `pc`. `None` if the page does not exist, or its segment is sparse, so that
    /// stores to it are not reported. The place is valid until the next call.
    #[inline]
    pub(crate) fn place(&mut self, memory: &mut Memory, pc: u64) -> Option<usize> {
        if memory.has_code_stores() {
            self.invalidate(memory);
        }
        let page = pc >> PAGE_SHIFT;
        let (recent, place) = self.recent[page as usize % RECENT];
        if recent == page { Some(place) } else { self.find(memory, page, pc) }
    }

    /// The decoded page at a place.
    #[inline]
    pub(crate) fn decoded(&self, place: usize) -> &DecodedPage {
        &self.decoded[place]
    }

    #[cold]
    fn find(&mut self, memory: &mut Memory, page: u64, pc: u64) -> Option<usize> {
        let place = match self.places.get(&page) {
            Some(&place) => place,
            None if memory.watch_code(pc) => self.decode(memory, page),
            None => return None,
        };
        self.recent[page as usize % RECENT] = (page, place);
        Some(place)
    }

    fn decode(&mut self, memory: &Memory, page: u64) -> usize {
        let start = page << PAGE_SHIFT;
        let instructions =
            std::array::from_fn(|at| Instruction::decode(memory.read_instruction(start + 4 * at as u64)));
        self.decoded.push(Box::new(DecodedPage::of(instructions)));
        self.places.insert(page, self.decoded.len() - 1);
        self.decoded.len() - 1
    }

    /// Drops decoded pages and compiled code that were stored to. The last decoded page takes the place of the dropped
    /// one, so that self-modifying code costs time, but not memory.
    #[cold]
    fn invalidate(&mut self, memory: &mut Memory) {
        let pages = memory.take_code_stores();
        self.recent.fill((u64::MAX, 0));
        for page in &pages {
            let Some(place) = self.places.remove(page) else { continue };
            self.decoded.swap_remove(place);
            let moved = self.decoded.len();
            if let Some(other) = self.places.values_mut().find(|other| **other == moved) {
                *other = place;
            }
        }
        if let Tier::Compiled(jit) = &mut self.tier {
            jit.invalidate(&pages);
        }
    }

    /// Switches compiled code off, or on again.
    pub(crate) fn interpret_only(&mut self, only: bool) {
        self.tier = if only { Tier::Interpreted } else { Tier::Undecided };
    }

    /// Compiles each block once it was interpreted `hot` times, while the guest waits.
    pub(crate) fn compile_waiting(&mut self, hot: u16) {
        self.thresholds = Thresholds { hot: hot.clamp(1, NOT_COMPILABLE - 1), warm: 1 };
        self.tier = Tier::compiled(true);
    }

    /// Compiled code, if there is any.
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

    /// Counts an entry of the block at `pc`, in the decoded page at `place`. Requests its compilation when it is hot.
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
            self.compile(pc, place);
            return BlockMode::Compiled;
        }
        if *entries & REQUESTED == 0 { uncompiled } else { BlockMode::Compiled }
    }

    #[cold]
    fn compile(&mut self, pc: u64, place: usize) {
        if matches!(self.tier, Tier::Undecided) {
            self.tier = Tier::compiled(false);
        }
        let Tier::Compiled(jit) = &mut self.tier else { return };
        let known = Known { places: &self.places, decoded: &self.decoded, warm: self.thresholds.warm };
        if !jit.compile(pc, &known) {
            self.decoded[place].blocks[index(pc)].entries = NOT_COMPILABLE;
        }
    }
}

/// The decoded pages, as the compiler sees them.
struct Known<'a> {
    places: &'a HashMap<u64, usize>,
    decoded: &'a [Box<DecodedPage>],
    warm: u16,
}

impl Known<'_> {
    fn page(&self, pc: u64) -> Option<&DecodedPage> {
        self.places.get(&(pc >> PAGE_SHIFT)).map(|&place| &*self.decoded[place])
    }
}

impl Program for Known<'_> {
    fn instruction(&self, pc: u64) -> Option<Instruction> {
        self.page(pc).map(|page| page.instructions[index(pc)])
    }

    fn is_warm(&self, pc: u64) -> bool {
        self.page(pc).is_some_and(|page| page.blocks[index(pc)].entries >= self.warm)
    }
}

/// Whether the interpreter can execute the instruction in a row of others, or in a delay slot: the instruction uses
/// only registers and memory, and does not jump. Atomic accesses are executed one by one, because statistics need their
/// steps.
fn is_plain(instruction: Instruction) -> bool {
    instruction.flow() == Flow::Next && !instruction.access().is_some_and(Access::is_atomic)
}

/// The index of an instruction in its page.
#[inline]
pub(crate) const fn index(pc: u64) -> usize {
    (pc as usize % PAGE_BYTES) / 4
}
