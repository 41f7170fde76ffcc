//! The unit of compilation: a *region*, which is a hot basic block and the blocks that its branches and jumps reach.

use super::links::Links;
use std::collections::{HashMap, VecDeque};
use tribunal_mips::{Condition, Flow, Instruction, Jump, Op};

/// The most blocks of a region.
const MOST_BLOCKS: usize = 48;
/// The most instructions of a region; the last block may exceed it.
const MOST_INSTRUCTIONS: usize = 600;
/// The most instructions of a block; a branch and its delay slot may exceed it by one.
const MOST_IN_BLOCK: usize = 200;

/// A successor of a block.
#[derive(Debug, Clone, Copy)]
pub(super) enum Target {
    /// The block of that number in the region.
    Block(usize),
    /// Outside the region.
    Outside {
        /// The guest address.
        pc: u64,
        /// The host address of its link slot.
        slot: usize,
    },
}

/// How a block ends.
#[derive(Debug, Clone, Copy)]
pub(super) enum Terminator<T = Target> {
    /// Execution goes on at the instruction after the last one.
    Next(T),
    /// The last two instructions are a branch and its delay slot.
    Branch {
        /// When the branch is taken.
        condition: Condition,
        /// If the branch is taken.
        taken: T,
        /// If it is not.
        next: T,
    },
    /// The last two instructions are a jump and its delay slot.
    Jump(T),
    /// The last two instructions are a jump to an address in a register and its delay slot.
    JumpRegister,
    /// The interpreter executes the next instruction.
    Interpret,
}

/// A basic block.
#[derive(Debug, Clone)]
pub(super) struct Block<T = Target> {
    /// The address of the first instruction.
    pub(super) pc: u64,
    /// The instructions.
    pub(super) code: Vec<Instruction>,
    /// How it ends.
    pub(super) end: Terminator<T>,
}

/// A unit of compilation. It is entered at its first block only.
#[derive(Debug, Clone)]
pub(super) struct Region {
    pub(super) blocks: Vec<Block>,
    /// Whether guest memory may have sparse segments (see `memory::segment`), for which loads have to test.
    pub(super) sparse: bool,
}

/// The program as the selection of a region sees it.
pub(crate) trait Program {
    /// The instruction at an address, if its page is decoded.
    fn instruction(&self, pc: u64) -> Option<Instruction>;

    /// Whether the block at an address has run often enough to join the region of another block. It takes fewer runs than
    /// to begin a region.
    fn is_warm(&self, pc: u64) -> bool;
}

impl Region {
    /// The region that begins at `head`. It leaves out blocks that are not warm, blocks at which another region begins
    /// (`is_head`), and what exceeds the limits. `None` if the interpreter has to execute the first instruction.
    pub(super) fn select(
        head: u64,
        program: &impl Program,
        links: &mut Links,
        sparse: bool,
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
            // What follows a block without a branch runs as often as the block, so it need not be warm.
            let no_branch = matches!(block.end, Terminator::Next(_));
            let inside = |&pc: &u64| (no_branch || program.is_warm(pc)) && !is_head(pc);
            queue.extend(block.follow().into_iter().flatten().filter(inside));
            blocks.push(block);
        }
        if !places.contains_key(&head) {
            return None;
        }
        let mut resolve = |pc: u64| match places.get(&pc) {
            Some(&place) => Target::Block(place),
            None => Target::Outside { pc, slot: links.slot(pc) },
        };
        let blocks = blocks
            .into_iter()
            .map(|Block { pc, code, end }| Block { pc, code, end: end.map(&mut resolve) })
            .collect();
        Some(Self { blocks, sparse })
    }
}

impl Block<u64> {
    /// The block that begins at `start`. It has no instructions if the interpreter has to execute the first one.
    fn scan(start: u64, program: &impl Program) -> Self {
        let mut code = Vec::new();
        let mut pc = start;
        let end = loop {
            let Some(instruction) = program.instruction(pc) else {
                break Terminator::Next(pc);
            };
            let end = match instruction.flow() {
                Flow::Next => {
                    code.push(instruction);
                    pc = pc.wrapping_add(4);
                    if code.len() == MOST_IN_BLOCK {
                        break Terminator::Next(pc);
                    }
                    continue;
                }
                Flow::Branch(condition) => Self::branch(instruction, condition, pc),
                Flow::Jump(Jump::Region) => Terminator::Jump(instruction.region_target(pc.wrapping_add(4))),
                Flow::Jump(Jump::Register) => Terminator::JumpRegister,
                // A block of its own: its side exit is at its head, and all registers are written back before it.
                Flow::Stop if instruction.op == Op::Syscall => {
                    if code.is_empty() {
                        code.push(instruction);
                        pc = pc.wrapping_add(4);
                    }
                    break Terminator::Next(pc);
                }
                Flow::Stop => break Terminator::Interpret,
            };
            // A branch whose delay slot is not decoded, or is a branch itself: the interpreter executes both.
            let delay_slot = program.instruction(pc.wrapping_add(4));
            let Some(delay_slot) = delay_slot.filter(|&slot| slot.flow() == Flow::Next) else {
                break Terminator::Interpret;
            };
            code.extend([instruction, delay_slot]);
            break end;
        };
        Self { pc: start, code, end }
    }

    /// The terminator of a branch at `pc`.
    const fn branch(instruction: Instruction, condition: Condition, pc: u64) -> Terminator<u64> {
        let next = pc.wrapping_add(8);
        match condition {
            Condition::Never => Terminator::Jump(next),
            Condition::Equal
            | Condition::NotEqual
            | Condition::Negative
            | Condition::NotNegative
            | Condition::Positive
            | Condition::NotPositive => {
                let taken = instruction.branch_target(pc.wrapping_add(4));
                Terminator::Branch { condition, taken, next }
            }
        }
    }

    /// The successors to compile together with the block; none if it ends in a call.
    fn follow(&self) -> [Option<u64>; 2] {
        // The branch stands before its delay slot. A call writes its return address to register 31.
        let is_call = self.code.len() > 1 && self.code[self.code.len() - 2].rd == 31;
        match self.end {
            Terminator::Next(next) => [Some(next), None],
            Terminator::Branch { .. } | Terminator::Jump(_) if is_call => [None, None],
            Terminator::Branch { taken, next, .. } => [Some(next), Some(taken)],
            Terminator::Jump(target) => [Some(target), None],
            Terminator::JumpRegister | Terminator::Interpret => [None, None],
        }
    }
}

impl<T> Terminator<T> {
    fn map<U>(self, mut change: impl FnMut(T) -> U) -> Terminator<U> {
        match self {
            Self::Next(next) => Terminator::Next(change(next)),
            Self::Branch { condition, taken, next } => {
                Terminator::Branch { condition, taken: change(taken), next: change(next) }
            }
            Self::Jump(target) => Terminator::Jump(change(target)),
            Self::JumpRegister => Terminator::JumpRegister,
            Self::Interpret => Terminator::Interpret,
        }
    }
}

impl Block {
    /// The successors inside the region.
    pub(super) fn successors(&self) -> impl Iterator<Item = usize> {
        let targets = match self.end {
            Terminator::Next(target) | Terminator::Jump(target) => [Some(target), None],
            Terminator::Branch { taken, next, .. } => [Some(taken), Some(next)],
            Terminator::JumpRegister | Terminator::Interpret => [None, None],
        };
        targets.into_iter().flatten().filter_map(|target| match target {
            Target::Block(place) => Some(place),
            Target::Outside { .. } => None,
        })
    }
}
