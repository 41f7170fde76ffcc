//! Multiplication and division.

use super::{Resume, Translator};
use crate::{
    decode::{Instruction, Op},
    jit::registers::{HI, LO},
};
use cranelift_codegen::ir::{
    InstBuilder, Value,
    condcodes::IntCC,
    types::{I32, I64, I128},
};

impl Translator<'_> {
    /// What sets HI or LO, but for division. Each writes 0 to `rd`.
    pub(super) fn multiply(&mut self, instruction: Instruction) {
        let s = self.get(instruction.rs);
        match instruction.op {
            Op::Mthi => self.set(HI, s),
            Op::Mtlo => self.set(LO, s),
            op => {
                let t = self.get(instruction.rt);
                let (hi, lo) = self.product(op, s, t);
                self.set(HI, hi);
                self.set(LO, lo);
            }
        }
        self.set_zero(instruction.rd);
    }

    fn product(&mut self, op: Op, s: Value, t: Value) -> (Value, Value) {
        let signed = matches!(op, Op::Mult | Op::Dmult);
        if matches!(op, Op::Dmult | Op::Dmultu) {
            let (s, t) = (self.widen(s, signed), self.widen(t, signed));
            let product = self.builder.ins().imul(s, t);
            let (lo, hi) = self.builder.ins().isplit(product);
            return (hi, lo);
        }
        let s = self.lower(s, signed);
        let t = self.lower(t, signed);
        let product = self.builder.ins().imul(s, t);
        let lo = self.lower(product, true);
        let hi = self.builder.ins().sshr_imm_s(product, 32);
        (hi, lo)
    }

    fn widen(&mut self, value: Value, signed: bool) -> Value {
        if signed { self.builder.ins().sextend(I128, value) } else { self.builder.ins().uextend(I128, value) }
    }

    /// The lower half, extended.
    pub(super) fn lower(&mut self, value: Value, signed: bool) -> Value {
        let half = self.builder.ins().ireduce(I32, value);
        if signed { self.builder.ins().sextend(I64, half) } else { self.builder.ins().uextend(I64, half) }
    }

    /// Division; that by zero is the interpreter's to report.
    pub(super) fn divide(&mut self, instruction: Instruction, resume: Resume) {
        let (mut s, mut t) = (self.get(instruction.rs), self.get(instruction.rt));
        let signed = matches!(instruction.op, Op::Div | Op::Ddiv);
        let double = matches!(instruction.op, Op::Ddiv | Op::Ddivu);
        if !double {
            (s, t) = (self.lower(s, signed), self.lower(t, signed));
        }
        let zero = self.builder.ins().icmp_imm_s(IntCC::Equal, t, 0);
        self.leave_if(zero, resume);
        let (hi, lo) = match instruction.op {
            Op::Ddiv => self.signed_division(s, t),
            Op::Div => (self.builder.ins().srem(s, t), self.builder.ins().sdiv(s, t)),
            _ => (self.builder.ins().urem(s, t), self.builder.ins().udiv(s, t)),
        };
        let (hi, lo) = if double { (hi, lo) } else { (self.lower(hi, true), self.lower(lo, true)) };
        self.set(HI, hi);
        self.set(LO, lo);
        self.set_zero(instruction.rd);
    }

    /// Remainder and quotient, where the one quotient that does not fit wraps around: a division by -1 is a negation.
    fn signed_division(&mut self, s: Value, t: Value) -> (Value, Value) {
        let one = self.builder.ins().iconst(I64, 1);
        let negates = self.builder.ins().icmp_imm_s(IntCC::Equal, t, -1);
        let divisor = self.builder.ins().select(negates, one, t);
        let negated = self.builder.ins().ineg(s);
        let quotient = self.builder.ins().sdiv(s, divisor);
        (self.builder.ins().srem(s, divisor), self.builder.ins().select(negates, negated, quotient))
    }

    fn set_zero(&mut self, register: u8) {
        if register != 0 {
            let zero = self.builder.ins().iconst(I64, 0);
            self.set(register, zero);
        }
    }
}
