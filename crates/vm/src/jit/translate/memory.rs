//! Loads and stores.
//!
//! A load needs no test: a segment without pages reads as zero. If the memory has sparse segments, a load tests for
//! them. A store tests the flags of its page. Where a test fails, the interpreter executes the instruction.

use super::{ExitState, Translator, flags};
use crate::{
    jit::context,
    memory::{Entry, PAGE_SHIFT, SEGMENT_SHIFT, SEGMENTS, WRITABLE},
};
use cranelift_codegen::ir::{
    InstBuilder, Value,
    condcodes::IntCC,
    types::{I32, I64},
};
use std::mem::offset_of;
use tribunal_mips::{Instruction, Side, Width};

/// The address of an access.
#[derive(Clone, Copy)]
struct Place {
    /// The lower half of the guest address.
    low: Value,
    /// The host address of the segment's entry.
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

    /// As [`Self::place`], of a load.
    fn source(&mut self, instruction: Instruction, exit: ExitState) -> Place {
        let place = self.place(instruction);
        if self.sparse {
            let words = self.words(place.entry);
            let sparse = self.builder.ins().icmp_imm_s(IntCC::Equal, words, 0);
            self.side_exit_if(sparse, exit);
        }
        place
    }

    /// The host address of the segment table's entry for a guest address.
    pub(super) fn entry(&mut self, address: Value) -> Value {
        let segment = self.builder.ins().ushr_imm_s(address, i64::from(SEGMENT_SHIFT));
        let last = self.builder.ins().iconst(I64, SEGMENTS as i64 - 1);
        let segment = self.builder.ins().umin(segment, last);
        const { assert!(size_of::<Entry>() == 16) };
        let offset = self.builder.ins().ishl_imm_s(segment, 4);
        self.builder.ins().iadd(self.segments, offset)
    }

    /// The host address of the piece of that width at a place. Words are in host order, so the offset of a piece in its
    /// word is counted from the other end.
    fn host(&mut self, place: Place, width: Width) -> Value {
        let bytes = i64::from(width.bytes());
        let rounded = match width {
            Width::Byte => place.low,
            Width::Half | Width::Word | Width::Double => self.builder.ins().band_imm_s(place.low, -bytes),
        };
        let turned = match width {
            Width::Double => rounded,
            Width::Byte | Width::Half | Width::Word => self.builder.ins().bxor_imm_s(rounded, 8 - bytes),
        };
        let offset = self.builder.ins().uextend(I64, turned);
        let words = self.words(place.entry);
        self.builder.ins().iadd(words, offset)
    }

    /// The host address of a segment's words, 0 if the segment is sparse.
    pub(super) fn words(&mut self, entry: Value) -> Value {
        self.builder.ins().load(I64, flags(), entry, offset_of!(Entry, words) as i32)
    }

    pub(super) fn load(
        &mut self,
        instruction: Instruction,
        width: Width,
        signed: bool,
        exit: ExitState,
    ) -> Value {
        let place = self.source(instruction, exit);
        let host = self.host(place, width);
        self.load_piece(width, signed, host, 0)
    }

    /// Loads a piece, extended.
    pub(super) fn load_piece(&mut self, width: Width, signed: bool, host: Value, offset: i32) -> Value {
        let ins = self.builder.ins();
        match (width, signed) {
            (Width::Byte, true) => ins.sload8(I64, flags(), host, offset),
            (Width::Byte, false) => ins.uload8(I64, flags(), host, offset),
            (Width::Half, true) => ins.sload16(I64, flags(), host, offset),
            (Width::Half, false) => ins.uload16(I64, flags(), host, offset),
            (Width::Word, true) => ins.sload32(flags(), host, offset),
            (Width::Word, false) => ins.uload32(flags(), host, offset),
            (Width::Double, _) => ins.load(I64, flags(), host, offset),
        }
    }

    /// The bit offset of a place inside its aligned piece.
    fn bits(&mut self, place: Place, width: Width) -> Value {
        let inside = self.builder.ins().band_imm_s(place.low, i64::from(width.bytes()) - 1);
        self.builder.ins().ishl_imm_s(inside, 3)
    }

    /// As [`Self::bits`], but counted back from the last byte of the piece.
    fn bits_from_end(&mut self, place: Place, width: Width) -> Value {
        let bits = self.bits(place, width);
        let last = self.builder.ins().iconst(I32, i64::from(width.bits()) - 8);
        self.builder.ins().isub(last, bits)
    }

    /// `lwl` and `lwr`.
    pub(super) fn load_word_part(&mut self, instruction: Instruction, side: Side, exit: ExitState) -> Value {
        let place = self.source(instruction, exit);
        let host = self.host(place, Width::Word);
        let word = self.builder.ins().load(I32, flags(), host, 0);
        let register = self.get(instruction.rt);
        let before = self.builder.ins().ireduce(I32, register);
        let ones = self.builder.ins().iconst(I32, -1);
        let shift = match side {
            Side::Left => self.bits(place, Width::Word),
            Side::Right => self.bits_from_end(place, Width::Word),
        };
        let (mask, loaded) = match side {
            Side::Left => (self.builder.ins().ishl(ones, shift), self.builder.ins().ishl(word, shift)),
            Side::Right => (self.builder.ins().ushr(ones, shift), self.builder.ins().ushr(word, shift)),
        };
        let kept = self.builder.ins().band_not(before, mask);
        let merged = self.builder.ins().bor(kept, loaded);
        let whole = self.builder.ins().sextend(I64, merged);
        match side {
            Side::Left => whole,
            Side::Right => {
                let lower = self.builder.ins().uextend(I64, merged);
                let upper = self.builder.ins().band_imm_s(register, !0xffff_ffff);
                let partial = self.builder.ins().bor(upper, lower);
                self.builder.ins().select(shift, partial, whole)
            }
        }
    }

    /// `ldl` and `ldr`.
    pub(super) fn load_double_part(
        &mut self,
        instruction: Instruction,
        side: Side,
        exit: ExitState,
    ) -> Value {
        let place = self.source(instruction, exit);
        let host = self.host(place, Width::Double);
        let word = self.builder.ins().load(I64, flags(), host, 0);
        let before = self.get(instruction.rt);
        let ones = self.builder.ins().iconst(I64, -1);
        let (mask, loaded) = match side {
            Side::Left => {
                let shift = self.bits(place, Width::Double);
                (self.builder.ins().ishl(ones, shift), self.builder.ins().ishl(word, shift))
            }
            Side::Right => {
                let shift = self.bits_from_end(place, Width::Double);
                (self.builder.ins().ushr(ones, shift), self.builder.ins().ushr(word, shift))
            }
        };
        let kept = self.builder.ins().band_not(before, mask);
        self.builder.ins().bor(kept, loaded)
    }

    pub(super) fn store(&mut self, instruction: Instruction, width: Width, exit: ExitState) {
        let place = self.target(instruction, exit);
        let host = self.host(place, width);
        let value = self.get(instruction.rt);
        self.store_piece(host, 0, value, width);
        self.stored = true;
    }

    /// `swl`, `swr`, `sdl` and `sdr`.
    pub(super) fn store_part(&mut self, instruction: Instruction, width: Width, side: Side, exit: ExitState) {
        let place = self.target(instruction, exit);
        let host = self.host(place, width);
        let value = self.merge_store(instruction, place, host, width, side);
        self.store_piece(host, 0, value, width);
        self.stored = true;
    }

    /// As [`Self::place`], of a store.
    fn target(&mut self, instruction: Instruction, exit: ExitState) -> Place {
        let place = self.place(instruction);
        let unwritable = self.unwritable_page(place.entry, place.low);
        self.side_exit_if(unwritable, exit);
        place
    }

    /// Zero only if the flags of a page are [`WRITABLE`]. `low` is the lower half of an address in it.
    pub(super) fn unwritable_page(&mut self, entry: Value, low: Value) -> Value {
        let page = self.builder.ins().ushr_imm_s(low, i64::from(PAGE_SHIFT));
        let page = self.builder.ins().uextend(I64, page);
        let all = self.builder.ins().load(I64, flags(), entry, offset_of!(Entry, flags) as i32);
        let place = self.builder.ins().iadd(all, page);
        let found = self.builder.ins().uload8(I64, flags(), place, 0);
        self.builder.ins().bxor_imm_s(found, i64::from(WRITABLE))
    }

    /// Stores the lowest bytes of a value.
    pub(super) fn store_piece(&mut self, host: Value, offset: i32, value: Value, width: Width) {
        let ins = self.builder.ins();
        match width {
            Width::Byte => ins.istore8(flags(), value, host, offset),
            Width::Half => ins.istore16(flags(), value, host, offset),
            Width::Word => ins.istore32(flags(), value, host, offset),
            Width::Double => ins.store(flags(), value, host, offset),
        };
    }

    /// The piece in memory, with the bytes replaced that a partial store writes.
    fn merge_store(
        &mut self,
        instruction: Instruction,
        place: Place,
        host: Value,
        width: Width,
        side: Side,
    ) -> Value {
        let is_word = width == Width::Word;
        let piece = if is_word { I32 } else { I64 };
        let before = self.builder.ins().load(piece, flags(), host, 0);
        let register = self.get(instruction.rt);
        let register = if is_word { self.builder.ins().ireduce(I32, register) } else { register };
        let ones = self.builder.ins().iconst(piece, -1);
        let (mask, value) = match side {
            Side::Left => {
                let shift = self.bits(place, width);
                (self.builder.ins().ushr(ones, shift), self.builder.ins().ushr(register, shift))
            }
            Side::Right => {
                let shift = self.bits_from_end(place, width);
                (self.builder.ins().ishl(ones, shift), self.builder.ins().ishl(register, shift))
            }
        };
        let kept = self.builder.ins().band_not(before, mask);
        let merged = self.builder.ins().bor(kept, value);
        if is_word { self.builder.ins().uextend(I64, merged) } else { merged }
    }

    pub(super) fn load_linked(&mut self, instruction: Instruction, width: Width, exit: ExitState) -> Value {
        let base = self.get(instruction.rs);
        let address = self.plus(base, i64::from(instruction.imm));
        let helper = self.builder.ins().iconst(I64, context::load_linked as *const () as usize as i64);
        let width = self.constant(width.bytes().into());
        let left = self.budget_after(exit.made);
        let arguments = [self.context, address, width, left];
        let call = self.builder.ins().call_indirect(self.signatures.load_linked, helper, &arguments);
        self.builder.inst_results(call)[0]
    }

    pub(super) fn store_conditional(
        &mut self,
        instruction: Instruction,
        width: Width,
        exit: ExitState,
    ) -> Value {
        let base = self.get(instruction.rs);
        let address = self.plus(base, i64::from(instruction.imm));
        let value = self.get(instruction.rt);
        let helper = self.builder.ins().iconst(I64, context::store_conditional as *const () as usize as i64);
        let width = self.constant(width.bytes().into());
        let left = self.budget_after(exit.made);
        let arguments = [self.context, address, value, width, left];
        let call = self.builder.ins().call_indirect(self.signatures.store_conditional, helper, &arguments);
        let stored = self.builder.inst_results(call)[0];
        let refused = self.builder.ins().icmp_imm_s(IntCC::Equal, stored, context::REFUSED as i64);
        self.side_exit_if(refused, exit);
        self.stored = true;
        stored
    }
}
