//! Regions. A *region* is the unit of compilation: a hot basic block, and blocks that its branches and jumps reach.

use super::links::Links;
use std::collections::{HashMap, VecDeque};
use tribunal_mips::{Condition, Flow, Instruction, Jump, Op};

/// The most blocks of a region.
const MAX_BLOCKS: usize = 48;
/// No block is added to a region that has this many instructions.
const MAX_INSTRUCTIONS: usize = 600;
/// A block ends after this many instructions. If its last two are a branch and a delay slot, it may have one more.
const MAX_BLOCK_INSTRUCTIONS: usize = 200;

/// A successor of a block.
#[derive(Debug, Clone, Copy)]
pub(super) enum Target {
    /// The block with this index in the region.
    Block(usize),
    /// Outside the region.
    Outside {
        /// The guest address.
        pc: u64,
        /// The host address of the link slot for `pc`.
        slot: usize,
    },
}

/// How a block ends, and its successors.
#[derive(Debug, Clone, Copy)]
pub(super) enum Terminator<T = Target> {
    /// Execution goes on at the instruction after the last one.
    Next(T),
    /// The last two instructions are a branch and its delay slot.
    Branch {
        /// The condition under which the branch is taken.
        condition: Condition,
        /// The successor if it is taken.
        taken: T,
        /// The successor if it is not taken.
        next: T,
    },
    /// The last two instructions are a jump and its delay slot.
    Jump(T),
    /// The last two instructions are a jump to an address in a register and its delay slot.
    JumpRegister,
    /// The interpreter has to execute the instruction after the last one.
    Interpret,
}

/// A basic block.
#[derive(Debug, Clone)]
pub(super) struct Block<T = Target> {
    /// The guest address of the first instruction.
    pub(super) pc: u64,
    pub(super) instructions: Vec<Instruction>,
    /// How the block ends.
    pub(super) end: Terminator<T>,
}

/// A unit of compilation. It has at least one block, and is entered at the first block only.
#[derive(Debug, Clone)]
pub(super) struct Region {
    pub(super) blocks: Vec<Block>,
    /// Whether guest memory may have sparse segments (see `memory::segment`). If so, loads have to test for them.
    pub(super) sparse: bool,
}

/// What the selection of a region needs to know of the guest's program.
pub(crate) trait Program {
    /// The instruction at a guest address, if its page is decoded.
    fn instruction(&self, pc: u64) -> Option<Instruction>;

    /// Whether the block at a guest address has run often enough to be added to the region of another block. To begin a
    /// region of its own, a block has to run more often.
    fn is_warm(&self, pc: u64) -> bool;
}

impl Region {
    /// The region that begins at the guest address `head`. It leaves out blocks that are not warm, blocks at which
    /// another region begins (`is_head`), and blocks beyond the limits on the region's size. The successor of a block
    /// without a branch counts as warm. `None` if the interpreter has to execute the first instruction.
    pub(super) fn select(
        head: u64,
        program: &impl Program,
        links: &mut Links,
        sparse: bool,
        is_head: impl Fn(u64) -> bool,
    ) -> Option<Self> {
        let mut blocks: Vec<Block<u64>> = Vec::new();
        let mut index_of = HashMap::new();
        let mut queue = VecDeque::from([head]);
        let mut length = 0;
        while let Some(pc) = queue.pop_front() {
            if index_of.contains_key(&pc) || blocks.len() == MAX_BLOCKS || length >= MAX_INSTRUCTIONS {
                continue;
            }
            let block = Block::scan(pc, program);
            if block.instructions.is_empty() {
                continue;
            }
            length += block.instructions.len();
            index_of.insert(pc, blocks.len());
            // A block without a branch always continues with its successor, so the successor runs as often.
            let no_branch = matches!(block.end, Terminator::Next(_));
            let belongs = |&pc: &u64| (no_branch || program.is_warm(pc)) && !is_head(pc);
            queue.extend(block.successors_to_compile().into_iter().flatten().filter(belongs));
            blocks.push(block);
        }
        if blocks.is_empty() {
            return None;
        }
        let mut resolve = |pc: u64| match index_of.get(&pc) {
            Some(&index) => Target::Block(index),
            None => Target::Outside { pc, slot: links.slot(pc) },
        };
        let blocks = blocks
            .into_iter()
            .map(|Block { pc, instructions, end }| Block { pc, instructions, end: end.map(&mut resolve) })
            .collect();
        Some(Self { blocks, sparse })
    }
}

impl Block<u64> {
    /// The block that begins at the guest address `start`. It has no instructions if the interpreter has to execute the
    /// first one.
    fn scan(start: u64, program: &impl Program) -> Self {
        let mut instructions = Vec::new();
        let mut pc = start;
        let end = loop {
            let Some(instruction) = program.instruction(pc) else {
                break Terminator::Next(pc);
            };
            let end = match instruction.flow() {
                Flow::Next => {
                    instructions.push(instruction);
                    pc = pc.wrapping_add(4);
                    if instructions.len() == MAX_BLOCK_INSTRUCTIONS {
                        break Terminator::Next(pc);
                    }
                    continue;
                }
                Flow::Branch(condition) => Self::branch_terminator(instruction, condition, pc),
                Flow::Jump(Jump::Region) => Terminator::Jump(instruction.region_target(pc.wrapping_add(4))),
                Flow::Jump(Jump::Register) => Terminator::JumpRegister,
                // A system call is a block of its own. So its side exit is at the head of the block, where all
                // registers are in memory.
                Flow::Stop if instruction.op == Op::Syscall => {
                    if instructions.is_empty() {
                        instructions.push(instruction);
                        pc = pc.wrapping_add(4);
                    }
                    break Terminator::Next(pc);
                }
                Flow::Stop => break Terminator::Interpret,
            };
            let delay_slot = program.instruction(pc.wrapping_add(4));
            let Some(delay_slot) = delay_slot.filter(|&slot| slot.flow() == Flow::Next) else {
                // The delay slot is not decoded, or it is a branch, a jump, a system call or an invalid instruction.
                // The interpreter executes the branch.
                break Terminator::Interpret;
            };
            instructions.extend([instruction, delay_slot]);
            break end;
        };
        Self { pc: start, instructions, end }
    }

    /// The terminator of the block that ends in the branch `instruction` at `pc`.
    const fn branch_terminator(instruction: Instruction, condition: Condition, pc: u64) -> Terminator<u64> {
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

    /// The guest addresses of the successors to compile in the same region. A block that ends in a call has none.
    fn successors_to_compile(&self) -> [Option<u64>; 2] {
        // A call writes its return address to register 31. The call is the second to last instruction of its block, and
        // its delay slot is the last.
        let is_call = matches!(self.instructions[..], [.., branch, _] if branch.rd == 31);
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
    /// Applies `change` to each successor.
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
    /// The indices of the successors inside the region.
    pub(super) fn successors(&self) -> impl Iterator<Item = usize> {
        let targets = match self.end {
            Terminator::Next(target) | Terminator::Jump(target) => [Some(target), None],
            Terminator::Branch { taken, next, .. } => [Some(taken), Some(next)],
            Terminator::JumpRegister | Terminator::Interpret => [None, None],
        };
        targets.into_iter().flatten().filter_map(|target| match target {
            Target::Block(index) => Some(index),
            Target::Outside { .. } => None,
        })
    }
}
