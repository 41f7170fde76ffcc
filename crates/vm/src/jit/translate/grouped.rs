//! Loads and stores that go by one pointer. What they have in common is done once: the stretch that they span is tested to
//! lie in one segment, to be aligned as it ought to be, and to be free to be stored to, if it is. That is done where the
//! block begins, for all groups together, if the pointer is known there: every test that stands by itself cuts the block
//! in two, across which values go by memory. Where a test fails, the interpreter takes over.

use super::{Resume, Translator, flags};
use crate::{
    jit::groups::{Access, Group, Kind},
    memory::{Entry, SEGMENT_SHIFT},
};
use cranelift_codegen::ir::{
    InstBuilder, Value,
    types::{I32, I64},
};
use std::mem::offset_of;
use tribunal_mips::{Instruction, Width};

/// A group's pointer, seen to.
#[derive(Clone, Copy)]
pub(super) struct Pointer {
    /// The guest's address where the group begins.
    start: Value,
    /// The host's address of the entry of its segment.
    entry: Value,
    host: Host,
    /// What has been found free to be stored to, relative to the pointer.
    stores: Option<(i64, i64)>,
}

impl Pointer {
    fn may_store(&self, group: Group) -> bool {
        match (self.stores, group.stores) {
            (_, None) => true,
            (Some((from, to)), Some((low, high))) => from <= low && high <= to,
            (None, Some(_)) => false,
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
    /// Sees to the groups that go by what registers hold when the block begins. Answers a value that is not zero if the
    /// interpreter has to make the block.
    pub(super) fn groups_at_head(&mut self) -> Option<Value> {
        let mut wrong = None;
        for (register, number) in self.groups.at_head() {
            let group = self.groups.groups[number];
            let (pointer, found) = match self.pointers[number] {
                Some(pointer) if pointer.may_store(group) => continue,
                Some(pointer) => {
                    (Pointer { stores: group.stores, ..pointer }, self.unwritable(pointer, group))
                }
                None => {
                    let base = self.get(register);
                    self.pointer(base, 0, group)
                }
            };
            self.pointers[number] = Some(pointer);
            wrong = Some(match wrong {
                Some(wrong) => self.builder.ins().bor(wrong, found),
                None => found,
            });
        }
        wrong
    }

    /// A load or store of a group.
    pub(super) fn access(&mut self, instruction: Instruction, access: Access, resume: Resume) {
        let group = self.groups.groups[access.group];
        let pointer = match self.pointers[access.group] {
            Some(pointer) => pointer,
            None => {
                let base = self.get(instruction.rs);
                let (pointer, wrong) = self.pointer(base, access.base, group);
                self.leave_if(wrong, resume);
                self.pointers[access.group] = Some(pointer);
                pointer
            }
        };
        let offset = access.offset - group.stretch.from;
        match access.kind {
            Kind::Store { width } => {
                let (host, offset) = self.host_of(pointer.host, offset, width);
                let value = self.get(instruction.rt);
                self.store_piece(host, offset, value, width);
                self.stored = true;
            }
            Kind::Load { .. } if instruction.rd == 0 => {}
            Kind::Load { width, signed } => {
                let (host, offset) = self.host_of(pointer.host, offset, width);
                let value = self.load_piece(width, signed, host, offset);
                self.set(instruction.rd, value);
            }
        }
    }

    /// Finds a group's stretch of memory, of which `base` is a register that lies `delta` from the group's pointer. Beside it
    /// a value that is not zero if the stretch does not lie in one segment, or is not aligned, or may not be stored to.
    fn pointer(&mut self, base: Value, delta: i64, group: Group) -> (Pointer, Value) {
        let start = self.plus(base, group.stretch.from - delta);
        let last = self.plus(base, group.stretch.to - 1 - delta);
        let differences = self.builder.ins().bxor(start, last);
        let mut wrong = self.builder.ins().ushr_imm_s(differences, i64::from(SEGMENT_SHIFT));
        if group.stretch.alignment > 1 {
            let unaligned = self.builder.ins().band_imm_s(start, group.stretch.alignment - 1);
            wrong = self.builder.ins().bor(wrong, unaligned);
        }
        let entry = self.entry(start);
        let words = self.builder.ins().load(I64, flags(), entry, offset_of!(Entry, words) as i32);
        let low = self.builder.ins().ireduce(I32, start);
        let host = match group.stretch.alignment {
            8 => Host::Word(self.in_segment(words, low)),
            4 => self.halves(words, low),
            _ => Host::Byte(words, low),
        };
        let pointer = Pointer { start, entry, host, stores: group.stores };
        if group.stores.is_some() {
            let unwritable = self.unwritable(pointer, group);
            wrong = self.builder.ins().bor(wrong, unwritable);
        }
        (pointer, wrong)
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

    /// The host's address of a piece of that width at `offset` from the group's beginning: an address, and an offset to it.
    fn host_of(&mut self, host: Host, offset: i64, width: Width) -> (Value, i32) {
        let bytes = i64::from(width.bytes());
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
                let place =
                    if width == Width::Byte { place } else { self.builder.ins().band_imm_s(place, -bytes) };
                let place = self.builder.ins().bxor_imm_s(place, 8 - bytes);
                (self.in_segment(words, place), 0)
            }
        }
    }

    /// Not zero unless everything that the group's stores may reach may be stored to without asking.
    fn unwritable(&mut self, pointer: Pointer, group: Group) -> Value {
        let (from, to) = group.stores.unwrap_or_default();
        let first = self.mark_at(pointer, from - group.stretch.from);
        let in_one_word =
            group.stretch.alignment == 8 && to - from <= 8 && (from - group.stretch.from) % 8 == 0;
        if in_one_word {
            return first;
        }
        let last = self.mark_at(pointer, to - 1 - group.stretch.from);
        self.builder.ins().bor(first, last)
    }

    /// Not zero if the mark of the page, so far from where a group begins, says that it may not be stored to without asking.
    fn mark_at(&mut self, pointer: Pointer, offset: i64) -> Value {
        let address = self.plus(pointer.start, offset);
        let low = self.builder.ins().ireduce(I32, address);
        self.unwritable_page(pointer.entry, low)
    }
}
