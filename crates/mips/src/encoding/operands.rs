//! The registers that each operation uses.

use crate::{HI, LO, Op, RegisterSet};

/// The registers that an operation uses: which fields of the word name them, and which it uses implicitly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operands {
    /// Whether it reads the register in the field `rs` (bits 25 to 21).
    pub rs: bool,
    /// Whether it reads the register in the field `rt` (bits 20 to 16).
    pub rt: bool,
    /// Which register it writes.
    pub destination: Destination,
    /// Whether it may keep the destination's old value, and so reads it.
    pub reads_destination: bool,
    /// The registers that it reads implicitly.
    pub reads: RegisterSet,
    /// The registers that it writes implicitly.
    pub writes: RegisterSet,
}

/// Where an instruction's destination register is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    /// It writes to no register.
    None,
    /// In the field `rd` (bits 15 to 11).
    Rd,
    /// In the field `rt` (bits 20 to 16).
    Rt,
    /// In no field: it is register 31, the link register.
    Link,
}

const NOTHING: Operands = Operands {
    rs: false,
    rt: false,
    destination: Destination::None,
    reads_destination: false,
    reads: RegisterSet::EMPTY,
    writes: RegisterSet::EMPTY,
};
const RS: Operands = Operands { rs: true, ..NOTHING };
const RT: Operands = Operands { rt: true, ..NOTHING };
const RS_RT: Operands = Operands { rs: true, ..RT };

const SET_HI: RegisterSet = RegisterSet::EMPTY.with(HI);
const SET_LO: RegisterSet = RegisterSet::EMPTY.with(LO);
const BOTH: RegisterSet = SET_HI.union(SET_LO);
/// The number of a system call (v0) and its arguments (a0 to a2).
const CALL: RegisterSet = RegisterSet::EMPTY.with(2).with(4).with(5).with(6);
/// The result of a system call (v0) and its error flag (a3).
const RESULT: RegisterSet = RegisterSet::EMPTY.with(2).with(7);

impl Op {
    /// The registers that the operation uses.
    #[must_use]
    pub const fn operands(self) -> Operands {
        use Destination::{Link, Rd, Rt};
        match self {
            Self::Sll | Self::Srl | Self::Sra | Self::Dsll | Self::Dsrl | Self::Dsra => RT.to(Rd),
            Self::Sllv
            | Self::Srlv
            | Self::Srav
            | Self::Dsllv
            | Self::Dsrlv
            | Self::Dsrav
            | Self::Addu
            | Self::Subu
            | Self::Daddu
            | Self::Dsubu
            | Self::And
            | Self::Or
            | Self::Xor
            | Self::Nor
            | Self::Slt
            | Self::Sltu
            | Self::Mul => RS_RT.to(Rd),
            Self::Movz | Self::Movn => Operands { reads_destination: true, ..RS_RT.to(Rd) },
            Self::Sync | Self::Clz | Self::Clo | Self::Dclz | Self::Dclo => RS.to(Rd),
            Self::Addiu | Self::Daddiu | Self::Slti | Self::Sltiu | Self::Andi | Self::Ori | Self::Xori => {
                RS.to(Rt)
            }
            Self::Lui => NOTHING.to(Rt),

            Self::Mfhi => Operands { reads: SET_HI, ..NOTHING.to(Rd) },
            Self::Mflo => Operands { reads: SET_LO, ..NOTHING.to(Rd) },
            Self::Mthi => Operands { writes: SET_HI, ..RS.to(Rd) },
            Self::Mtlo => Operands { writes: SET_LO, ..RS.to(Rd) },
            Self::Mult
            | Self::Multu
            | Self::Dmult
            | Self::Dmultu
            | Self::Div
            | Self::Divu
            | Self::Ddiv
            | Self::Ddivu => Operands { writes: BOTH, ..RS_RT.to(Rd) },

            Self::Beq | Self::Bne => RS_RT,
            Self::Blez | Self::Bgtz | Self::Bltz | Self::Bgez => RS,
            Self::Bltzal | Self::Bgezal => RS.to(Link),
            Self::BranchNever | Self::J => NOTHING,
            Self::Jal => NOTHING.to(Link),
            Self::Jr => RS,
            Self::Jalr => RS.to(Rd),

            Self::Lb
            | Self::Lbu
            | Self::Lh
            | Self::Lhu
            | Self::Lw
            | Self::Lwu
            | Self::Ld
            | Self::Ll
            | Self::Lld => RS.to(Rt),
            Self::Lwl | Self::Lwr | Self::Ldl | Self::Ldr | Self::Sc | Self::Scd => RS_RT.to(Rt),
            Self::Sb | Self::Sh | Self::Sw | Self::Sd | Self::Swl | Self::Swr | Self::Sdl | Self::Sdr => {
                RS_RT
            }

            Self::Syscall => Operands { reads: CALL, writes: RESULT, ..NOTHING },
            Self::Invalid => NOTHING,
        }
    }
}

impl Operands {
    const fn to(self, destination: Destination) -> Self {
        Self { destination, ..self }
    }
}
