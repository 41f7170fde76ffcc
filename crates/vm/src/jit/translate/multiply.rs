//! Multiplication and division, and moves to HI and LO. Each function returns the value for the instruction's
//! destination register, which is 0.

use super::{ExitState, Translator};
use cranelift_codegen::ir::{
    InstBuilder, Value,
    condcodes::IntCC,
    types::{I32, I64, I128},
};
use tribunal_mips::{HI, LO};

impl Translator<'_> {
    /// `mthi` and `mtlo`.
    pub(super) fn move_to(&mut self, register: u8, from: u8) -> Value {
        let value = self.get(from);
        self.set(register, value);
        self.constant(0)
    }

    /// `mult` and `multu`.
    pub(super) fn multiply_words(&mut self, rs: u8, rt: u8, signed: bool) -> Value {
        let (s, t) = (self.get(rs), self.get(rt));
        let (s, t) = (self.lower(s, signed), self.lower(t, signed));
        let product = self.builder.ins().imul(s, t);
        let lo = self.lower(product, true);
        let hi = self.builder.ins().sshr_imm_s(product, 32);
        self.set_hi_lo(hi, lo)
    }

    /// `dmult` and `dmultu`.
    pub(super) fn multiply_doubles(&mut self, rs: u8, rt: u8, signed: bool) -> Value {
        let (s, t) = (self.get(rs), self.get(rt));
        let (s, t) = (self.widen(s, signed), self.widen(t, signed));
        let product = self.builder.ins().imul(s, t);
        let (lo, hi) = self.builder.ins().isplit(product);
        self.set_hi_lo(hi, lo)
    }

    fn widen(&mut self, value: Value, signed: bool) -> Value {
        if signed { self.builder.ins().sextend(I128, value) } else { self.builder.ins().uextend(I128, value) }
    }

    /// The lower half, sign-extended or zero-extended.
    fn lower(&mut self, value: Value, signed: bool) -> Value {
        let half = self.builder.ins().ireduce(I32, value);
        if signed { self.builder.ins().sextend(I64, half) } else { self.builder.ins().uextend(I64, half) }
    }

    /// `div` and `divu`. In 64 bits every quotient fits.
    pub(super) fn divide_words(&mut self, rs: u8, rt: u8, signed: bool, exit: ExitState) -> Value {
        let (s, t) = (self.get(rs), self.get(rt));
        let (s, t) = (self.lower(s, signed), self.lower(t, signed));
        self.side_exit_if_zero(t, exit);
        let (hi, lo) = if signed {
            (self.builder.ins().srem(s, t), self.builder.ins().sdiv(s, t))
        } else {
            (self.builder.ins().urem(s, t), self.builder.ins().udiv(s, t))
        };
        let (hi, lo) = (self.lower(hi, true), self.lower(lo, true));
        self.set_hi_lo(hi, lo)
    }

    /// `ddiv` and `ddivu`.
    pub(super) fn divide_doubles(&mut self, rs: u8, rt: u8, signed: bool, exit: ExitState) -> Value {
        let (s, t) = (self.get(rs), self.get(rt));
        self.side_exit_if_zero(t, exit);
        let (hi, lo) = if signed {
            self.signed_division(s, t)
        } else {
            (self.builder.ins().urem(s, t), self.builder.ins().udiv(s, t))
        };
        self.set_hi_lo(hi, lo)
    }

    /// A division by zero is left to the interpreter, which reports it.
    fn side_exit_if_zero(&mut self, divisor: Value, exit: ExitState) {
        let zero = self.builder.ins().icmp_imm_s(IntCC::Equal, divisor, 0);
        self.side_exit_if(zero, exit);
    }

    /// Remainder and quotient. The one quotient that does not fit wraps around: a division by -1 is a negation.
    fn signed_division(&mut self, s: Value, t: Value) -> (Value, Value) {
        let one = self.builder.ins().iconst(I64, 1);
        let negates = self.builder.ins().icmp_imm_s(IntCC::Equal, t, -1);
        let divisor = self.builder.ins().select(negates, one, t);
        let negated = self.builder.ins().ineg(s);
        let quotient = self.builder.ins().sdiv(s, divisor);
        (self.builder.ins().srem(s, divisor), self.builder.ins().select(negates, negated, quotient))
    }

    fn set_hi_lo(&mut self, hi: Value, lo: Value) -> Value {
        self.set(HI, hi);
        self.set(LO, lo);
        self.constant(0)
    }
}
