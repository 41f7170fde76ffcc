//! Loads and stores.
//!
//! A load needs no test: what no page covers reads as zero. A store looks at the mark of its page; where that does not say
//! that it may go ahead, the interpreter makes the store.

use super::{Resume, Translator, flags};
use crate::{
    decode::{Instruction, Op},
    jit::context,
    memory::{Entry, PAGE_SHIFT, SEGMENT_SHIFT, SEGMENTS, WRITABLE},
};
use cranelift_codegen::ir::{
    InstBuilder, Value,
    condcodes::IntCC,
    types::{I32, I64},
};
use std::mem::offset_of;

/// Where an access goes.
#[derive(Clone, Copy)]
struct Place {
    /// The lower half of the guest's address.
    low: Value,
    /// The host's address of the segment's entry.
    entry: Value,
}

impl Translator<'_> {
    fn place(&mut self, instruction: Instruction) -> Place {
        let base = self.get(instruction.rs);
        let address = self.plus(base, i64::from(instruction.imm));
        let low = self.builder.ins().ireduce(I32, address);
        let entry = self.entry(address);
        Place { low, entry }
    }

    /// The host's address of an address's segment's entry.
    pub(super) fn entry(&mut self, address: Value) -> Value {
        let segment = self.builder.ins().ushr_imm_s(address, i64::from(SEGMENT_SHIFT));
        let last = self.builder.ins().iconst(I64, SEGMENTS as i64 - 1);
        let segment = self.builder.ins().umin(segment, last);
        const { assert!(size_of::<Entry>() == 16) };
        let offset = self.builder.ins().ishl_imm_s(segment, 4);
        self.builder.ins().iadd(self.segments, offset)
    }

    /// The host's address of the piece of `width` bytes at a place. Words are in host order: a piece lies at its place
    /// seen from the other end.
    fn host(&mut self, place: Place, width: u8) -> Value {
        let rounded = match width {
            1 => place.low,
            _ => self.builder.ins().band_imm_s(place.low, -i64::from(width)),
        };
        let turned = match width {
            8 => rounded,
            _ => self.builder.ins().bxor_imm_s(rounded, i64::from(8 - width)),
        };
        let offset = self.builder.ins().uextend(I64, turned);
        let words = self.builder.ins().load(I64, flags(), place.entry, offset_of!(Entry, words) as i32);
        self.builder.ins().iadd(words, offset)
    }

    pub(super) fn load(&mut self, instruction: Instruction) {
        // A load into register 0 does nothing: there is no load that fails.
        if instruction.rd == 0 {
            return;
        }
        let place = self.place(instruction);
        let value = match instruction.op {
            Op::Lwl | Op::Lwr => {
                let host = self.host(place, 4);
                let word = self.builder.ins().load(I32, flags(), host, 0);
                self.merge_word(instruction, place, word)
            }
            Op::Ldl | Op::Ldr => {
                let host = self.host(place, 8);
                let word = self.builder.ins().load(I64, flags(), host, 0);
                self.merge_double(instruction, place, word)
            }
            op => {
                let host = self.host(place, width(op));
                self.load_piece(op, host, 0)
            }
        };
        self.set(instruction.rd, value);
    }

    /// Eight times the place inside a piece of `width` bytes.
    fn bits(&mut self, place: Place, width: u8) -> Value {
        let inside = self.builder.ins().band_imm_s(place.low, i64::from(width) - 1);
        self.builder.ins().ishl_imm_s(inside, 3)
    }

    /// As [`Self::bits`], counted from the last place.
    fn bits_from_end(&mut self, place: Place, width: u8) -> Value {
        let bits = self.bits(place, width);
        let last = self.builder.ins().iconst(I32, 8 * i64::from(width) - 8);
        self.builder.ins().isub(last, bits)
    }

    /// `lwl` and `lwr`.
    fn merge_word(&mut self, instruction: Instruction, place: Place, word: Value) -> Value {
        let register = self.get(instruction.rt);
        let before = self.builder.ins().ireduce(I32, register);
        let ones = self.builder.ins().iconst(I32, -1);
        if instruction.op == Op::Lwl {
            let shift = self.bits(place, 4);
            let mask = self.builder.ins().ishl(ones, shift);
            let kept = self.builder.ins().band_not(before, mask);
            let loaded = self.builder.ins().ishl(word, shift);
            let merged = self.builder.ins().bor(kept, loaded);
            return self.builder.ins().sextend(I64, merged);
        }
        let shift = self.bits_from_end(place, 4);
        let mask = self.builder.ins().ushr(ones, shift);
        let kept = self.builder.ins().band_not(before, mask);
        let loaded = self.builder.ins().ushr(word, shift);
        let merged = self.builder.ins().bor(kept, loaded);
        let whole = self.builder.ins().sextend(I64, merged);
        let lower = self.builder.ins().uextend(I64, merged);
        let upper = self.builder.ins().band_imm_s(register, !0xffff_ffff);
        let partial = self.builder.ins().bor(upper, lower);
        self.builder.ins().select(shift, partial, whole)
    }

    /// `ldl` and `ldr`.
    fn merge_double(&mut self, instruction: Instruction, place: Place, word: Value) -> Value {
        let before = self.get(instruction.rt);
        let ones = self.builder.ins().iconst(I64, -1);
        let (mask, loaded) = if instruction.op == Op::Ldl {
            let shift = self.bits(place, 8);
            (self.builder.ins().ishl(ones, shift), self.builder.ins().ishl(word, shift))
        } else {
            let shift = self.bits_from_end(place, 8);
            (self.builder.ins().ushr(ones, shift), self.builder.ins().ushr(word, shift))
        };
        let kept = self.builder.ins().band_not(before, mask);
        self.builder.ins().bor(kept, loaded)
    }

    pub(super) fn store(&mut self, instruction: Instruction, resume: Resume) {
        let place = self.place(instruction);
        let width = width(instruction.op);
        let host = self.host(place, width);
        let value = match instruction.op {
            Op::Swl | Op::Swr | Op::Sdl | Op::Sdr => self.merge_store(instruction, place, host, width),
            _ => self.get(instruction.rt),
        };
        let unwritable = self.unwritable_page(place.entry, place.low);
        self.leave_if(unwritable, resume);
        self.store_piece(host, 0, value, width);
        self.stored = true;
    }

    /// Not zero if the mark of the page in a segment that `low`, the lower half of an address, lies in says that it may not
    /// be stored to without asking.
    pub(super) fn unwritable_page(&mut self, entry: Value, low: Value) -> Value {
        let page = self.builder.ins().ushr_imm_s(low, i64::from(PAGE_SHIFT));
        let page = self.builder.ins().uextend(I64, page);
        let marks = self.builder.ins().load(I64, flags(), entry, offset_of!(Entry, marks) as i32);
        let mark = self.builder.ins().iadd(marks, page);
        let mark = self.builder.ins().uload8(I64, flags(), mark, 0);
        self.builder.ins().bxor_imm_s(mark, i64::from(WRITABLE))
    }

    /// Stores the last `width` bytes of a value.
    pub(super) fn store_piece(&mut self, host: Value, offset: i32, value: Value, width: u8) {
        let ins = self.builder.ins();
        match width {
            1 => ins.istore8(flags(), value, host, offset),
            2 => ins.istore16(flags(), value, host, offset),
            4 => ins.istore32(flags(), value, host, offset),
            _ => ins.store(flags(), value, host, offset),
        };
    }

    /// Loads as `op` does.
    pub(super) fn load_piece(&mut self, op: Op, host: Value, offset: i32) -> Value {
        let ins = self.builder.ins();
        match op {
            Op::Lb => ins.sload8(I64, flags(), host, offset),
            Op::Lbu => ins.uload8(I64, flags(), host, offset),
            Op::Lh => ins.sload16(I64, flags(), host, offset),
            Op::Lhu => ins.uload16(I64, flags(), host, offset),
            Op::Lw => ins.sload32(flags(), host, offset),
            Op::Lwu => ins.uload32(flags(), host, offset),
            _ => ins.load(I64, flags(), host, offset),
        }
    }

    /// What the partial stores make of the piece that is there.
    fn merge_store(&mut self, instruction: Instruction, place: Place, host: Value, width: u8) -> Value {
        let piece = if width == 4 { I32 } else { I64 };
        let before = self.builder.ins().load(piece, flags(), host, 0);
        let register = self.get(instruction.rt);
        let register = if width == 4 { self.builder.ins().ireduce(I32, register) } else { register };
        let ones = self.builder.ins().iconst(piece, -1);
        let (mask, value) = if matches!(instruction.op, Op::Swl | Op::Sdl) {
            let shift = self.bits(place, width);
            (self.builder.ins().ushr(ones, shift), self.builder.ins().ushr(register, shift))
        } else {
            let shift = self.bits_from_end(place, width);
            (self.builder.ins().ishl(ones, shift), self.builder.ins().ishl(register, shift))
        };
        let kept = self.builder.ins().band_not(before, mask);
        let merged = self.builder.ins().bor(kept, value);
        if width == 4 { self.builder.ins().uextend(I64, merged) } else { merged }
    }

    pub(super) fn load_linked(&mut self, instruction: Instruction) {
        let base = self.get(instruction.rs);
        let address = self.plus(base, i64::from(instruction.imm));
        let helper = self.builder.ins().iconst(I64, context::load_linked as *const () as usize as i64);
        let width = self.builder.ins().iconst(I64, i64::from(width(instruction.op)));
        let arguments = [self.context, address, width];
        let call = self.builder.ins().call_indirect(self.signatures.helper3, helper, &arguments);
        let value = self.builder.inst_results(call)[0];
        self.set(instruction.rd, value);
    }

    pub(super) fn store_conditional(&mut self, instruction: Instruction, resume: Resume) {
        let base = self.get(instruction.rs);
        let address = self.plus(base, i64::from(instruction.imm));
        let value = self.get(instruction.rt);
        let helper = self.builder.ins().iconst(I64, context::store_conditional as *const () as usize as i64);
        let width = self.builder.ins().iconst(I64, i64::from(width(instruction.op)));
        let arguments = [self.context, address, value, width];
        let call = self.builder.ins().call_indirect(self.signatures.helper4, helper, &arguments);
        let stored = self.builder.inst_results(call)[0];
        let refused = self.builder.ins().icmp_imm_s(IntCC::Equal, stored, context::REFUSED as i64);
        self.leave_if(refused, resume);
        self.stored = true;
        self.set(instruction.rd, stored);
    }
}

/// The bytes that an operation loads or stores, or the piece that it merges into.
pub(super) const fn width(op: Op) -> u8 {
    match op {
        Op::Lb | Op::Lbu | Op::Sb => 1,
        Op::Lh | Op::Lhu | Op::Sh => 2,
        Op::Lw | Op::Lwu | Op::Sw | Op::Lwl | Op::Lwr | Op::Swl | Op::Swr | Op::Ll | Op::Sc => 4,
        _ => 8,
    }
}
