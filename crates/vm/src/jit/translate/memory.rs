//! Loads and stores that are not in a group.
//!
//! If the memory has sparse segments, a load tests whether its segment is sparse. Otherwise, a load needs no test,
//! because a segment without pages reads as zero. A store tests the flags of its page. If the segment is sparse or the
//! page is not writable, the interpreter executes the instruction.

use super::{ExitState, Translator, flags};
use crate::{
    jit::context,
    memory::{PAGE_SHIFT, SEGMENT_SHIFT, SEGMENTS, SegmentEntry, WRITABLE},
};
use cranelift_codegen::ir::{
    InstBuilder, Value,
    condcodes::IntCC,
    types::{I32, I64},
};
use std::mem::offset_of;
use tribunal_mips::{Instruction, Side, Width};

/// Where an access goes.
#[derive(Clone, Copy)]
struct Location {
    /// The lower 32 bits of the guest address, which are its offset in the segment.
    low: Value,
    /// The host address of the segment's entry in the segment table.
    entry: Value,
}

impl Translator<'_> {
    /// The guest address that an instruction accesses.
    fn address(&mut self, instruction: Instruction) -> Value {
        let base = self.get(instruction.rs);
        self.plus(base, i64::from(instruction.imm))
    }

    fn location(&mut self, instruction: Instruction) -> Location {
        let address = self.address(instruction);
        let low = self.builder.ins().ireduce(I32, address);
        let entry = self.segment_entry(address);
        Location { low, entry }
    }

    /// The location that a load reads. If its segment is sparse, a side exit is taken.
    fn load_location(&mut self, instruction: Instruction, exit: ExitState) -> Location {
        let location = self.location(instruction);
        if self.sparse {
            let words = self.segment_words(location.entry);
            let sparse = self.builder.ins().icmp_imm_s(IntCC::Equal, words, 0);
            self.side_exit_if(sparse, exit);
        }
        location
    }

    /// The location that a store writes. If its page is not [`WRITABLE`], a side exit is taken.
    fn store_location(&mut self, instruction: Instruction, exit: ExitState) -> Location {
        let location = self.location(instruction);
        let unwritable = self.unwritable_page(location.entry, location.low);
        self.side_exit_if(unwritable, exit);
        location
    }

    /// The host address of the segment table's entry for a guest address. All addresses from 2^48 up share the last
    /// entry.
    pub(super) fn segment_entry(&mut self, address: Value) -> Value {
        let segment = self.builder.ins().ushr_imm_s(address, i64::from(SEGMENT_SHIFT));
        let last = self.builder.ins().iconst(I64, SEGMENTS as i64 - 1);
        let segment = self.builder.ins().umin(segment, last);
        // An entry has 2^4 bytes.
        const { assert!(size_of::<SegmentEntry>() == 1 << 4) };
        let offset = self.builder.ins().ishl_imm_s(segment, 4);
        self.builder.ins().iadd(self.segment_table, offset)
    }

    /// The host address of the *piece* around a location: the `width` bytes at the guest address rounded down to a
    /// multiple of `width`. The host stores the bytes of each 8-byte word in reverse, so the offset of a piece in its
    /// word counts from the other end.
    fn host_address(&mut self, location: Location, width: Width) -> Value {
        let bytes = i64::from(width.bytes());
        let rounded = match width {
            Width::Byte => location.low,
            Width::Half | Width::Word | Width::Double => self.builder.ins().band_imm_s(location.low, -bytes),
        };
        let reversed = match width {
            Width::Double => rounded,
            Width::Byte | Width::Half | Width::Word => self.builder.ins().bxor_imm_s(rounded, 8 - bytes),
        };
        let offset = self.builder.ins().uextend(I64, reversed);
        let words = self.segment_words(location.entry);
        self.builder.ins().iadd(words, offset)
    }

    /// The host address of a segment's first word. It is 0 if the segment is sparse.
    pub(super) fn segment_words(&mut self, entry: Value) -> Value {
        self.builder.ins().load(I64, flags(), entry, offset_of!(SegmentEntry, words) as i32)
    }

    pub(super) fn load(
        &mut self,
        instruction: Instruction,
        width: Width,
        signed: bool,
        exit: ExitState,
    ) -> Value {
        let location = self.load_location(instruction, exit);
        let host = self.host_address(location, width);
        self.load_piece(width, signed, host, 0)
    }

    /// Loads `width` bytes at `host` plus `offset`, and extends them by their sign or by zeros.
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

    /// The distance in bits of a location from the first byte of the piece around it.
    fn bits_from_first(&mut self, location: Location, width: Width) -> Value {
        let bytes = self.builder.ins().band_imm_s(location.low, i64::from(width.bytes()) - 1);
        self.builder.ins().ishl_imm_s(bytes, 3)
    }

    /// The distance in bits of a location from the last byte of the piece around it.
    fn bits_from_last(&mut self, location: Location, width: Width) -> Value {
        let bits = self.bits_from_first(location, width);
        let last = self.builder.ins().iconst(I32, i64::from(width.bits()) - 8);
        self.builder.ins().isub(last, bits)
    }

    /// `lwl` and `lwr`. `lwl` always sign-extends the merged word. `lwr` does so if it loads all four bytes. Otherwise,
    /// it keeps the upper half of the register.
    pub(super) fn load_word_part(&mut self, instruction: Instruction, side: Side, exit: ExitState) -> Value {
        let location = self.load_location(instruction, exit);
        let host = self.host_address(location, Width::Word);
        let word = self.builder.ins().load(I32, flags(), host, 0);
        let register = self.get(instruction.rt);
        let before = self.builder.ins().ireduce(I32, register);
        let ones = self.builder.ins().iconst(I32, -1);
        let shift = match side {
            Side::Left => self.bits_from_first(location, Width::Word),
            Side::Right => self.bits_from_last(location, Width::Word),
        };
        let (mask, loaded) = match side {
            Side::Left => (self.builder.ins().ishl(ones, shift), self.builder.ins().ishl(word, shift)),
            Side::Right => (self.builder.ins().ushr(ones, shift), self.builder.ins().ushr(word, shift)),
        };
        let kept = self.builder.ins().band_not(before, mask);
        let merged = self.builder.ins().bor(kept, loaded);
        let extended = self.builder.ins().sextend(I64, merged);
        match side {
            Side::Left => extended,
            Side::Right => {
                let lower = self.builder.ins().uextend(I64, merged);
                let upper = self.builder.ins().band_imm_s(register, !0xffff_ffff);
                let upper_kept = self.builder.ins().bor(upper, lower);
                self.builder.ins().select(shift, upper_kept, extended)
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
        let location = self.load_location(instruction, exit);
        let host = self.host_address(location, Width::Double);
        let word = self.builder.ins().load(I64, flags(), host, 0);
        let before = self.get(instruction.rt);
        let ones = self.builder.ins().iconst(I64, -1);
        let (mask, loaded) = match side {
            Side::Left => {
                let shift = self.bits_from_first(location, Width::Double);
                (self.builder.ins().ishl(ones, shift), self.builder.ins().ishl(word, shift))
            }
            Side::Right => {
                let shift = self.bits_from_last(location, Width::Double);
                (self.builder.ins().ushr(ones, shift), self.builder.ins().ushr(word, shift))
            }
        };
        let kept = self.builder.ins().band_not(before, mask);
        self.builder.ins().bor(kept, loaded)
    }

    pub(super) fn store(&mut self, instruction: Instruction, width: Width, exit: ExitState) {
        let location = self.store_location(instruction, exit);
        let host = self.host_address(location, width);
        let value = self.get(instruction.rt);
        self.store_piece(host, 0, value, width);
        self.stored = true;
    }

    /// `swl`, `swr`, `sdl` and `sdr`.
    pub(super) fn store_part(&mut self, instruction: Instruction, width: Width, side: Side, exit: ExitState) {
        let location = self.store_location(instruction, exit);
        let host = self.host_address(location, width);
        let value = self.merge_store(instruction, location, host, width, side);
        self.store_piece(host, 0, value, width);
        self.stored = true;
    }

    /// A value that is zero only if the flags of a page are [`WRITABLE`]. `entry` is the entry of its segment, and
    /// `low` is the lower 32 bits of an address in the page.
    pub(super) fn unwritable_page(&mut self, entry: Value, low: Value) -> Value {
        let page = self.builder.ins().ushr_imm_s(low, i64::from(PAGE_SHIFT));
        let page = self.builder.ins().uextend(I64, page);
        let all_flags = self.builder.ins().load(I64, flags(), entry, offset_of!(SegmentEntry, flags) as i32);
        let host = self.builder.ins().iadd(all_flags, page);
        let page_flags = self.builder.ins().uload8(I64, flags(), host, 0);
        self.builder.ins().bxor_imm_s(page_flags, i64::from(WRITABLE))
    }

    /// Stores the lowest `width` bytes of a value.
    pub(super) fn store_piece(&mut self, host: Value, offset: i32, value: Value, width: Width) {
        let ins = self.builder.ins();
        match width {
            Width::Byte => ins.istore8(flags(), value, host, offset),
            Width::Half => ins.istore16(flags(), value, host, offset),
            Width::Word => ins.istore32(flags(), value, host, offset),
            Width::Double => ins.store(flags(), value, host, offset),
        };
    }

    /// The new value of the piece at `host`: a partial store replaces some of its bytes, and keeps the others.
    fn merge_store(
        &mut self,
        instruction: Instruction,
        location: Location,
        host: Value,
        width: Width,
        side: Side,
    ) -> Value {
        let is_word = width == Width::Word;
        let piece_type = if is_word { I32 } else { I64 };
        let before = self.builder.ins().load(piece_type, flags(), host, 0);
        let register = self.get(instruction.rt);
        let register = if is_word { self.builder.ins().ireduce(I32, register) } else { register };
        let ones = self.builder.ins().iconst(piece_type, -1);
        let (mask, value) = match side {
            Side::Left => {
                let shift = self.bits_from_first(location, width);
                (self.builder.ins().ushr(ones, shift), self.builder.ins().ushr(register, shift))
            }
            Side::Right => {
                let shift = self.bits_from_last(location, width);
                (self.builder.ins().ishl(ones, shift), self.builder.ins().ishl(register, shift))
            }
        };
        let kept = self.builder.ins().band_not(before, mask);
        let merged = self.builder.ins().bor(kept, value);
        if is_word { self.builder.ins().uextend(I64, merged) } else { merged }
    }

    /// `ll` and `lld`: calls [`context::load_linked`].
    pub(super) fn load_linked(&mut self, instruction: Instruction, width: Width, exit: ExitState) -> Value {
        let address = self.address(instruction);
        let helper = self.builder.ins().iconst(I64, context::load_linked as *const () as usize as i64);
        let width = self.constant(width.bytes().into());
        let budget_left = self.budget_after(exit.steps_before_instruction);
        let arguments = [self.context, address, width, budget_left];
        let call = self.builder.ins().call_indirect(self.signatures.load_linked, helper, &arguments);
        self.builder.inst_results(call)[0]
    }

    /// `sc` and `scd`: calls [`context::store_conditional`].
    pub(super) fn store_conditional(
        &mut self,
        instruction: Instruction,
        width: Width,
        exit: ExitState,
    ) -> Value {
        let address = self.address(instruction);
        let value = self.get(instruction.rt);
        let helper = self.builder.ins().iconst(I64, context::store_conditional as *const () as usize as i64);
        let width = self.constant(width.bytes().into());
        let budget_left = self.budget_after(exit.steps_before_instruction);
        let arguments = [self.context, address, value, width, budget_left];
        let call = self.builder.ins().call_indirect(self.signatures.store_conditional, helper, &arguments);
        let stored = self.builder.inst_results(call)[0];
        let refused = self.builder.ins().icmp_imm_s(IntCC::Equal, stored, context::REFUSED as i64);
        self.side_exit_if(refused, exit);
        self.stored = true;
        stored
    }
}
