//! A decoded instruction.

use crate::{Access, Flow, Op, RegisterSet};

/// A decoded instruction.
///
/// A register field that the operation does not use is 0, even if the word has another value there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Instruction {
    /// The operation.
    pub op: Op,
    /// The first source register, and the base of an address.
    pub rs: u8,
    /// The second source register: what a store stores, and what a partial load merges into.
    pub rt: u8,
    /// The destination register: the field `rd` or `rt`, or 31 for a link; 0 if there is none.
    pub rd: u8,
    /// The immediate, extended as the operation needs it: a constant; a shift amount, 0 to 63; a branch's offset in bytes
    /// from its delay slot; the lowest 28 bits of a jump's target. For [`Op::Invalid`], the word itself.
    pub imm: i32,
}

impl Instruction {
    /// What the instruction does to the flow of control.
    #[inline]
    #[must_use]
    pub const fn flow(&self) -> Flow {
        self.op.family().flow()
    }

    /// Whether the instruction is a branch or jump. The instruction that follows is then its delay slot.
    #[inline]
    #[must_use]
    pub const fn is_branch_or_jump(&self) -> bool {
        matches!(self.flow(), Flow::Branch(_) | Flow::Jump(_))
    }

    /// How the instruction accesses memory, if it does.
    #[must_use]
    pub const fn access(&self) -> Option<Access> {
        self.op.access()
    }

    /// Where a branch goes if it is taken. `delay_slot` is the address of the instruction that follows it.
    #[inline]
    #[must_use]
    pub const fn branch_target(&self, delay_slot: u64) -> u64 {
        delay_slot.wrapping_add(self.imm as i64 as u64)
    }

    /// Where a jump to a region ([`Jump::Region`](crate::Jump::Region)) goes: the lowest 28 bits come from the
    /// instruction, the others from the address of its delay slot.
    #[inline]
    #[must_use]
    pub const fn region_target(&self, delay_slot: u64) -> u64 {
        delay_slot & 0xffff_ffff_f000_0000 | self.imm as u64
    }

    /// The registers that the instruction reads; for a system call, those of its number and arguments.
    #[must_use]
    pub const fn reads(&self) -> RegisterSet {
        let operands = self.op.operands();
        let sources = RegisterSet::EMPTY.with(self.rs).with(self.rt).union(operands.reads);
        if operands.reads_destination { sources.with(self.rd) } else { sources }
    }

    /// The registers that the instruction may write; for a system call, those of its results.
    #[must_use]
    pub const fn writes(&self) -> RegisterSet {
        RegisterSet::EMPTY.with(self.rd).union(self.op.operands().writes)
    }
}
