//! The program as it is executed: decoded pages, in which every instruction is decoded once until its page is stored to,
//! and compiled code.

use crate::{
    jit::{Jit, Program},
    memory::{Memory, PAGE_BYTES, PAGE_SHIFT},
};
use alloy_primitives::map::HashMap;
use tribunal_mips::{Access, Family, Instruction, Op};

/// Instructions of a page.
pub(crate) const PER_PAGE: usize = PAGE_BYTES / 4;
/// Pages that are found without a search.
const RECENT: usize = 256;
/// Compiling a block takes as long as interpreting it some thousand times.
const THRESHOLDS: Thresholds = Thresholds { hot: 600, warm: 60 };
/// In the count of a block: compiled code for it has been asked for.
const ASKED: u16 = 1 << 15;
/// The count of a block that cannot be compiled.
const NEVER: u16 = ASKED - 1;

/// A decoded page.
pub(crate) struct DecodedPage {
    /// Its instructions.
    pub(crate) instructions: [Instruction; PER_PAGE],
    /// What is known of the stretch that begins at each.
    stretches: [Stretch; PER_PAGE],
}

/// What is known of the code from an instruction on. A block begins by looking at both, so they lie together.
#[derive(Clone, Copy, Default)]
struct Stretch {
    /// How many instructions are plain: neither branches nor such as need to know more than registers and memory.
    plain: u16,
    /// How often a block has begun there since it was last asked for, and [`ASKED`].
    visits: u16,
}

impl DecodedPage {
    fn of(instructions: [Instruction; PER_PAGE]) -> Self {
        let mut stretches = [Stretch::default(); PER_PAGE];
        let mut length = 0;
        for (stretch, &instruction) in stretches.iter_mut().zip(&instructions).rev() {
            length = if is_plain(instruction) { length + 1 } else { 0 };
            stretch.plain = length;
        }
        Self { instructions, stretches }
    }

    /// How many instructions from that place in the page on are plain.
    #[inline]
    pub(crate) fn plain(&self, at: usize) -> usize {
        self.stretches[at].plain.into()
    }
}

/// What is known of a block that is about to begin.
pub(crate) enum Visit {
    /// It has to be interpreted.
    Interpret,
    /// Compiled code has been asked for, and may be there.
    Asked,
    /// It begins with a system call.
    Other,
}

/// The decoded pages and the compiled code.
pub(crate) struct CodeCache {
    places: HashMap<u64, usize>,
    decoded: Vec<Box<DecodedPage>>,
    /// Pages that were asked for, and their places.
    recent: Box<[(u64, usize); RECENT]>,
    tier: Tier,
    thresholds: Thresholds,
}

/// How often a block is interpreted before it is compiled, and how often to be compiled along with one that leads to it.
#[derive(Clone, Copy)]
struct Thresholds {
    hot: u16,
    warm: u16,
}

/// Whether hot code is compiled.
enum Tier {
    /// It will be, as soon as there is some.
    Undecided,
    /// It is.
    Compiled(Box<Jit>),
    /// It is not, because that is not wanted or not possible.
    Interpreted,
}

impl Tier {
    /// Compiled code, with `waiting` as [`Jit::new`] has it, if this host can have any.
    fn compiled(waiting: bool) -> Self {
        if let Some(jit) = Jit::new(waiting) {
            return Self::Compiled(Box::new(jit));
        }
        tracing::warn!("this system lets us compile no code: everything is interpreted, which takes longer");
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

    /// Where the decoded page of `pc` is; none if no page exists there, or one that cannot be watched. Valid until the next
    /// call.
    #[inline]
    pub(crate) fn place(&mut self, memory: &mut Memory, pc: u64) -> Option<usize> {
        if memory.has_code_stores() {
            self.forget(memory);
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

    /// Forgets pages that were stored to. A program that keeps on rewriting its code costs time, not memory: the last of
    /// the decoded pages takes the place of the forgotten one.
    #[cold]
    fn forget(&mut self, memory: &mut Memory) {
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

    /// Has everything interpreted from now on, or not.
    pub(crate) fn interpret_only(&mut self, only: bool) {
        self.tier = if only { Tier::Interpreted } else { Tier::Undecided };
    }

    /// Has code compiled while the guest waits, instead of on a thread, once a block has been interpreted `hot` times.
    pub(crate) fn compile_waiting(&mut self, hot: u16) {
        self.thresholds = Thresholds { hot: hot.clamp(1, NEVER - 1), warm: 1 };
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

    /// Notes that a block begins at `pc`, in the decoded page at `place`. It is compiled if that happens often.
    #[inline]
    pub(crate) fn visit(&mut self, place: usize, pc: u64) -> Visit {
        let page = &mut self.decoded[place];
        let at = index(pc);
        if page.instructions[at].op == Op::Syscall {
            return Visit::Other;
        }
        let visits = &mut page.stretches[at].visits;
        if *visits == NEVER {
            return Visit::Interpret;
        }
        *visits += 1;
        if *visits & !ASKED >= self.thresholds.hot {
            *visits = ASKED;
            self.compile(pc, place);
            return Visit::Asked;
        }
        if *visits & ASKED == 0 { Visit::Interpret } else { Visit::Asked }
    }

    #[cold]
    fn compile(&mut self, pc: u64, place: usize) {
        if matches!(self.tier, Tier::Undecided) {
            self.tier = Tier::compiled(false);
        }
        let Tier::Compiled(jit) = &mut self.tier else { return };
        let known = Known { places: &self.places, decoded: &self.decoded, warm: self.thresholds.warm };
        if !jit.compile(pc, &known) {
            self.decoded[place].stretches[index(pc)].visits = NEVER;
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
        self.page(pc).is_some_and(|page| page.stretches[index(pc)].visits >= self.warm)
    }
}

/// Whether the interpreter executes the instruction as one of a row, or in a delay slot: it needs nothing but registers
/// and memory, and does not jump.
const fn is_plain(instruction: Instruction) -> bool {
    match instruction.op.family() {
        Family::Arithmetic
        | Family::Compare
        | Family::Count
        | Family::Logic
        | Family::Shift
        | Family::Move
        | Family::Multiply
        | Family::Divide => true,
        Family::Memory(access) => match access {
            Access::Load { .. }
            | Access::Store { .. }
            | Access::LoadPart { .. }
            | Access::StorePart { .. } => true,
            // The interpreter makes these one by one, because statistics need to know the step.
            Access::LoadLinked { .. } | Access::StoreConditional { .. } => false,
        },
        Family::Branch(_) | Family::Jump(_) | Family::Syscall | Family::Invalid => false,
    }
}

/// The place of an instruction in its page.
#[inline]
pub(crate) const fn index(pc: u64) -> usize {
    (pc as usize % PAGE_BYTES) / 4
}
