//! What is compiled at once: a *region*, the blocks that are reached from a hot one by branches and jumps.

use super::links::Links;
use std::collections::{HashMap, VecDeque};
use tribunal_mips::{Condition, Family, Instruction, Jump};

/// The most blocks of a region.
const MOST_BLOCKS: usize = 48;
/// The most instructions of a region, give or take a block.
const MOST_INSTRUCTIONS: usize = 600;
/// The most instructions of a block.
const MOST_IN_BLOCK: usize = 200;

/// Where a block goes on.
#[derive(Debug, Clone, Copy)]
pub(super) enum Target {
    /// In the block of that number.
    Block(usize),
    /// Outside the region.
    Outside {
        /// At that address.
        pc: u64,
        /// Where the address of that code stands in this process.
        cell: usize,
    },
}

/// How a block ends.
#[derive(Debug, Clone, Copy)]
pub(super) enum End<T = Target> {
    /// It goes on behind its last instruction.
    Next(T),
    /// The last two instructions are a branch, and its delay slot.
    Branch {
        /// When the branch is taken.
        condition: Condition,
        /// If the branch is taken.
        taken: T,
        /// If it is not.
        next: T,
    },
    /// The last two instructions are a jump, and its delay slot.
    Jump(T),
    /// The last two instructions are a jump to a register, and its delay slot.
    JumpRegister,
    /// The interpreter has to make the next step.
    Interpret,
}

/// Instructions that follow each other.
#[derive(Debug, Clone)]
pub(super) struct Block<T = Target> {
    /// The address of the first.
    pub(super) pc: u64,
    /// The instructions.
    pub(super) code: Vec<Instruction>,
    /// What comes then.
    pub(super) end: End<T>,
}

/// What is compiled at once. Its first block is where it is entered.
#[derive(Debug, Clone)]
pub(super) struct Region {
    pub(super) blocks: Vec<Block>,
}

/// The program as the selection of a region sees it.
pub(crate) trait Program {
    /// The instruction at an address, if it lies in a page that is known.
    fn instruction(&self, pc: u64) -> Option<Instruction>;

    /// Whether a block that begins there is likely to be executed.
    fn is_warm(&self, pc: u64) -> bool;
}

impl Region {
    /// The region around `head`, up to where another one begins, as `is_head` says; none if the interpreter has to make the
    /// first step there.
    pub(super) fn select(
        head: u64,
        program: &impl Program,
        links: &mut Links,
        is_head: impl Fn(u64) -> bool,
    ) -> Option<Self> {
        let mut blocks: Vec<Block<u64>> = Vec::new();
        let mut places = HashMap::new();
        let mut queue = VecDeque::from([head]);
        let mut instructions = 0;
        while let Some(pc) = queue.pop_front() {
            if places.contains_key(&pc) || blocks.len() == MOST_BLOCKS || instructions >= MOST_INSTRUCTIONS {
                continue;
            }
            let block = Block::scan(pc, program);
            if block.code.is_empty() {
                continue;
            }
            instructions += block.code.len();
            places.insert(pc, blocks.len());
            let cut = matches!(block.end, End::Next(_));
            let inside = |&pc: &u64| pc == head || (cut || program.is_warm(pc)) && !is_head(pc);
            queue.extend(block.follow().into_iter().flatten().filter(inside));
            blocks.push(block);
        }
        if !places.contains_key(&head) {
            return None;
        }
        let mut resolve = |pc: u64| match places.get(&pc) {
            Some(&place) => Target::Block(place),
            None => Target::Outside { pc, cell: links.cell(pc) },
        };
        let blocks = blocks
            .into_iter()
            .map(|Block { pc, code, end }| Block { pc, code, end: end.map(&mut resolve) })
            .collect();
        Some(Self { blocks })
    }
}

impl Block<u64> {
    /// Reads a block off the program.
    fn scan(start: u64, program: &impl Program) -> Self {
        let mut code = Vec::new();
        let mut pc = start;
        let end = loop {
            let Some(instruction) = program.instruction(pc) else {
                break if code.is_empty() { End::Interpret } else { End::Next(pc) };
            };
            let end = match Role::of(instruction) {
                Role::Inner => {
                    code.push(instruction);
                    pc = pc.wrapping_add(4);
                    if code.len() == MOST_IN_BLOCK {
                        break End::Next(pc);
                    }
                    continue;
                }
                Role::Branch(condition) => Self::branch(instruction, condition, pc),
                Role::Jump(Jump::Region) => End::Jump(instruction.region_target(pc.wrapping_add(4))),
                Role::Jump(Jump::Register) => End::JumpRegister,
                Role::Interpret => break End::Interpret,
            };
            let slot = program.instruction(pc.wrapping_add(4));
            let Some(slot) = slot.filter(|&slot| matches!(Role::of(slot), Role::Inner)) else {
                break End::Interpret;
            };
            code.extend([instruction, slot]);
            break end;
        };
        Self { pc: start, code, end }
    }

    /// Where a branch at `pc` leads.
    const fn branch(instruction: Instruction, condition: Condition, pc: u64) -> End<u64> {
        let next = pc.wrapping_add(8);
        match condition {
            Condition::Never => End::Jump(next),
            Condition::Equal
            | Condition::NotEqual
            | Condition::Negative
            | Condition::NotNegative
            | Condition::Positive
            | Condition::NotPositive => {
                let taken = instruction.branch_target(pc.wrapping_add(4));
                End::Branch { condition, taken, next }
            }
        }
    }

    /// The blocks to look at next. Calls are not followed.
    fn follow(&self) -> [Option<u64>; 2] {
        let links = self.code.len() > 1 && self.code[self.code.len() - 2].rd == 31;
        match self.end {
            End::Next(next) => [Some(next), None],
            End::Branch { .. } | End::Jump(_) if links => [None, None],
            End::Branch { taken, next, .. } => [Some(next), Some(taken)],
            End::Jump(target) => [Some(target), None],
            End::JumpRegister | End::Interpret => [None, None],
        }
    }
}

impl<T> End<T> {
    fn map<U>(self, mut change: impl FnMut(T) -> U) -> End<U> {
        match self {
            Self::Next(next) => End::Next(change(next)),
            Self::Branch { condition, taken, next } => {
                End::Branch { condition, taken: change(taken), next: change(next) }
            }
            Self::Jump(target) => End::Jump(change(target)),
            Self::JumpRegister => End::JumpRegister,
            Self::Interpret => End::Interpret,
        }
    }
}

impl Block {
    /// The blocks of the region that may come next.
    pub(super) fn successors(&self) -> impl Iterator<Item = usize> {
        let targets = match self.end {
            End::Next(target) | End::Jump(target) => [Some(target), None],
            End::Branch { taken, next, .. } => [Some(taken), Some(next)],
            End::JumpRegister | End::Interpret => [None, None],
        };
        targets.into_iter().flatten().filter_map(|target| match target {
            Target::Block(place) => Some(place),
            Target::Outside { .. } => None,
        })
    }
}

/// The part that an instruction plays in a block.
enum Role {
    /// It lies inside the block, or in a delay slot.
    Inner,
    /// It ends the block, together with its delay slot.
    Branch(Condition),
    /// It ends the block, together with its delay slot.
    Jump(Jump),
    /// It is left to the interpreter.
    Interpret,
}

impl Role {
    const fn of(instruction: Instruction) -> Self {
        match instruction.op.family() {
            Family::Arithmetic
            | Family::Compare
            | Family::Count
            | Family::Logic
            | Family::Shift
            | Family::Move
            | Family::Multiply
            | Family::Divide
            | Family::Memory(_) => Self::Inner,
            Family::Branch(condition) => Self::Branch(condition),
            Family::Jump(jump) => Self::Jump(jump),
            Family::Syscall | Family::Invalid => Self::Interpret,
        }
    }
}
