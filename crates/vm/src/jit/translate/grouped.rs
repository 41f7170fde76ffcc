//! Loads and stores that are in a group. One check covers the group: its span lies in one segment, is aligned, and is
//! writable where the group stores.
//!
//! A group whose base pointer is known at the head of the block is checked there. The checks of all such groups share
//! one branch, because each branch splits the Cranelift block, and values that live across the split are kept in
//! memory. If one of these checks fails, the interpreter executes the block.

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

/// The base pointer of a group that was checked, as compiled code represents it.
#[derive(Clone, Copy)]
pub(super) struct BasePointer {
    /// The guest address of the span's first byte.
    start: Value,
    /// The host address of the segment's entry in the segment table.
    entry: Value,
    host: HostBase,
    /// The range of bytes that were checked to be writable: the offset of the first byte, and of the byte after the
    /// last, both from the base pointer.
    stores: Option<(i64, i64)>,
}

impl BasePointer {
    /// Whether the checks cover the stores of a group.
    fn covers_stores(&self, group: Group) -> bool {
        match (self.stores, group.stores) {
            (_, None) => true,
            (Some((checked_first, checked_end)), Some((first, end))) => {
                checked_first <= first && end <= checked_end
            }
            (None, Some(_)) => false,
        }
    }
}

/// What the host address of an access is computed from.
///
/// The host stores the bytes of each 8-byte word in reverse: what begins `i` bytes after the start of a guest word ends
/// `i` bytes before the end of the host word.
#[derive(Clone, Copy)]
enum HostBase {
    /// The span begins at a multiple of 8. The value is the host address of its start.
    Aligned8(Value),
    /// The span begins at a multiple of 4. The first 4 bytes lie in the lower or the upper half of their word, which is
    /// known only at run time. The next 4 bytes lie in the other half, and so on.
    Aligned4 {
        /// The base for the accesses to the 4 bytes at offset 0, 8, 16 and so on.
        even: Value,
        /// The base for the accesses to the 4 bytes at offset 4, 12, 20 and so on.
        odd: Value,
    },
    /// The span begins anywhere.
    Unaligned {
        /// The host address of the segment's first word.
        words: Value,
        /// The lower 32 bits of the guest address at which the span begins.
        low: Value,
    },
}

impl Translator<'_> {
    /// Checks the groups whose base pointer is known at the head of the block. Returns a value that is not zero if a
    /// check fails. Returns `None` if there is nothing to check.
    pub(super) fn check_groups_at_head(&mut self) -> Option<Value> {
        let mut failed = None;
        for (register, index) in self.groups.at_head() {
            let group = self.groups.groups[index];
            let (pointer, group_failed) = match self.pointers[index] {
                Some(inherited) if inherited.covers_stores(group) => continue,
                Some(inherited) => {
                    // The span was checked, but not that all pages that this group stores to are writable.
                    let pointer = BasePointer { stores: group.stores, ..inherited };
                    (pointer, self.unwritable(inherited, group))
                }
                None => {
                    let value = self.get(register);
                    self.check_group(value, 0, group)
                }
            };
            self.pointers[index] = Some(pointer);
            failed = Some(match failed {
                Some(failed) => self.builder.ins().bor(failed, group_failed),
                None => group_failed,
            });
        }
        failed
    }

    /// Translates a load or store that is in a group.
    pub(super) fn grouped_access(&mut self, instruction: Instruction, access: Access, exit: ExitState) {
        let pointer = self.checked_pointer(instruction, access, exit);
        let offset = access.offset - self.groups.groups[access.group].span.start;
        match access.kind {
            Kind::Store { width } => {
                let (host, offset) = self.host_address_in_span(pointer.host, offset, width);
                let value = self.get(instruction.rt);
                self.store_piece(host, offset, value, width);
                self.stored = true;
            }
            Kind::Load { .. } if instruction.rd == 0 => {}
            Kind::Load { width, signed } => {
                let (host, offset) = self.host_address_in_span(pointer.host, offset, width);
                let value = self.load_piece(width, signed, host, offset);
                self.set(instruction.rd, value);
            }
        }
    }

    /// The base pointer of an access's group. The first access checks the group, unless the group is checked already.
    fn checked_pointer(&mut self, instruction: Instruction, access: Access, exit: ExitState) -> BasePointer {
        if let Some(pointer) = self.pointers[access.group] {
            return pointer;
        }
        let register = self.get(instruction.rs);
        let group = self.groups.groups[access.group];
        let (pointer, failed) = self.check_group(register, access.register_offset, group);
        self.side_exit_if(failed, exit);
        self.pointers[access.group] = Some(pointer);
        pointer
    }

    /// Checks a group: its span must lie in one segment that is not sparse, be aligned, and be writable where the group
    /// stores. (No page of a sparse segment is writable.) Returns the group's base pointer, and a value that is not
    /// zero if the check fails. `register` is the value of a register. It lies `register_offset` bytes above the base
    /// pointer.
    fn check_group(&mut self, register: Value, register_offset: i64, group: Group) -> (BasePointer, Value) {
        let start = self.plus(register, group.span.start - register_offset);
        let last = self.plus(register, group.span.end - 1 - register_offset);
        let differences = self.builder.ins().bxor(start, last);
        // Zero if both addresses lie in the same segment.
        let mut failed = self.builder.ins().ushr_imm_s(differences, i64::from(SEGMENT_SHIFT));
        if group.span.alignment > 1 {
            let unaligned = self.builder.ins().band_imm_s(start, group.span.alignment - 1);
            failed = self.builder.ins().bor(failed, unaligned);
        }
        let entry = self.segment_entry(start);
        let words = self.segment_words(entry);
        let low = self.builder.ins().ireduce(I32, start);
        let host = match group.span.alignment {
            8 => HostBase::Aligned8(self.in_segment(words, low)),
            4 => self.aligned_4(words, low),
            _ => HostBase::Unaligned { words, low },
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

    /// The host address that is `low` bytes after the first word of a segment.
    fn in_segment(&mut self, words: Value, low: Value) -> Value {
        let offset = self.builder.ins().uextend(I64, low);
        self.builder.ins().iadd(words, offset)
    }

    /// The host base of a span that begins at a multiple of 4.
    ///
    /// The host swaps the halves of each word: a first half lies 4 bytes higher than in the guest's order, and a second
    /// half lies 4 bytes lower. If the span begins with a first half, the halves at offset 0, 8, 16 and so on are first
    /// halves, and the halves at offset 4, 12, 20 and so on are second halves. If the span begins with a second half,
    /// it is the other way round.
    fn aligned_4(&mut self, words: Value, low: Value) -> HostBase {
        let unswapped = self.in_segment(words, low);
        let offset_in_word = self.builder.ins().band_imm_s(low, 4);
        let offset_in_word = self.builder.ins().uextend(I64, offset_in_word);
        // The correction is 8 if the span begins with a second half, otherwise 0. A correction of 8 turns a move by 4
        // bytes into a move by 4 bytes in the other direction.
        let correction = self.builder.ins().ishl_imm_s(offset_in_word, 1);
        let higher = self.builder.ins().iadd_imm_s(unswapped, 4);
        let even = self.builder.ins().isub(higher, correction);
        let lower = self.builder.ins().iadd_imm_s(unswapped, -4);
        let odd = self.builder.ins().iadd(lower, correction);
        HostBase::Aligned4 { even, odd }
    }

    /// The host address of the `width` bytes at `offset` from the start of a span, rounded down to a multiple of the
    /// width. The address is returned as a value and a constant to add to it.
    fn host_address_in_span(&mut self, host: HostBase, offset: i64, width: Width) -> (Value, i32) {
        let bytes = i64::from(width.bytes());
        // If the span begins at a multiple of the width, rounding the offset down rounds the address down.
        let rounded_offset = offset & -bytes;
        match host {
            HostBase::Aligned8(start) => (start, (rounded_offset ^ reversal(8, bytes)) as i32),
            HostBase::Aligned4 { even, odd } => {
                let base = if rounded_offset & 4 == 0 { even } else { odd };
                (base, (rounded_offset ^ reversal(4, bytes)) as i32)
            }
            HostBase::Unaligned { words, low } => {
                let low = self.builder.ins().iadd_imm_s(low, offset);
                let rounded =
                    if width == Width::Byte { low } else { self.builder.ins().band_imm_s(low, -bytes) };
                let reversed = self.builder.ins().bxor_imm_s(rounded, reversal(8, bytes));
                (self.in_segment(words, reversed), 0)
            }
        }
    }

    /// A value that is zero only if all pages that the group stores to are [`crate::memory::WRITABLE`].
    fn unwritable(&mut self, pointer: BasePointer, group: Group) -> Value {
        let (first, end) = group.stores.unwrap_or_default();
        let (first, end) = (first - group.span.start, end - group.span.start);
        let first_unwritable = self.unwritable_at(pointer, first);
        let in_one_word = group.span.alignment == 8 && end - first <= 8 && first % 8 == 0;
        if in_one_word {
            return first_unwritable;
        }
        // A span is shorter than a page, so there are at most two pages.
        let last_unwritable = self.unwritable_at(pointer, end - 1);
        self.builder.ins().bor(first_unwritable, last_unwritable)
    }

    /// A value that is zero only if the page at `offset` from the start of the span is [`crate::memory::WRITABLE`].
    fn unwritable_at(&mut self, pointer: BasePointer, offset: i64) -> Value {
        let address = self.plus(pointer.start, offset);
        let low = self.builder.ins().ireduce(I32, address);
        self.unwritable_page(pointer.entry, low)
    }
}

/// The host reverses the bytes of each unit of `unit` bytes. A piece of `bytes` bytes that begins at offset `i` of its
/// unit in the guest begins at offset `unit - bytes - i` in the host. This equals `i ^ (unit - bytes)`, because `i` is
/// a multiple of `bytes`, and both lengths are powers of two. Returns `unit - bytes`.
const fn reversal(unit: i64, bytes: i64) -> i64 {
    unit - bytes
}
