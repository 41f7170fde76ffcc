//! Loads and stores that go by one pointer. What they have in common is done at the first of them: the stretch that they
//! span is tested to lie in one segment and to be aligned as it ought to be, and the first store of them asks for leave to
//! store to all of it. Where a test fails, which no sane program makes it, the interpreter takes over.

use super::{Resume, Translator, flags, memory::width};
use crate::{
    decode::Instruction,
    jit::{
        context,
        groups::{Access, Group},
    },
    memory::{Entry, SEGMENT_SHIFT, WRITABLE},
};
use cranelift_codegen::ir::{
    InstBuilder, Value,
    types::{I32, I64},
};
use std::mem::offset_of;

/// A group's pointer, seen to.
#[derive(Clone, Copy)]
pub(super) struct Pointer {
    /// The guest's address where the group begins.
    start: Value,
    /// The host's address of the entry of its segment.
    entry: Value,
    host: Host,
    /// Where leave to store has been had, relative to the pointer.
    stores: Option<(i64, i64)>,
}

impl Pointer {
    fn may_store(&self, group: Group) -> bool {
        match (self.stores, group.stores) {
            (Some((from, to)), Some((low, high))) => from <= low && high <= to,
            _ => false,
        }
    }
}

/// How the host's addresses are had from offsets. Words are in host order, so that pieces lie in them at their places
/// seen from the other end.
#[derive(Clone, Copy)]
enum Host {
    /// The group begins at a word: here.
    Word(Value),
    /// It begins at the half of a word: the halves at even multiples of 4 bytes lie relative to the first address, those
    /// at odd multiples to the second.
    Half(Value, Value),
    /// It begins anywhere: the address of the segment's words, and the lower half of the group's address.
    Byte(Value, Value),
}

impl Translator<'_> {
    /// A load or store of a group.
    pub(super) fn access(&mut self, instruction: Instruction, access: Access, resume: Resume) {
        let group = self.groups.groups[access.group];
        let mut pointer = match self.pointers[access.group] {
            Some(pointer) => pointer,
            None => self.pointer(instruction, access, group, resume),
        };
        let is_store = super::is_store(instruction.op);
        if is_store && !pointer.may_store(group) {
            self.ask(pointer, group, resume);
            pointer.stores = group.stores;
        }
        self.pointers[access.group] = Some(pointer);
        let width = width(instruction.op);
        let (host, offset) = self.host_of(pointer.host, access.offset - group.stretch.from, width);
        if is_store {
            let value = self.get(instruction.rt);
            self.store_piece(host, offset, value, width);
            self.stored = true;
        } else if instruction.rd != 0 {
            let value = self.load_piece(instruction.op, host, offset);
            self.set(instruction.rd, value);
        }
    }

    /// Tests a group's stretch of memory, and finds it.
    fn pointer(&mut self, instruction: Instruction, access: Access, group: Group, resume: Resume) -> Pointer {
        let base = self.get(instruction.rs);
        let start = self.builder.ins().iadd_imm_s(base, group.stretch.from - access.base);
        let last = self.builder.ins().iadd_imm_s(base, group.stretch.to - 1 - access.base);
        let differences = self.builder.ins().bxor(start, last);
        let mut wrong = self.builder.ins().ushr_imm_s(differences, i64::from(SEGMENT_SHIFT));
        if group.stretch.alignment > 1 {
            let unaligned = self.builder.ins().band_imm_s(start, group.stretch.alignment - 1);
            wrong = self.builder.ins().bor(wrong, unaligned);
        }
        self.leave_if(wrong, resume);
        let entry = self.entry(start);
        let words = self.builder.ins().load(I64, flags(), entry, offset_of!(Entry, words) as i32);
        let low = self.builder.ins().ireduce(I32, start);
        let host = match group.stretch.alignment {
            8 => Host::Word(self.in_segment(words, low)),
            4 => self.halves(words, low),
            _ => Host::Byte(words, low),
        };
        Pointer { start, entry, host, stores: None }
    }

    fn in_segment(&mut self, words: Value, low: Value) -> Value {
        let offset = self.builder.ins().uextend(I64, low);
        self.builder.ins().iadd(words, offset)
    }

    /// A half lies 4 bytes further if it is the first of its word, and 4 bytes less far if it is the second.
    fn halves(&mut self, words: Value, low: Value) -> Host {
        let host = self.in_segment(words, low);
        let second = self.builder.ins().band_imm_s(low, 4);
        let second = self.builder.ins().uextend(I64, second);
        let twice = self.builder.ins().ishl_imm_s(second, 1);
        let further = self.builder.ins().iadd_imm_s(host, 4);
        let even = self.builder.ins().isub(further, twice);
        let less = self.builder.ins().iadd_imm_s(host, -4);
        let odd = self.builder.ins().iadd(less, twice);
        Host::Half(even, odd)
    }

    /// The host's address of `width` bytes at `offset` from the group's beginning: an address, and an offset to it.
    fn host_of(&mut self, host: Host, offset: i64, width: u8) -> (Value, i32) {
        let bytes = i64::from(width);
        match host {
            Host::Word(start) => {
                let place = offset & -bytes;
                (start, (place ^ (8 - bytes)) as i32)
            }
            Host::Half(even, odd) => {
                let half = offset & !3;
                let start = if half & 4 == 0 { even } else { odd };
                let inside = offset & 3 & -bytes;
                (start, (half + (inside ^ (4 - bytes))) as i32)
            }
            Host::Byte(words, low) => {
                let place = self.builder.ins().iadd_imm_s(low, offset);
                let place = if width == 1 { place } else { self.builder.ins().band_imm_s(place, -bytes) };
                let place = self.builder.ins().bxor_imm_s(place, 8 - bytes);
                (self.in_segment(words, place), 0)
            }
        }
    }

    /// Asks for leave to store to all that the group's stores may reach.
    fn ask(&mut self, pointer: Pointer, group: Group, resume: Resume) {
        let Some((from, to)) = group.stores else { return };
        let first = self.builder.ins().iadd_imm_s(pointer.start, from - group.stretch.from);
        let last = self.builder.ins().iadd_imm_s(pointer.start, to - 1 - group.stretch.from);
        let mut wrong = self.unwritable(pointer, first);
        let in_one_word =
            group.stretch.alignment == 8 && to - from <= 8 && (from - group.stretch.from) % 8 == 0;
        if !in_one_word {
            let other = self.unwritable(pointer, last);
            wrong = self.builder.ins().bor(wrong, other);
        }
        let slow = self.builder.create_block();
        let done = self.builder.create_block();
        self.builder.set_cold_block(slow);
        self.builder.ins().brif(wrong, slow, &[], done, &[]);
        self.builder.seal_block(slow);
        self.builder.switch_to_block(slow);
        let helper = self.builder.ins().iconst(I64, context::prepare as *const () as usize as i64);
        let arguments = [self.context, first, last];
        let call = self.builder.ins().call_indirect(self.signatures.helper3, helper, &arguments);
        let refused = self.builder.inst_results(call)[0];
        let out = self.out(resume);
        self.builder.ins().brif(refused, out, &[], done, &[]);
        self.builder.seal_block(done);
        self.builder.switch_to_block(done);
    }

    /// Not zero if a page's mark says that it may not be stored to without asking.
    fn unwritable(&mut self, pointer: Pointer, address: Value) -> Value {
        let low = self.builder.ins().ireduce(I32, address);
        let mark = self.mark(pointer.entry, low);
        self.builder.ins().bxor_imm_s(mark, i64::from(WRITABLE))
    }
}
