//! Arithmetic, logic, shifts, comparisons and moves.

use super::Translator;
use crate::{
    decode::{Instruction, Op},
    jit::registers::{HI, LO},
};
use cranelift_codegen::ir::{
    InstBuilder, Value,
    condcodes::IntCC,
    types::{I32, I64},
};

impl Translator<'_> {
    /// An instruction whose only effect is on `rd`.
    pub(super) fn alu(&mut self, instruction: Instruction) {
        let Instruction { op, rs, rt, rd, imm } = instruction;
        let constant = i64::from(imm);
        let value = match op {
            Op::Sll | Op::Srl | Op::Sra => self.shift_word_by(op, rt, constant),
            Op::Sllv | Op::Srlv | Op::Srav => self.shift_word(op, rs, rt),
            Op::Dsll => self.one(rt, |b, t| b.ins().ishl_imm_s(t, constant)),
            Op::Dsrl => self.one(rt, |b, t| b.ins().ushr_imm_s(t, constant)),
            Op::Dsra => self.one(rt, |b, t| b.ins().sshr_imm_s(t, constant)),
            Op::Dsllv => self.two(rt, rs, |b, t, s| b.ins().ishl(t, s)),
            Op::Dsrlv => self.two(rt, rs, |b, t, s| b.ins().ushr(t, s)),
            Op::Dsrav => self.two(rt, rs, |b, t, s| b.ins().sshr(t, s)),

            Op::Movz | Op::Movn => self.move_if(op, rs, rt, rd),
            Op::Sync => self.get(rs),
            Op::Mfhi => self.get(HI),
            Op::Mflo => self.get(LO),

            Op::Mul => self.two_words(rs, rt, |b, s, t| b.ins().imul(s, t)),
            Op::Addu => self.two_words(rs, rt, |b, s, t| b.ins().iadd(s, t)),
            Op::Subu => self.two_words(rs, rt, |b, s, t| b.ins().isub(s, t)),
            Op::Addiu if rs == 0 => self.builder.ins().iconst(I64, constant),
            Op::Addiu => self.one_word(rs, |b, s| b.ins().iadd_imm_s(s, constant)),
            Op::Daddu if rt == 0 => self.get(rs),
            Op::Daddu => self.two(rs, rt, |b, s, t| b.ins().iadd(s, t)),
            Op::Dsubu => self.two(rs, rt, |b, s, t| b.ins().isub(s, t)),
            Op::Daddiu if rs == 0 => self.builder.ins().iconst(I64, constant),
            Op::Daddiu => self.one(rs, |b, s| b.ins().iadd_imm_s(s, constant)),

            Op::Slt => self.compare(rs, rt, IntCC::SignedLessThan),
            Op::Sltu => self.compare(rs, rt, IntCC::UnsignedLessThan),
            Op::Slti => self.compare_to(rs, constant, IntCC::SignedLessThan),
            Op::Sltiu => self.compare_to(rs, constant, IntCC::UnsignedLessThan),

            Op::Clz => self.count_word(rs, false),
            Op::Clo => self.count_word(rs, true),
            Op::Dclz => self.one(rs, |b, s| b.ins().clz(s)),
            Op::Dclo => self.one(rs, |b, s| {
                let inverse = b.ins().bnot(s);
                b.ins().clz(inverse)
            }),

            Op::And => self.two(rs, rt, |b, s, t| b.ins().band(s, t)),
            Op::Or if rt == 0 => self.get(rs),
            Op::Or => self.two(rs, rt, |b, s, t| b.ins().bor(s, t)),
            Op::Xor => self.two(rs, rt, |b, s, t| b.ins().bxor(s, t)),
            Op::Nor => self.two(rs, rt, |b, s, t| {
                let or = b.ins().bor(s, t);
                b.ins().bnot(or)
            }),
            Op::Andi => self.one(rs, |b, s| b.ins().band_imm_s(s, constant)),
            Op::Ori if rs == 0 => self.builder.ins().iconst(I64, constant),
            Op::Ori => self.one(rs, |b, s| b.ins().bor_imm_s(s, constant)),
            Op::Xori => self.one(rs, |b, s| b.ins().bxor_imm_s(s, constant)),
            Op::Lui => self.builder.ins().iconst(I64, constant),
            // All others were seen to before.
            _ => return,
        };
        self.set(rd, value);
    }

    fn one(&mut self, a: u8, make: impl FnOnce(&mut Builder<'_>, Value) -> Value) -> Value {
        let a = self.get(a);
        make(&mut self.builder, a)
    }

    fn two(&mut self, a: u8, b: u8, make: impl FnOnce(&mut Builder<'_>, Value, Value) -> Value) -> Value {
        let (a, b) = (self.get(a), self.get(b));
        make(&mut self.builder, a, b)
    }

    /// As [`Self::one`], on the lower half, with the result's sign extended.
    fn one_word(&mut self, a: u8, make: impl FnOnce(&mut Builder<'_>, Value) -> Value) -> Value {
        let a = self.word(a);
        let word = make(&mut self.builder, a);
        self.builder.ins().sextend(I64, word)
    }

    fn two_words(
        &mut self,
        a: u8,
        b: u8,
        make: impl FnOnce(&mut Builder<'_>, Value, Value) -> Value,
    ) -> Value {
        let (a, b) = (self.word(a), self.word(b));
        let word = make(&mut self.builder, a, b);
        self.builder.ins().sextend(I64, word)
    }

    /// The lower half of a register.
    pub(super) fn word(&mut self, register: u8) -> Value {
        let value = self.get(register);
        self.builder.ins().ireduce(I32, value)
    }

    fn shift_word_by(&mut self, op: Op, register: u8, amount: i64) -> Value {
        self.one_word(register, |b, word| match op {
            Op::Sll => b.ins().ishl_imm_s(word, amount),
            Op::Srl => b.ins().ushr_imm_s(word, amount),
            _ => b.ins().sshr_imm_s(word, amount),
        })
    }

    /// Amounts are taken modulo the width, as the FPVM does.
    fn shift_word(&mut self, op: Op, amount: u8, register: u8) -> Value {
        self.two_words(register, amount, |b, word, amount| match op {
            Op::Sllv => b.ins().ishl(word, amount),
            Op::Srlv => b.ins().ushr(word, amount),
            _ => b.ins().sshr(word, amount),
        })
    }

    fn move_if(&mut self, op: Op, from: u8, condition: u8, to: u8) -> Value {
        let (from, to, condition) = (self.get(from), self.get(to), self.get(condition));
        if op == Op::Movz {
            self.builder.ins().select(condition, to, from)
        } else {
            self.builder.ins().select(condition, from, to)
        }
    }

    fn compare(&mut self, a: u8, b: u8, condition: IntCC) -> Value {
        let (a, b) = (self.get(a), self.get(b));
        let holds = self.builder.ins().icmp(condition, a, b);
        self.builder.ins().uextend(I64, holds)
    }

    fn compare_to(&mut self, a: u8, constant: i64, condition: IntCC) -> Value {
        let a = self.get(a);
        let holds = self.builder.ins().icmp_imm_s(condition, a, constant);
        self.builder.ins().uextend(I64, holds)
    }

    fn count_word(&mut self, register: u8, ones: bool) -> Value {
        let word = self.word(register);
        let word = if ones { self.builder.ins().bnot(word) } else { word };
        let count = self.builder.ins().clz(word);
        self.builder.ins().uextend(I64, count)
    }
}

type Builder<'a> = cranelift_frontend::FunctionBuilder<'a>;
