//! The words that encode each operation.

use crate::Op;

/// The field of a word that selects the operation. The numbers are those of the opcode tables in the MIPS64 manual,
/// volume II.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// This number in bits 31 to 26.
    Opcode(u8, Immediate),
    /// SPECIAL (0) in bits 31 to 26, this number in bits 5 to 0.
    Special(u8, Immediate),
    /// REGIMM (1) in bits 31 to 26, this number in bits 20 to 16: a branch.
    RegImm(u8),
    /// SPECIAL2 (0x1c) in bits 31 to 26, this number in bits 5 to 0: registers only.
    Special2(u8),
}

/// The bits of a word that form the immediate, and how they are extended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Immediate {
    /// There is none.
    None,
    /// Bits 15 to 0, sign-extended.
    Signed,
    /// Bits 15 to 0, zero-extended.
    Unsigned,
    /// Bits 15 to 0, in the upper half.
    Upper,
    /// Bits 15 to 0, sign-extended, in instructions of 4 bytes.
    Branch,
    /// Bits 25 to 0, in instructions of 4 bytes.
    Jump,
    /// Bits 10 to 6.
    Shift,
    /// Bits 10 to 6, and 32.
    Shift32,
}

use Encoding::{Opcode, RegImm, Special, Special2};
use Immediate::{Branch, Jump, None, Shift, Shift32, Signed, Unsigned, Upper};

impl Op {
    /// All encodings of the operation. [`Op::Invalid`] has none: it stands for every word that encodes nothing.
    #[must_use]
    pub const fn encodings(self) -> &'static [Encoding] {
        match self {
            Self::Sll => &[Special(0x00, Shift)],
            Self::Srl => &[Special(0x02, Shift)],
            Self::Sra => &[Special(0x03, Shift)],
            Self::Sllv => &[Special(0x04, None)],
            Self::Srlv => &[Special(0x06, None)],
            Self::Srav => &[Special(0x07, None)],
            Self::Jr => &[Special(0x08, None)],
            Self::Jalr => &[Special(0x09, None)],
            Self::Movz => &[Special(0x0a, None)],
            Self::Movn => &[Special(0x0b, None)],
            Self::Syscall => &[Special(0x0c, None)],
            Self::Sync => &[Special(0x0f, None)],
            Self::Mfhi => &[Special(0x10, None)],
            Self::Mthi => &[Special(0x11, None)],
            Self::Mflo => &[Special(0x12, None)],
            Self::Mtlo => &[Special(0x13, None)],
            Self::Dsllv => &[Special(0x14, None)],
            Self::Dsrlv => &[Special(0x16, None)],
            Self::Dsrav => &[Special(0x17, None)],
            Self::Mult => &[Special(0x18, None)],
            Self::Multu => &[Special(0x19, None)],
            Self::Div => &[Special(0x1a, None)],
            Self::Divu => &[Special(0x1b, None)],
            Self::Dmult => &[Special(0x1c, None)],
            Self::Dmultu => &[Special(0x1d, None)],
            Self::Ddiv => &[Special(0x1e, None)],
            Self::Ddivu => &[Special(0x1f, None)],
            Self::Addu => &[Special(0x20, None), Special(0x21, None)],
            Self::Subu => &[Special(0x22, None), Special(0x23, None)],
            Self::And => &[Special(0x24, None)],
            Self::Or => &[Special(0x25, None)],
            Self::Xor => &[Special(0x26, None)],
            Self::Nor => &[Special(0x27, None)],
            Self::Slt => &[Special(0x2a, None)],
            Self::Sltu => &[Special(0x2b, None)],
            Self::Daddu => &[Special(0x2c, None), Special(0x2d, None)],
            Self::Dsubu => &[Special(0x2e, None), Special(0x2f, None)],
            Self::Dsll => &[Special(0x38, Shift), Special(0x3c, Shift32)],
            Self::Dsrl => &[Special(0x3a, Shift), Special(0x3e, Shift32)],
            Self::Dsra => &[Special(0x3b, Shift), Special(0x3f, Shift32)],

            Self::Bltz => &[RegImm(0x00)],
            Self::Bgez => &[RegImm(0x01)],
            Self::Bltzal => &[RegImm(0x10)],
            Self::Bgezal => &[RegImm(0x11)],
            Self::BranchNever => &OTHER_BRANCHES,

            Self::Mul => &[Special2(0x02)],
            Self::Clz => &[Special2(0x20)],
            Self::Clo => &[Special2(0x21)],
            Self::Dclz => &[Special2(0x24)],
            Self::Dclo => &[Special2(0x25)],

            Self::J => &[Opcode(0x02, Jump)],
            Self::Jal => &[Opcode(0x03, Jump)],
            Self::Beq => &[Opcode(0x04, Branch)],
            Self::Bne => &[Opcode(0x05, Branch)],
            Self::Blez => &[Opcode(0x06, Branch)],
            Self::Bgtz => &[Opcode(0x07, Branch)],
            Self::Addiu => &[Opcode(0x08, Signed), Opcode(0x09, Signed)],
            Self::Slti => &[Opcode(0x0a, Signed)],
            Self::Sltiu => &[Opcode(0x0b, Signed)],
            Self::Andi => &[Opcode(0x0c, Unsigned)],
            Self::Ori => &[Opcode(0x0d, Unsigned)],
            Self::Xori => &[Opcode(0x0e, Unsigned)],
            Self::Lui => &[Opcode(0x0f, Upper)],
            Self::Daddiu => &[Opcode(0x18, Signed), Opcode(0x19, Signed)],
            Self::Ldl => &[Opcode(0x1a, Signed)],
            Self::Ldr => &[Opcode(0x1b, Signed)],
            Self::Lb => &[Opcode(0x20, Signed)],
            Self::Lh => &[Opcode(0x21, Signed)],
            Self::Lwl => &[Opcode(0x22, Signed)],
            Self::Lw => &[Opcode(0x23, Signed)],
            Self::Lbu => &[Opcode(0x24, Signed)],
            Self::Lhu => &[Opcode(0x25, Signed)],
            Self::Lwr => &[Opcode(0x26, Signed)],
            Self::Lwu => &[Opcode(0x27, Signed)],
            Self::Sb => &[Opcode(0x28, Signed)],
            Self::Sh => &[Opcode(0x29, Signed)],
            Self::Swl => &[Opcode(0x2a, Signed)],
            Self::Sw => &[Opcode(0x2b, Signed)],
            Self::Sdl => &[Opcode(0x2c, Signed)],
            Self::Sdr => &[Opcode(0x2d, Signed)],
            Self::Swr => &[Opcode(0x2e, Signed)],
            Self::Ll => &[Opcode(0x30, Signed)],
            Self::Lld => &[Opcode(0x34, Signed)],
            Self::Ld => &[Opcode(0x37, Signed)],
            Self::Sc => &[Opcode(0x38, Signed)],
            Self::Scd => &[Opcode(0x3c, Signed)],
            Self::Sd => &[Opcode(0x3f, Signed)],

            Self::Invalid => &[],
        }
    }
}

/// The numbers of the REGIMM group that no other operation has.
const OTHER_BRANCHES: [Encoding; 28] = {
    let mut encodings = [RegImm(0); 28];
    let mut at = 0;
    while at < 28 {
        // The first two numbers of each half of the group are other operations.
        encodings[at] = RegImm(at as u8 + if at < 14 { 2 } else { 4 });
        at += 1;
    }
    encodings
};

impl Encoding {
    /// The form of the immediate.
    pub(super) const fn immediate(self) -> Immediate {
        match self {
            Opcode(_, immediate) | Special(_, immediate) => immediate,
            RegImm(_) => Branch,
            Special2(_) => None,
        }
    }
}

impl Immediate {
    /// The immediate of a word.
    pub(super) const fn of(self, word: u32) -> i32 {
        let signed = word as u16 as i16 as i32;
        let amount = (word >> 6 & 31) as i32;
        match self {
            None => 0,
            Signed => signed,
            Unsigned => word as u16 as i32,
            Upper => signed << 16,
            Branch => signed << 2,
            Jump => ((word & 0x03ff_ffff) << 2) as i32,
            Shift => amount,
            Shift32 => amount + 32,
        }
    }
}
