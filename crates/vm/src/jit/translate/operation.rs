//! The table of all operations, and the translation of those that only change general registers: arithmetic, logic,
//! shifts, comparisons and moves.

use super::{ExitState, Translator};
use cranelift_codegen::ir::{
    InstBuilder, Value,
    condcodes::IntCC,
    types::{I32, I64},
};
use tribunal_mips::{HI, Instruction, LO, Op, Side, Width};

impl Translator<'_> {
    /// Translates one instruction: computes a value, and sets the destination register to it.
    pub(super) fn operation(&mut self, instruction: Instruction, exit: ExitState) {
        let Instruction { op, rs, rt, rd, imm } = instruction;
        let constant = i64::from(imm);
        let value = match op {
            // Cranelift takes shift amounts modulo the width in bits, as the VM does.
            Op::Sll => self.unary_word(rt, |b, t| b.ins().ishl_imm_s(t, constant)),
            Op::Srl => self.unary_word(rt, |b, t| b.ins().ushr_imm_s(t, constant)),
            Op::Sra => self.unary_word(rt, |b, t| b.ins().sshr_imm_s(t, constant)),
            Op::Sllv => self.binary_word(rt, rs, |b, t, s| b.ins().ishl(t, s)),
            Op::Srlv => self.binary_word(rt, rs, |b, t, s| b.ins().ushr(t, s)),
            Op::Srav => self.binary_word(rt, rs, |b, t, s| b.ins().sshr(t, s)),
            Op::Dsll => self.unary(rt, |b, t| b.ins().ishl_imm_s(t, constant)),
            Op::Dsrl => self.unary(rt, |b, t| b.ins().ushr_imm_s(t, constant)),
            Op::Dsra => self.unary(rt, |b, t| b.ins().sshr_imm_s(t, constant)),
            Op::Dsllv => self.binary(rt, rs, |b, t, s| b.ins().ishl(t, s)),
            Op::Dsrlv => self.binary(rt, rs, |b, t, s| b.ins().ushr(t, s)),
            Op::Dsrav => self.binary(rt, rs, |b, t, s| b.ins().sshr(t, s)),

            Op::Movz => {
                self.conditional_move([rs, rt, rd], |b, condition, s, d| b.ins().select(condition, d, s))
            }
            Op::Movn => {
                self.conditional_move([rs, rt, rd], |b, condition, s, d| b.ins().select(condition, s, d))
            }
            // As in Cannon, `sync` sets `rd` to `rs`. In the manual, both fields are zero, so it does nothing.
            Op::Sync => self.get(rs),
            Op::Mfhi => self.get(HI),
            Op::Mflo => self.get(LO),
            Op::Mthi => self.move_to_hi_lo(HI, rs),
            Op::Mtlo => self.move_to_hi_lo(LO, rs),

            Op::Mul => self.binary_word(rs, rt, |b, s, t| b.ins().imul(s, t)),
            Op::Mult => self.multiply_words(rs, rt, true),
            Op::Multu => self.multiply_words(rs, rt, false),
            Op::Dmult => self.multiply_doubles(rs, rt, true),
            Op::Dmultu => self.multiply_doubles(rs, rt, false),
            Op::Div => self.divide_words(rs, rt, true, exit),
            Op::Divu => self.divide_words(rs, rt, false, exit),
            Op::Ddiv => self.divide_doubles(rs, rt, true, exit),
            Op::Ddivu => self.divide_doubles(rs, rt, false, exit),

            Op::Addu => self.binary_word(rs, rt, |b, s, t| b.ins().iadd(s, t)),
            Op::Subu => self.binary_word(rs, rt, |b, s, t| b.ins().isub(s, t)),
            Op::Addiu if rs == 0 => self.constant(constant),
            Op::Addiu => self.unary_word(rs, |b, s| b.ins().iadd_imm_s(s, constant)),
            Op::Daddu if rt == 0 => self.get(rs),
            Op::Daddu => self.binary(rs, rt, |b, s, t| b.ins().iadd(s, t)),
            Op::Dsubu => self.binary(rs, rt, |b, s, t| b.ins().isub(s, t)),
            Op::Daddiu if rs == 0 => self.constant(constant),
            Op::Daddiu => self.unary(rs, |b, s| b.ins().iadd_imm_s(s, constant)),

            Op::Slt => self.compare(rs, rt, IntCC::SignedLessThan),
            Op::Sltu => self.compare(rs, rt, IntCC::UnsignedLessThan),
            Op::Slti => self.compare_constant(rs, constant, IntCC::SignedLessThan),
            Op::Sltiu => self.compare_constant(rs, constant, IntCC::UnsignedLessThan),

            Op::Clz => self.unary_word(rs, |b, s| b.ins().clz(s)),
            Op::Clo => self.unary_word(rs, |b, s| {
                let inverse = b.ins().bnot(s);
                b.ins().clz(inverse)
            }),
            Op::Dclz => self.unary(rs, |b, s| b.ins().clz(s)),
            Op::Dclo => self.unary(rs, |b, s| {
                let inverse = b.ins().bnot(s);
                b.ins().clz(inverse)
            }),

            Op::And => self.binary(rs, rt, |b, s, t| b.ins().band(s, t)),
            Op::Or if rt == 0 => self.get(rs),
            Op::Or => self.binary(rs, rt, |b, s, t| b.ins().bor(s, t)),
            Op::Xor => self.binary(rs, rt, |b, s, t| b.ins().bxor(s, t)),
            Op::Nor => self.binary(rs, rt, |b, s, t| {
                let or = b.ins().bor(s, t);
                b.ins().bnot(or)
            }),
            Op::Andi => self.unary(rs, |b, s| b.ins().band_imm_s(s, constant)),
            Op::Ori if rs == 0 => self.constant(constant),
            Op::Ori => self.unary(rs, |b, s| b.ins().bor_imm_s(s, constant)),
            Op::Xori => self.unary(rs, |b, s| b.ins().bxor_imm_s(s, constant)),
            Op::Lui => self.constant(constant),

            Op::Lb => self.load(instruction, Width::Byte, true, exit),
            Op::Lbu => self.load(instruction, Width::Byte, false, exit),
            Op::Lh => self.load(instruction, Width::Half, true, exit),
            Op::Lhu => self.load(instruction, Width::Half, false, exit),
            Op::Lw => self.load(instruction, Width::Word, true, exit),
            Op::Lwu => self.load(instruction, Width::Word, false, exit),
            Op::Ld => self.load(instruction, Width::Double, false, exit),
            Op::Lwl => self.load_word_part(instruction, Side::Left, exit),
            Op::Lwr => self.load_word_part(instruction, Side::Right, exit),
            Op::Ldl => self.load_double_part(instruction, Side::Left, exit),
            Op::Ldr => self.load_double_part(instruction, Side::Right, exit),
            Op::Ll => self.load_linked(instruction, Width::Word, exit),
            Op::Lld => self.load_linked(instruction, Width::Double, exit),
            Op::Sc => self.store_conditional(instruction, Width::Word, exit),
            Op::Scd => self.store_conditional(instruction, Width::Double, exit),
            Op::Sb => return self.store(instruction, Width::Byte, exit),
            Op::Sh => return self.store(instruction, Width::Half, exit),
            Op::Sw => return self.store(instruction, Width::Word, exit),
            Op::Sd => return self.store(instruction, Width::Double, exit),
            Op::Swl => return self.store_part(instruction, Width::Word, Side::Left, exit),
            Op::Swr => return self.store_part(instruction, Width::Word, Side::Right, exit),
            Op::Sdl => return self.store_part(instruction, Width::Double, Side::Left, exit),
            Op::Sdr => return self.store_part(instruction, Width::Double, Side::Right, exit),

            Op::Syscall => return self.system_call(exit),

            // Not reached: region selection leaves these to the interpreter, or makes them the end of a block.
            Op::Beq
            | Op::Bne
            | Op::Blez
            | Op::Bgtz
            | Op::Bltz
            | Op::Bgez
            | Op::Bltzal
            | Op::Bgezal
            | Op::BranchNever
            | Op::J
            | Op::Jal
            | Op::Jr
            | Op::Jalr
            | Op::Invalid => return self.interpret(exit),
        };
        self.set(rd, value);
    }

    /// Leaves the instruction to the interpreter, by a side exit that is always taken.
    fn interpret(&mut self, exit: ExitState) {
        let always = self.builder.ins().iconst(I64, 1);
        self.side_exit_if(always, exit);
    }

    pub(super) fn constant(&mut self, constant: i64) -> Value {
        self.builder.ins().iconst(I64, constant)
    }

    /// The value that `make` computes from a register.
    fn unary(&mut self, a: u8, make: impl FnOnce(&mut Builder<'_>, Value) -> Value) -> Value {
        let a = self.get(a);
        make(&mut self.builder, a)
    }

    /// The value that `make` computes from two registers.
    fn binary(&mut self, a: u8, b: u8, make: impl FnOnce(&mut Builder<'_>, Value, Value) -> Value) -> Value {
        let (a, b) = (self.get(a), self.get(b));
        make(&mut self.builder, a, b)
    }

    /// As [`Self::unary`], on the lower 32 bits. The result is sign-extended.
    fn unary_word(&mut self, a: u8, make: impl FnOnce(&mut Builder<'_>, Value) -> Value) -> Value {
        let a = self.word(a);
        let word = make(&mut self.builder, a);
        self.builder.ins().sextend(I64, word)
    }

    /// As [`Self::binary`], on the lower 32 bits. The result is sign-extended.
    fn binary_word(
        &mut self,
        a: u8,
        b: u8,
        make: impl FnOnce(&mut Builder<'_>, Value, Value) -> Value,
    ) -> Value {
        let (a, b) = (self.word(a), self.word(b));
        let word = make(&mut self.builder, a, b);
        self.builder.ins().sextend(I64, word)
    }

    /// The lower 32 bits of a register.
    pub(super) fn word(&mut self, register: u8) -> Value {
        let value = self.get(register);
        self.builder.ins().ireduce(I32, value)
    }

    /// A conditional move. `choose` gets the values of the registers `condition`, `from` and `to`, and returns the new
    /// value of `to`.
    fn conditional_move(
        &mut self,
        [from, condition, to]: [u8; 3],
        choose: impl FnOnce(&mut Builder<'_>, Value, Value, Value) -> Value,
    ) -> Value {
        let (from, to, condition) = (self.get(from), self.get(to), self.get(condition));
        choose(&mut self.builder, condition, from, to)
    }

    /// 1 if the comparison of two registers holds, otherwise 0.
    fn compare(&mut self, a: u8, b: u8, condition: IntCC) -> Value {
        let (a, b) = (self.get(a), self.get(b));
        let holds = self.builder.ins().icmp(condition, a, b);
        self.builder.ins().uextend(I64, holds)
    }

    /// 1 if the comparison of a register with a constant holds, otherwise 0.
    fn compare_constant(&mut self, a: u8, constant: i64, condition: IntCC) -> Value {
        let a = self.get(a);
        let holds = self.builder.ins().icmp_imm_s(condition, a, constant);
        self.builder.ins().uextend(I64, holds)
    }
}

type Builder<'a> = cranelift_frontend::FunctionBuilder<'a>;
