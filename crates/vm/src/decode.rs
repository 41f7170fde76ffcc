//! Instructions, decoded: what a 32-bit word means, once, so that the interpreter, the JIT and the step checker agree.
//!
//! The encodings are those of MIPS64 release 1, user mode, without floating point and traps. Where the FPVM departs from
//! the manual (fields that ought to be zero are not checked, a destination field that ought to be zero is written), the
//! departure is decoded here and named.

/// The operation of an instruction, named as in the MIPS manual.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Op {
    /// Shift left 32-bit, by a constant; the result is sign-extended, as of all 32-bit operations.
    Sll,
    /// Logical shift right 32-bit, by a constant.
    Srl,
    /// Arithmetic shift right 32-bit, by a constant.
    Sra,
    /// Shift left 32-bit, by a register.
    Sllv,
    /// Logical shift right 32-bit, by a register.
    Srlv,
    /// Arithmetic shift right 32-bit, by a register.
    Srav,
    /// Jump to a register.
    Jr,
    /// Jump to a register, and link.
    Jalr,
    /// Move if zero.
    Movz,
    /// Move if not zero.
    Movn,
    /// System call.
    Syscall,
    /// Memory barrier. The FPVM copies `rs` to `rd`: nothing, in the manual's encoding, where both are zero.
    Sync,
    /// Move from HI.
    Mfhi,
    /// Move to HI. As all that follow with HI and LO, it writes 0 to `rd`, which the manual's encoding has as zero.
    Mthi,
    /// Move from LO.
    Mflo,
    /// Move to LO.
    Mtlo,
    /// Shift left, by a register.
    Dsllv,
    /// Logical shift right, by a register.
    Dsrlv,
    /// Arithmetic shift right, by a register.
    Dsrav,
    /// Multiply 32-bit signed, into HI and LO.
    Mult,
    /// Multiply 32-bit unsigned, into HI and LO.
    Multu,
    /// Divide 32-bit signed, into HI (remainder) and LO (quotient).
    Div,
    /// Divide 32-bit unsigned, into HI and LO.
    Divu,
    /// Multiply signed, into HI and LO.
    Dmult,
    /// Multiply unsigned, into HI and LO.
    Dmultu,
    /// Divide signed, into HI and LO.
    Ddiv,
    /// Divide unsigned, into HI and LO.
    Ddivu,
    /// Add 32-bit. `add` and `addu` are the same in the FPVM, which knows no overflow trap.
    Addu,
    /// Subtract 32-bit (`sub` and `subu`).
    Subu,
    /// And.
    And,
    /// Or.
    Or,
    /// Exclusive or.
    Xor,
    /// Not or.
    Nor,
    /// Set if less than, signed.
    Slt,
    /// Set if less than, unsigned.
    Sltu,
    /// Add (`dadd` and `daddu`).
    Daddu,
    /// Subtract (`dsub` and `dsubu`).
    Dsubu,
    /// Shift left by a constant of 0 to 63 (`dsll` and `dsll32`).
    Dsll,
    /// Logical shift right by a constant of 0 to 63 (`dsrl` and `dsrl32`).
    Dsrl,
    /// Arithmetic shift right by a constant of 0 to 63 (`dsra` and `dsra32`).
    Dsra,
    /// Branch if less than zero.
    Bltz,
    /// Branch if greater than or equal to zero.
    Bgez,
    /// Branch if less than zero, and link (whether taken or not).
    Bltzal,
    /// Branch if greater than or equal to zero, and link (whether taken or not).
    Bgezal,
    /// Any other branch of the REGIMM group: the FPVM never takes it.
    BranchNever,
    /// Jump.
    J,
    /// Jump and link.
    Jal,
    /// Branch if equal.
    Beq,
    /// Branch if not equal.
    Bne,
    /// Branch if less than or equal to zero.
    Blez,
    /// Branch if greater than zero.
    Bgtz,
    /// Add a constant 32-bit (`addi` and `addiu`).
    Addiu,
    /// Set if less than a constant, signed.
    Slti,
    /// Set if less than a (sign-extended) constant, unsigned.
    Sltiu,
    /// And with a constant.
    Andi,
    /// Or with a constant.
    Ori,
    /// Exclusive or with a constant.
    Xori,
    /// Load a constant into the upper half of a 32-bit word.
    Lui,
    /// Add a constant (`daddi` and `daddiu`).
    Daddiu,
    /// Multiply 32-bit into a register.
    Mul,
    /// Count leading zeros of a 32-bit word.
    Clz,
    /// Count leading ones of a 32-bit word.
    Clo,
    /// Count leading zeros.
    Dclz,
    /// Count leading ones.
    Dclo,
    /// Load doubleword left.
    Ldl,
    /// Load doubleword right.
    Ldr,
    /// Load byte.
    Lb,
    /// Load halfword.
    Lh,
    /// Load word left.
    Lwl,
    /// Load word.
    Lw,
    /// Load byte unsigned.
    Lbu,
    /// Load halfword unsigned.
    Lhu,
    /// Load word right. The FPVM leaves the upper half of the register alone unless the whole word is loaded.
    Lwr,
    /// Load word unsigned.
    Lwu,
    /// Store byte.
    Sb,
    /// Store halfword.
    Sh,
    /// Store word left.
    Swl,
    /// Store word.
    Sw,
    /// Store doubleword left.
    Sdl,
    /// Store doubleword right.
    Sdr,
    /// Store word right.
    Swr,
    /// Load linked word.
    Ll,
    /// Load linked doubleword.
    Lld,
    /// Load doubleword.
    Ld,
    /// Store conditional word.
    Sc,
    /// Store conditional doubleword.
    Scd,
    /// Store doubleword.
    Sd,
    /// Not an instruction of the FPVM: executing it is a panic of the machine.
    Invalid,
}

/// A decoded instruction.
///
/// `rd` is always the destination, whichever field of the word it stood in (0 for none); `imm` is what the operation
/// needs of the rest: the constant, already extended as the operation wants it; the shift amount, 0 to 63; a branch's
/// offset in bytes from its delay slot; a jump's 28-bit target; and for [`Op::Invalid`], the word itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Instruction {
    /// The operation.
    pub op: Op,
    /// First source register, and the base of an address.
    pub rs: u8,
    /// Second source register: what a store stores, and what a partial load fills up.
    pub rt: u8,
    /// Destination register.
    pub rd: u8,
    /// The constant.
    pub imm: i32,
}

impl Instruction {
    /// Decodes a word. Every word decodes to something; those that the FPVM does not know to [`Op::Invalid`].
    #[must_use]
    pub const fn decode(word: u32) -> Self {
        let simm = word as u16 as i16 as i32;
        let uimm = word as u16 as i32;
        let shamt = ((word >> 6) & 31) as i32;
        let opcode = word >> 26;
        let (op, to, imm) = match opcode {
            0x00 => special(word, shamt),
            0x01 => (regimm(word), To::None, simm << 2),
            0x02 => (Op::J, To::None, jump(word)),
            0x03 => (Op::Jal, To::Link, jump(word)),
            0x04 => (Op::Beq, To::None, simm << 2),
            0x05 => (Op::Bne, To::None, simm << 2),
            0x06 => (Op::Blez, To::None, simm << 2),
            0x07 => (Op::Bgtz, To::None, simm << 2),
            0x08 | 0x09 => (Op::Addiu, To::Rt, simm),
            0x0a => (Op::Slti, To::Rt, simm),
            0x0b => (Op::Sltiu, To::Rt, simm),
            0x0c => (Op::Andi, To::Rt, uimm),
            0x0d => (Op::Ori, To::Rt, uimm),
            0x0e => (Op::Xori, To::Rt, uimm),
            0x0f => (Op::Lui, To::Rt, simm << 16),
            0x18 | 0x19 => (Op::Daddiu, To::Rt, simm),
            0x1a => (Op::Ldl, To::Rt, simm),
            0x1b => (Op::Ldr, To::Rt, simm),
            0x1c => (special2(word), To::Rd, 0),
            0x20 => (Op::Lb, To::Rt, simm),
            0x21 => (Op::Lh, To::Rt, simm),
            0x22 => (Op::Lwl, To::Rt, simm),
            0x23 => (Op::Lw, To::Rt, simm),
            0x24 => (Op::Lbu, To::Rt, simm),
            0x25 => (Op::Lhu, To::Rt, simm),
            0x26 => (Op::Lwr, To::Rt, simm),
            0x27 => (Op::Lwu, To::Rt, simm),
            0x28 => (Op::Sb, To::None, simm),
            0x29 => (Op::Sh, To::None, simm),
            0x2a => (Op::Swl, To::None, simm),
            0x2b => (Op::Sw, To::None, simm),
            0x2c => (Op::Sdl, To::None, simm),
            0x2d => (Op::Sdr, To::None, simm),
            0x2e => (Op::Swr, To::None, simm),
            0x30 => (Op::Ll, To::Rt, simm),
            0x34 => (Op::Lld, To::Rt, simm),
            0x37 => (Op::Ld, To::Rt, simm),
            0x38 => (Op::Sc, To::Rt, simm),
            0x3c => (Op::Scd, To::Rt, simm),
            0x3f => (Op::Sd, To::None, simm),
            _ => (Op::Invalid, To::None, 0),
        };
        let rt = (word >> 16) as u8 & 31;
        let rd = match to {
            To::None => 0,
            To::Rd => (word >> 11) as u8 & 31,
            To::Rt => rt,
            To::Link => 31,
        };
        if matches!(op, Op::Invalid) {
            return Self { op, rs: 0, rt: 0, rd: 0, imm: word as i32 };
        }
        let rd = if matches!(op, Op::Bltzal | Op::Bgezal) { 31 } else { rd };
        Self { op, rs: (word >> 21) as u8 & 31, rt, rd, imm }
    }

    /// Whether the instruction sets the program counter, after the one that follows it (its delay slot).
    #[must_use]
    pub const fn is_branch_or_jump(&self) -> bool {
        use Op::{Beq, Bgez, Bgezal, Bgtz, Blez, Bltz, Bltzal, Bne, BranchNever, J, Jal, Jalr, Jr};
        matches!(
            self.op,
            J | Jal | Jr | Jalr | Beq | Bne | Blez | Bgtz | Bltz | Bgez | Bltzal | Bgezal | BranchNever
        )
    }
}

/// Which field of the word names the destination.
#[derive(Clone, Copy)]
enum To {
    None,
    Rd,
    Rt,
    Link,
}

const fn jump(word: u32) -> i32 {
    ((word & 0x03ff_ffff) << 2) as i32
}

const fn special(word: u32, shamt: i32) -> (Op, To, i32) {
    let op = match word & 0x3f {
        0x00 => Op::Sll,
        0x02 => Op::Srl,
        0x03 => Op::Sra,
        0x04 => Op::Sllv,
        0x06 => Op::Srlv,
        0x07 => Op::Srav,
        0x08 => return (Op::Jr, To::None, 0),
        0x09 => Op::Jalr,
        0x0a => Op::Movz,
        0x0b => Op::Movn,
        0x0c => return (Op::Syscall, To::None, 0),
        0x0f => Op::Sync,
        0x10 => Op::Mfhi,
        0x11 => Op::Mthi,
        0x12 => Op::Mflo,
        0x13 => Op::Mtlo,
        0x14 => Op::Dsllv,
        0x16 => Op::Dsrlv,
        0x17 => Op::Dsrav,
        0x18 => Op::Mult,
        0x19 => Op::Multu,
        0x1a => Op::Div,
        0x1b => Op::Divu,
        0x1c => Op::Dmult,
        0x1d => Op::Dmultu,
        0x1e => Op::Ddiv,
        0x1f => Op::Ddivu,
        0x20 | 0x21 => Op::Addu,
        0x22 | 0x23 => Op::Subu,
        0x24 => Op::And,
        0x25 => Op::Or,
        0x26 => Op::Xor,
        0x27 => Op::Nor,
        0x2a => Op::Slt,
        0x2b => Op::Sltu,
        0x2c | 0x2d => Op::Daddu,
        0x2e | 0x2f => Op::Dsubu,
        0x38 => Op::Dsll,
        0x3a => Op::Dsrl,
        0x3b => Op::Dsra,
        0x3c => return (Op::Dsll, To::Rd, shamt + 32),
        0x3e => return (Op::Dsrl, To::Rd, shamt + 32),
        0x3f => return (Op::Dsra, To::Rd, shamt + 32),
        _ => Op::Invalid,
    };
    (op, To::Rd, shamt)
}

const fn regimm(word: u32) -> Op {
    match (word >> 16) & 31 {
        0x00 => Op::Bltz,
        0x01 => Op::Bgez,
        0x10 => Op::Bltzal,
        0x11 => Op::Bgezal,
        _ => Op::BranchNever,
    }
}

const fn special2(word: u32) -> Op {
    match word & 0x3f {
        0x02 => Op::Mul,
        0x20 => Op::Clz,
        0x21 => Op::Clo,
        0x24 => Op::Dclz,
        0x25 => Op::Dclo,
        _ => Op::Invalid,
    }
}
