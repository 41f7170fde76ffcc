//! The operations.

/// Defines [`Op`] together with the list of all operations, so that the list is complete.
macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// The operation of an instruction, named as in the MIPS manual.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Op {
            $($(#[$doc])* $name,)*
        }

        impl Op {
            /// All operations, in the order of their numbers (`op as u8`).
            pub const ALL: &[Self] = &[$(Self::$name,)*];
        }
    };
}

operations! {
    /// Shift left 32-bit, by a constant. Like every 32-bit operation it sign-extends its result.
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
    /// Memory barrier. The VM copies `rs` to `rd`; both fields are zero in the manual, so nothing happens.
    Sync,
    /// Move from HI.
    Mfhi,
    /// Move to HI. Like every operation that sets HI or LO, it also writes 0 to `rd`, a field that is zero in the manual.
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
    /// Add 32-bit (`add` and `addu`, which are the same here: nothing traps on overflow).
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
    /// Any other number in the REGIMM group: a branch that is never taken.
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
    /// Load word right. The upper half of the register stays as it is unless the whole word is loaded.
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
    /// Not an instruction of the VM: executing it is a fault.
    Invalid,
}
