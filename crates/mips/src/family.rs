//! Families of operations: what kind of instruction an operation is, and what it does to the flow of control.

use crate::{Access, Op, Side, Width};

/// What kind of instruction an operation is. Instructions of one family differ only in what they compute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// Addition and subtraction.
    Arithmetic,
    /// Comparisons that leave 0 or 1 in a register.
    Compare,
    /// Counts of leading zeros or ones.
    Count,
    /// Bitwise logic, and the load of an upper half.
    Logic,
    /// Shifts.
    Shift,
    /// Moves between registers, conditional ones included, and from and to HI and LO.
    Move,
    /// Multiplications.
    Multiply,
    /// Divisions, the only arithmetic that can fault.
    Divide,
    /// Conditional branches.
    Branch(Condition),
    /// Unconditional jumps.
    Jump(Jump),
    /// Loads and stores, atomic ones included.
    Memory(Access),
    /// The system call.
    Syscall,
    /// Not an instruction.
    Invalid,
}

/// When a branch is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Condition {
    /// `rs` and `rt` are equal.
    Equal,
    /// `rs` and `rt` differ.
    NotEqual,
    /// `rs` is negative.
    Negative,
    /// `rs` is not negative.
    NotNegative,
    /// `rs` is positive.
    Positive,
    /// `rs` is not positive.
    NotPositive,
    /// Never.
    Never,
}

impl Condition {
    /// Whether the condition holds for the values of `rs` and `rt`.
    #[inline]
    #[must_use]
    pub const fn holds(self, s: u64, t: u64) -> bool {
        let signed = s as i64;
        match self {
            Self::Equal => s == t,
            Self::NotEqual => s != t,
            Self::Negative => signed < 0,
            Self::NotNegative => signed >= 0,
            Self::Positive => signed > 0,
            Self::NotPositive => signed <= 0,
            Self::Never => false,
        }
    }
}

/// Where a jump goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Jump {
    /// To an address inside the delay slot's region of 256 MiB.
    Region,
    /// To the address in `rs`.
    Register,
}

/// What an instruction does to the flow of control. It determines where basic blocks end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Flow {
    /// The next instruction follows.
    Next,
    /// The instruction that follows is the delay slot of a branch.
    Branch(Condition),
    /// The instruction that follows is the delay slot of a jump.
    Jump(Jump),
    /// Another thread may run next (a system call), or the program fails (an invalid instruction).
    Stop,
}

impl Family {
    /// What an instruction of the family does to the flow of control.
    #[inline(always)]
    #[must_use]
    pub const fn flow(self) -> Flow {
        match self {
            Self::Arithmetic
            | Self::Compare
            | Self::Count
            | Self::Logic
            | Self::Shift
            | Self::Move
            | Self::Multiply
            | Self::Divide
            | Self::Memory(_) => Flow::Next,
            Self::Branch(condition) => Flow::Branch(condition),
            Self::Jump(jump) => Flow::Jump(jump),
            Self::Syscall | Self::Invalid => Flow::Stop,
        }
    }
}

impl Op {
    /// The family that the operation belongs to.
    #[inline(always)]
    #[must_use]
    pub const fn family(self) -> Family {
        match self {
            Self::Addu | Self::Subu | Self::Addiu | Self::Daddu | Self::Dsubu | Self::Daddiu => {
                Family::Arithmetic
            }
            Self::Slt | Self::Sltu | Self::Slti | Self::Sltiu => Family::Compare,
            Self::Clz | Self::Clo | Self::Dclz | Self::Dclo => Family::Count,
            Self::And
            | Self::Or
            | Self::Xor
            | Self::Nor
            | Self::Andi
            | Self::Ori
            | Self::Xori
            | Self::Lui => Family::Logic,
            Self::Sll
            | Self::Srl
            | Self::Sra
            | Self::Sllv
            | Self::Srlv
            | Self::Srav
            | Self::Dsll
            | Self::Dsrl
            | Self::Dsra
            | Self::Dsllv
            | Self::Dsrlv
            | Self::Dsrav => Family::Shift,
            Self::Movz | Self::Movn | Self::Sync | Self::Mfhi | Self::Mthi | Self::Mflo | Self::Mtlo => {
                Family::Move
            }
            Self::Mul | Self::Mult | Self::Multu | Self::Dmult | Self::Dmultu => Family::Multiply,
            Self::Div | Self::Divu | Self::Ddiv | Self::Ddivu => Family::Divide,

            Self::Beq => Family::Branch(Condition::Equal),
            Self::Bne => Family::Branch(Condition::NotEqual),
            Self::Bltz | Self::Bltzal => Family::Branch(Condition::Negative),
            Self::Bgez | Self::Bgezal => Family::Branch(Condition::NotNegative),
            Self::Bgtz => Family::Branch(Condition::Positive),
            Self::Blez => Family::Branch(Condition::NotPositive),
            Self::BranchNever => Family::Branch(Condition::Never),
            Self::J | Self::Jal => Family::Jump(Jump::Region),
            Self::Jr | Self::Jalr => Family::Jump(Jump::Register),

            Self::Lb => load(Width::Byte, true),
            Self::Lbu => load(Width::Byte, false),
            Self::Lh => load(Width::Half, true),
            Self::Lhu => load(Width::Half, false),
            Self::Lw => load(Width::Word, true),
            Self::Lwu => load(Width::Word, false),
            Self::Ld => load(Width::Double, false),
            Self::Sb => store(Width::Byte),
            Self::Sh => store(Width::Half),
            Self::Sw => store(Width::Word),
            Self::Sd => store(Width::Double),
            Self::Lwl => load_part(Width::Word, Side::Left),
            Self::Lwr => load_part(Width::Word, Side::Right),
            Self::Ldl => load_part(Width::Double, Side::Left),
            Self::Ldr => load_part(Width::Double, Side::Right),
            Self::Swl => store_part(Width::Word, Side::Left),
            Self::Swr => store_part(Width::Word, Side::Right),
            Self::Sdl => store_part(Width::Double, Side::Left),
            Self::Sdr => store_part(Width::Double, Side::Right),
            Self::Ll => Family::Memory(Access::LoadLinked { width: Width::Word }),
            Self::Lld => Family::Memory(Access::LoadLinked { width: Width::Double }),
            Self::Sc => Family::Memory(Access::StoreConditional { width: Width::Word }),
            Self::Scd => Family::Memory(Access::StoreConditional { width: Width::Double }),

            Self::Syscall => Family::Syscall,
            Self::Invalid => Family::Invalid,
        }
    }

    /// How the operation accesses memory, if it does.
    #[must_use]
    pub const fn access(self) -> Option<Access> {
        if let Family::Memory(access) = self.family() { Some(access) } else { None }
    }
}

const fn load(width: Width, signed: bool) -> Family {
    Family::Memory(Access::Load { width, signed })
}

const fn store(width: Width) -> Family {
    Family::Memory(Access::Store { width })
}

const fn load_part(width: Width, side: Side) -> Family {
    Family::Memory(Access::LoadPart { width, side })
}

const fn store_part(width: Width, side: Side) -> Family {
    Family::Memory(Access::StorePart { width, side })
}
