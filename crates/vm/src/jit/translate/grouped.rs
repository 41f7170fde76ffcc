//! Loads and stores that share a base pointer. One check covers them all: their span lies in one segment, is aligned,
//! and may be stored to if one of them stores. If the base pointers of several groups are known at the head of a block,
//! their checks are combined there into one branch, because each branch splits the block, and values that live across
//! the split are kept in memory. If a check fails, the interpreter executes the block.

use super::{ExitState, Translator};
use crate::{
    jit::groups::{Access, Group, Kind},
    memory::SEGMENT_SHIFT,
};
use cranelift_codegen::ir::{
    InstBuilder, Value,
    condcodes::IntCC,
    types::{I32, I64},
};
use tribunal_mips::{Instruction, Width};

/// The base pointer of a group that was checked.
#[derive(Clone, Copy)]
pub(super) struct BasePointer {
    /// The guest address of the span's first byte.
    start: Value,
    /// The host address of the entry of its segment.
    entry: Value,
    host: HostBase,
    /// The bytes that may be stored to, relative to the base pointer.
    stores: Option<(i64, i64)>,
}

impl BasePointer {
    fn may_store(&self, group: Group) -> bool {
        match (self.stores, group.stores) {
            (_, None) => true,
            (Some((from, to)), Some((low, high))) => from <= low && high <= to,
            (None, Some(_)) => false,
        }
    }
}

/// How an offset becomes a host address. Words are in host order, so a piece that begins `i` bytes after the start of a
/// guest word ends `i` bytes before the end of the host word.
#[derive(Clone, Copy)]
enum HostBase {
    /// The span begins at a word, at this host address.
    Word(Value),
    /// The span begins at half a word. Halves at even multiples of 4 bytes are relative to the first host address, those at
    /// odd multiples to the second.
    Half(Value, Value),
    /// The span begins anywhere: the host address of the segment's words, and the lower half of the guest address.
    Byte(Value, Value),
}

impl Translator<'_> {
    /// Checks the groups whose base pointer is known at the head of the block. The result is not zero if a check fails.
    pub(super) fn groups_at_head(&mut self) -> Option<Value> {
        let mut failed = None;
        for (register, number) in self.groups.at_head() {
            let group = self.groups.groups[number];
            let (pointer, check) = match self.pointers[number] {
                Some(pointer) if pointer.may_store(group) => continue,
                Some(pointer) => {
                    (BasePointer { stores: group.stores, ..pointer }, self.unwritable(pointer, group))
                }
                None => {
                    let base = self.get(register);
                    self.pointer(base, 0, group)
                }
            };
            self.pointers[number] = Some(pointer);
            failed = Some(match failed {
                Some(failed) => self.builder.ins().bor(failed, check),
                None => check,
            });
        }
        failed
    }

    /// A load or store of a group.
    pub(super) fn access(&mut self, instruction: Instruction, access: Access, exit: ExitState) {
        let group = self.groups.groups[access.group];
        let pointer = match self.pointers[access.group] {
            Some(pointer) => pointer,
            None => {
                let base = self.get(instruction.rs);
                let (pointer, failed) = self.pointer(base, access.base, group);
                self.side_exit_if(failed, exit);
                self.pointers[access.group] = Some(pointer);
                pointer
            }
        };
        let offset = access.offset - group.span.from;
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

    /// Makes and checks the base pointer of a group. `base` is the value of a register, `delta` bytes above the base
    /// pointer. The second result is not zero if a check fails. The span must lie in one segment that is not sparse, be
    /// aligned, and be writable if the group stores.
    fn pointer(&mut self, base: Value, delta: i64, group: Group) -> (BasePointer, Value) {
        let start = self.plus(base, group.span.from - delta);
        let last = self.plus(base, group.span.to - 1 - delta);
        let differences = self.builder.ins().bxor(start, last);
        let mut failed = self.builder.ins().ushr_imm_s(differences, i64::from(SEGMENT_SHIFT));
        if group.span.alignment > 1 {
            let unaligned = self.builder.ins().band_imm_s(start, group.span.alignment - 1);
            failed = self.builder.ins().bor(failed, unaligned);
        }
        let entry = self.entry(start);
        let words = self.words(entry);
        let low = self.builder.ins().ireduce(I32, start);
        let host = match group.span.alignment {
            8 => HostBase::Word(self.in_segment(words, low)),
            4 => self.halves(words, low),
            _ => HostBase::Byte(words, low),
        };
        let pointer = BasePointer { start, entry, host, stores: group.stores };
        if group.stores.is_some() {
            let unwritable = self.unwritable(pointer, group);
            failed = self.builder.ins().bor(failed, unwritable);
        } else if self.sparse {
            let sparse = self.builder.ins().icmp_imm_s(IntCC::Equal, words, 0);
            let sparse = self.builder.ins().uextend(I64, sparse);
            failed = self.builder.ins().bor(failed, sparse);
        }
        (pointer, failed)
    }

    fn in_segment(&mut self, words: Value, low: Value) -> Value {
        let offset = self.builder.ins().uextend(I64, low);
        self.builder.ins().iadd(words, offset)
    }

    /// The first half of a word is 4 bytes higher in host order, and the second half 4 bytes lower.
    fn halves(&mut self, words: Value, low: Value) -> HostBase {
        let host = self.in_segment(words, low);
        let second = self.builder.ins().band_imm_s(low, 4);
        let second = self.builder.ins().uextend(I64, second);
        let twice = self.builder.ins().ishl_imm_s(second, 1);
        let further = self.builder.ins().iadd_imm_s(host, 4);
        let even = self.builder.ins().isub(further, twice);
        let less = self.builder.ins().iadd_imm_s(host, -4);
        let odd = self.builder.ins().iadd(less, twice);
        HostBase::Half(even, odd)
    }

    /// The host address of a piece of that width at `offset` from the group's beginning, as a value and a constant to
    /// add.
    fn host_of(&mut self, host: HostBase, offset: i64, width: Width) -> (Value, i32) {
        let bytes = i64::from(width.bytes());
        match host {
            HostBase::Word(start) => {
                let place = offset & -bytes;
                (start, (place ^ (8 - bytes)) as i32)
            }
            HostBase::Half(even, odd) => {
                let half = offset & !3;
                let start = if half & 4 == 0 { even } else { odd };
                let inside = offset & 3 & -bytes;
                (start, (half + (inside ^ (4 - bytes))) as i32)
            }
            HostBase::Byte(words, low) => {
                let place = self.builder.ins().iadd_imm_s(low, offset);
                let place =
                    if width == Width::Byte { place } else { self.builder.ins().band_imm_s(place, -bytes) };
                let place = self.builder.ins().bxor_imm_s(place, 8 - bytes);
                (self.in_segment(words, place), 0)
            }
        }
    }

    /// Zero only if all pages that the group's stores may reach are [`crate::memory::WRITABLE`].
    fn unwritable(&mut self, pointer: BasePointer, group: Group) -> Value {
        let (from, to) = group.stores.unwrap_or_default();
        let first = self.unwritable_at(pointer, from - group.span.from);
        let in_one_word = group.span.alignment == 8 && to - from <= 8 && (from - group.span.from) % 8 == 0;
        if in_one_word {
            return first;
        }
        let last = self.unwritable_at(pointer, to - 1 - group.span.from);
        self.builder.ins().bor(first, last)
    }

    /// Zero only if the page `offset` bytes from the span's first byte is [`crate::memory::WRITABLE`].
    fn unwritable_at(&mut self, pointer: BasePointer, offset: i64) -> Value {
        let address = self.plus(pointer.start, offset);
        let low = self.builder.ins().ireduce(I32, address);
        self.unwritable_page(pointer.entry, low)
    }
}
