//! Multiplication and division, and moves to HI and LO. In the manual, these instructions have no destination register.
//! In Cannon they have one: they write 0 to the register that their field `rd` names. So each function that translates
//! one of them returns the constant 0, the value of that register.

use super::{ExitState, Translator};
use cranelift_codegen::ir::{
    InstBuilder, Value,
    condcodes::IntCC,
    types::{I32, I64, I128},
};
use tribunal_mips::{HI, LO};

impl Translator<'_> {
    /// `mthi` and `mtlo`: sets `register`, which is HI or LO.
    pub(super) fn move_to_hi_lo(&mut self, register: u8, from: u8) -> Value {
        let value = self.get(from);
        self.set(register, value);
        self.constant(0)
    }

    /// `mult` and `multu`.
    pub(super) fn multiply_words(&mut self, rs: u8, rt: u8, signed: bool) -> Value {
        let (s, t) = (self.get(rs), self.get(rt));
        let (s, t) = (self.extend_word(s, signed), self.extend_word(t, signed));
        let product = self.builder.ins().imul(s, t);
        let lo = self.extend_word(product, true);
        let hi = self.builder.ins().sshr_imm_s(product, 32);
        self.set_hi_lo(hi, lo)
    }

    /// `dmult` and `dmultu`.
    pub(super) fn multiply_doubles(&mut self, rs: u8, rt: u8, signed: bool) -> Value {
        let (s, t) = (self.get(rs), self.get(rt));
        let (s, t) = (self.extend_double(s, signed), self.extend_double(t, signed));
        let product = self.builder.ins().imul(s, t);
        let (lo, hi) = self.builder.ins().isplit(product);
        self.set_hi_lo(hi, lo)
    }

    /// A 64-bit value extended to 128 bits, by its sign or by zeros.
    fn extend_double(&mut self, value: Value, signed: bool) -> Value {
        if signed { self.builder.ins().sextend(I128, value) } else { self.builder.ins().uextend(I128, value) }
    }

    /// The lower 32 bits of a value extended to 64 bits, by their sign or by zeros.
    fn extend_word(&mut self, value: Value, signed: bool) -> Value {
        let word = self.builder.ins().ireduce(I32, value);
        if signed { self.builder.ins().sextend(I64, word) } else { self.builder.ins().uextend(I64, word) }
    }

    /// `div` and `divu`. The operands have 32 bits, so a 64-bit division cannot overflow.
    pub(super) fn divide_words(&mut self, rs: u8, rt: u8, signed: bool, exit: ExitState) -> Value {
        let (s, t) = (self.get(rs), self.get(rt));
        let (s, t) = (self.extend_word(s, signed), self.extend_word(t, signed));
        self.side_exit_if_zero(t, exit);
        let (hi, lo) = if signed {
            (self.builder.ins().srem(s, t), self.builder.ins().sdiv(s, t))
        } else {
            (self.builder.ins().urem(s, t), self.builder.ins().udiv(s, t))
        };
        let (hi, lo) = (self.extend_word(hi, true), self.extend_word(lo, true));
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

    /// Leaves a division by zero to the interpreter, which reports it.
    fn side_exit_if_zero(&mut self, divisor: Value, exit: ExitState) {
        let zero = self.builder.ins().icmp_imm_s(IntCC::Equal, divisor, 0);
        self.side_exit_if(zero, exit);
    }

    /// The remainder and the quotient of `s / t`. Cranelift's division traps if the quotient overflows, as -2^63 / -1
    /// does. So a division by -1 is done as a negation, which wraps around.
    fn signed_division(&mut self, s: Value, t: Value) -> (Value, Value) {
        let one = self.builder.ins().iconst(I64, 1);
        let negates = self.builder.ins().icmp_imm_s(IntCC::Equal, t, -1);
        let divisor = self.builder.ins().select(negates, one, t);
        let negated = self.builder.ins().ineg(s);
        let quotient = self.builder.ins().sdiv(s, divisor);
        (self.builder.ins().srem(s, divisor), self.builder.ins().select(negates, negated, quotient))
    }

    /// Sets HI and LO, and returns 0.
    fn set_hi_lo(&mut self, hi: Value, lo: Value) -> Value {
        self.set(HI, hi);
        self.set(LO, lo);
        self.constant(0)
    }
}
