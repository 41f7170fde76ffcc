//! Groups the loads and stores of a block that share a base pointer, so that segment look-up, alignment and write
//! checks are emitted once per group. Most loads and stores are then one instruction of the host.
//!
//! A *base pointer* is a value about which the compiler knows nothing: the value of a register at the head of the
//! block, or the result of an instruction that is neither a copy nor a sum with a constant. In this example, the base
//! pointer of both loads is the value of `$4`, and their offsets are 24 and 0:
//!
//! ```text
//! daddiu $5, $4, 16
//! lw     $6, 8($5)
//! lw     $7, 0($4)
//! ```
//!
//! A block *inherits* the checks of its single predecessor. A group that lies inside a checked span needs at most a
//! write check of its own.
//!
//! Memory safety of compiled code rests on this file: an access outside the span that its group checks is unchecked.

use super::region::Block;
use tribunal_mips::{self as mips, Instruction, Op, Width};

/// The most bytes that a group spans. This is less than a page, so a check of the first and the last byte checks all
/// pages.
const MAX_SPAN_BYTES: i64 = 2048;

/// A span of memory. Its bounds are offsets in bytes from a base pointer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    /// The first byte.
    pub(super) start: i64,
    /// The byte after the last.
    pub(super) end: i64,
    /// The checked alignment of the first byte's address: 8, 4 or 1.
    pub(super) alignment: i64,
}

/// Accesses that share a base pointer. All offsets are in bytes from that pointer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Group {
    /// What is checked before the first access.
    pub(super) span: Span,
    /// The offset of the lowest access. The span may begin lower, because its start is rounded down.
    lowest: i64,
    /// The range of all bytes that the group's stores write: the offset of the first byte, and of the byte after the
    /// last. `None` if the group has no stores.
    pub(super) stores: Option<(i64, i64)>,
}

/// One access of a group.
#[derive(Debug, Clone, Copy)]
pub(super) struct Access {
    /// The index of its group.
    pub(super) group: usize,
    /// The value of its base register, minus the group's base pointer.
    pub(super) register_offset: i64,
    /// Its address, minus the group's base pointer.
    pub(super) offset: i64,
    /// What it does.
    pub(super) kind: Kind,
}

/// What an access of a group does.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// Loads `width` bytes, and extends them by the sign or by zeros.
    Load { width: Width, signed: bool },
    /// Stores `width` bytes.
    Store { width: Width },
}

/// A check that a predecessor has made, as it applies to the value of a register.
#[derive(Debug, Clone, Copy)]
pub(super) struct Inherited<T> {
    /// The predecessor's base pointer, as the translator represents it.
    pub(super) pointer: T,
    /// The span that was checked, relative to this base pointer.
    pub(super) span: Span,
    /// The register's value at the end of the predecessor, minus this base pointer.
    pub(super) register_offset: i64,
}

/// What a block passes on to its successors: for each register, the check that applies to its value.
pub(super) type Inheritance<T> = [Option<Inherited<T>>; 32];

/// The groups of a block.
pub(super) struct Groups<T> {
    pub(super) groups: Vec<Group>,
    /// For each group, the inherited check that covers it. If there is one, the group's offsets count from the base
    /// pointer of that check.
    pub(super) inherited: Vec<Option<Inherited<T>>>,
    /// For each instruction of the block, its access if that is in a group.
    pub(super) accesses: Vec<Option<Access>>,
    /// For each register, its value at the end of the block.
    at_end: [Sum; 32],
    /// For each base pointer, the index of its group, if it has one.
    group_of_pointer: Vec<Option<usize>>,
}

/// A value that is known as the sum of a base pointer and a constant.
#[derive(Debug, Clone, Copy)]
struct Sum {
    /// The number of the base pointer. The first 32 are the values of the registers at the head of the block.
    pointer: usize,
    offset: i64,
}

/// An access that is not in a group yet.
struct Candidate {
    /// The index of its instruction in the block.
    instruction: usize,
    /// The value of its base register.
    register: Sum,
    /// Its address, minus the base pointer.
    offset: i64,
    kind: Kind,
}

impl Candidate {
    /// The offset of the byte after the last one that it accesses.
    fn end(&self) -> i64 {
        self.offset + self.kind.width()
    }
}

impl Kind {
    /// The kind of an instruction's access. `None` if it does not access memory, or if its access cannot be in a group.
    fn of(instruction: Instruction) -> Option<Self> {
        match instruction.access()? {
            mips::Access::Load { width, signed } => Some(Self::Load { width, signed }),
            mips::Access::Store { width } => Some(Self::Store { width }),
            mips::Access::LoadPart { .. }
            | mips::Access::StorePart { .. }
            | mips::Access::LoadLinked { .. }
            | mips::Access::StoreConditional { .. } => None,
        }
    }

    /// The width in bytes.
    fn width(self) -> i64 {
        let (Self::Load { width, .. } | Self::Store { width }) = self;
        width.bytes().into()
    }

    const fn is_store(self) -> bool {
        matches!(self, Self::Store { .. })
    }
}

impl<T: Copy> Groups<T> {
    pub(super) const fn none() -> Self {
        Self {
            groups: Vec::new(),
            inherited: Vec::new(),
            accesses: Vec::new(),
            at_end: [Sum { pointer: 0, offset: 0 }; 32],
            group_of_pointer: Vec::new(),
        }
    }

    /// The groups of a block whose single predecessor passes on `inheritance`.
    pub(super) fn of(block: &Block, inheritance: &Inheritance<T>) -> Self {
        let (candidates, at_end) = find_accesses(block);
        let mut result = Self::none();
        result.accesses = vec![None; block.instructions.len()];
        result.at_end = at_end;
        let highest = candidates.iter().map(|access| access.register.pointer).max();
        let mut by_pointer = vec![Vec::new(); highest.map_or(0, |highest| highest + 1)];
        for access in &candidates {
            by_pointer[access.register.pointer].push(access);
        }
        for (pointer, members) in by_pointer.iter().enumerate() {
            let inherited = inheritance.get(pointer).copied().flatten();
            let group = result.add_group(members, inherited);
            result.group_of_pointer.push(group);
        }
        result
    }

    /// Adds the group of `members`, which are all accesses with the same base pointer. Returns the group's index, or
    /// `None` if these accesses form no group, or if a group would save no check. `inherited` is the inherited check
    /// that applies to this pointer.
    fn add_group(&mut self, members: &[&Candidate], inherited: Option<Inherited<T>>) -> Option<usize> {
        let group = Group::of(members)?;
        let inherited = inherited.filter(|check| check.span.covers(group, check.register_offset));
        if inherited.is_none() && members.len() < 2 {
            return None;
        }
        let shift = inherited.as_ref().map_or(0, |check| check.register_offset);
        let index = self.groups.len();
        for access in members {
            self.accesses[access.instruction] = Some(Access {
                group: index,
                register_offset: access.register.offset + shift,
                offset: access.offset + shift,
                kind: access.kind,
            });
        }
        self.groups.push(group.covered_by(inherited.as_ref()));
        self.inherited.push(inherited);
        Some(index)
    }

    /// The groups whose base pointer is the value of a register at the head of the block. Each is returned as that
    /// register and the index of the group.
    pub(super) fn at_head(&self) -> Vec<(u8, usize)> {
        let registers = (0..32).zip(&self.group_of_pointer);
        registers.filter_map(|(register, &group)| Some((register, group?))).collect()
    }

    /// What the block passes on to its successors. `inheritance` is what its predecessor has passed on to it.
    /// `pointer_of` takes the index of a group. It returns the group's base pointer if the block has checked the group.
    pub(super) fn pass_on(
        &self,
        inheritance: &Inheritance<T>,
        pointer_of: impl Fn(usize) -> Option<T>,
    ) -> Inheritance<T> {
        self.at_end.map(|value| {
            let group = self.group_of_pointer.get(value.pointer).copied().flatten();
            let own_check = group.and_then(|group| {
                let shift = self.inherited[group].as_ref().map_or(0, |check| check.register_offset);
                let pointer = pointer_of(group)?;
                Some(Inherited { pointer, span: self.groups[group].span, register_offset: shift })
            });
            let check = own_check.or_else(|| inheritance.get(value.pointer).copied().flatten())?;
            Some(Inherited { register_offset: check.register_offset.wrapping_add(value.offset), ..check })
        })
    }
}

impl Span {
    /// Whether the check of this span also covers a group whose base pointer is `shift` bytes higher than that of the
    /// span.
    fn covers(&self, group: Group, shift: i64) -> bool {
        // With a larger shift, the sums below might overflow.
        const MAX_SHIFT: u64 = 1 << 20;
        if shift.unsigned_abs() >= MAX_SHIFT {
            return false;
        }
        let contains_group = self.start <= group.lowest + shift && group.span.end + shift <= self.end;
        contains_group && self.allows_rounding(group.span.alignment)
    }

    /// Whether accesses of at most `alignment` bytes in this span can be rounded down to multiples of their widths.
    const fn allows_rounding(&self, alignment: i64) -> bool {
        match self.alignment {
            // Each access is rounded at run time, whatever its width.
            1 => true,
            // Each access is rounded at compile time. So the start has to be a multiple of its width.
            checked => alignment <= checked,
        }
    }
}

impl Group {
    /// The group of `members`, which are all accesses with the same base pointer. `None` if there are none, if they are
    /// too far apart, or if the widest of them cannot all be aligned.
    fn of(members: &[&Candidate]) -> Option<Self> {
        let lowest = members.iter().map(|access| access.offset).min()?;
        let end = members.iter().map(|access| access.end()).max()?;
        let (alignment, remainder) = common_alignment(members)?;
        // The start is rounded down, so that it is aligned if and only if the widest accesses are.
        let start = lowest - (lowest - remainder).rem_euclid(alignment);
        let span = Span { start, end, alignment };
        (end - start <= MAX_SPAN_BYTES).then_some(Self { span, lowest, stores: stored_bytes(members) })
    }

    /// The same group, but with the span and the base pointer of the inherited check. Without such a check, the group
    /// stays as it is.
    fn covered_by<T>(self, inherited: Option<&Inherited<T>>) -> Self {
        let Some(check) = inherited else { return self };
        let shift = check.register_offset;
        let stores = self.stores.map(|(first, end)| (first + shift, end + shift));
        Self { span: check.span, lowest: self.lowest + shift, stores }
    }
}

/// The alignment to check for a group, and the remainder when the offsets of the widest accesses are divided by it.
/// `None` if these remainders differ: then no base pointer aligns all of the widest accesses.
fn common_alignment(members: &[&Candidate]) -> Option<(i64, i64)> {
    let widest = members.iter().map(|access| access.kind.width()).max()?;
    if widest < Width::Word.bytes().into() {
        // No check is worth it: each access is rounded down at run time.
        return Some((1, 0));
    }
    // Narrower accesses need not be aligned: they are rounded down at compile time.
    let widest_members = members.iter().filter(|access| access.kind.width() == widest);
    let mut remainders = widest_members.map(|access| access.offset.rem_euclid(widest));
    let remainder = remainders.next()?;
    remainders.all(|other| other == remainder).then_some((widest, remainder))
}

/// The range of all bytes that the stores among `members` write, see [`Group::stores`].
fn stored_bytes(members: &[&Candidate]) -> Option<(i64, i64)> {
    let stores = || members.iter().filter(|access| access.kind.is_store());
    let first = stores().map(|store| store.offset).min()?;
    let end = stores().map(|store| store.end()).max()?;
    Some((first, end))
}

/// The accesses of a block that may be in groups, and the value of each register at the end of the block.
fn find_accesses(block: &Block) -> (Vec<Candidate>, [Sum; 32]) {
    let mut candidates = Vec::new();
    let mut values: [Sum; 32] = std::array::from_fn(|register| Sum { pointer: register, offset: 0 });
    let mut pointers = values.len();
    let mut new_pointer = || {
        pointers += 1;
        Sum { pointer: pointers - 1, offset: 0 }
    };
    for (index, &instruction) in block.instructions.iter().enumerate() {
        let Instruction { op, rs, rt, rd, imm } = instruction;
        let register = values[usize::from(rs)];
        let plus_constant = Sum { offset: register.offset.wrapping_add(i64::from(imm)), ..register };
        if let Some(kind) = Kind::of(instruction) {
            candidates.push(Candidate { instruction: index, register, offset: plus_constant.offset, kind });
        }
        if op == Op::Syscall || instruction.access().is_some_and(mips::Access::is_atomic) {
            // A reservation changes page flags, so earlier write checks do not hold any more. A system call writes
            // registers. New base pointers keep later accesses out of earlier groups.
            values.fill_with(&mut new_pointer);
        }
        if instruction.writes().contains(rd) {
            values[usize::from(rd)] = match op {
                Op::Daddiu if rs != 0 => plus_constant,
                // A copy of `rs`.
                Op::Daddu | Op::Or if rs != 0 && rt == 0 => register,
                _ => new_pointer(),
            };
        }
    }
    (candidates, values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jit::region::Terminator;

    /// The groups of a block of loads and stores with the same base register, given by opcode and offset.
    fn groups(accesses: &[(u32, u16)]) -> Groups<()> {
        let instructions = accesses.iter().map(|&(opcode, offset)| {
            Instruction::decode(opcode << 26 | 4 << 21 | 2 << 16 | u32::from(offset))
        });
        let block = Block { pc: 0, instructions: instructions.collect(), end: Terminator::Interpret };
        Groups::of(&block, &[None; 32])
    }

    const LB: u32 = 0x20;
    const LH: u32 = 0x21;
    const LW: u32 = 0x23;
    const SH: u32 = 0x29;
    const SD: u32 = 0x3f;

    #[test]
    fn accesses_of_every_width_are_grouped() {
        let span = |accesses: &[(u32, u16)]| {
            let groups = groups(accesses).groups;
            assert!(groups.len() <= 1);
            groups.first().map(|group| (group.span.start, group.span.end, group.span.alignment))
        };
        assert_eq!(span(&[(LH, 6), (SH, 13)]), Some((6, 15, 1)));
        assert_eq!(span(&[(LB, 3), (LH, 5), (LB, 9)]), Some((3, 10, 1)));
        assert_eq!(span(&[(LH, 6), (LW, 12)]), Some((4, 16, 4)));
        assert_eq!(span(&[(LB, 1), (SD, 16)]), Some((0, 24, 8)));
        // No groups: words whose alignments differ, accesses that are too far apart, and a single access.
        assert_eq!(span(&[(LW, 4), (LW, 6)]), None);
        assert_eq!(span(&[(LH, 0), (LH, 2047)]), None);
        assert_eq!(span(&[(LH, 0)]), None);
    }

    #[test]
    fn the_stores_of_a_group_are_a_part_of_its_span() {
        let [group] = groups(&[(LH, 2), (SH, 8), (SH, 20), (LB, 40)]).groups[..] else {
            panic!("not one group");
        };
        assert_eq!((group.stores, group.lowest), (Some((8, 22)), 2));
    }
}
