//! Groups the loads and stores of a block that share a base pointer, so that segment look-up, alignment and write
//! checks are emitted once per group. Most loads and stores are then one instruction of the host.
//!
//! Memory safety of compiled code rests on this file: an access outside the span that its group checks is unchecked.

use super::region::Block;
use tribunal_mips::{self as mips, Instruction, Op, Width};

/// The most bytes that a group spans. Less than a page, so that checking the first and the last byte checks all pages.
const LONGEST: i64 = 2048;

/// A span of memory, relative to a pointer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    /// Its first byte.
    pub(super) from: i64,
    /// The byte after its last.
    pub(super) to: i64,
    /// The checked alignment of the first byte's address: 8, 4 or 1.
    pub(super) alignment: i64,
}

/// Accesses that share a base pointer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Group {
    /// What is checked.
    pub(super) span: Span,
    /// The offset of the lowest access.
    lowest: i64,
    /// The bytes that the stores among them may write.
    pub(super) stores: Option<(i64, i64)>,
}

/// One access of a group.
#[derive(Debug, Clone, Copy)]
pub(super) struct Access {
    /// The number of the group.
    pub(super) group: usize,
    /// The value of its base register, relative to the group's base pointer.
    pub(super) base: i64,
    /// Its address, relative to the group's base pointer.
    pub(super) offset: i64,
    /// What it does.
    pub(super) kind: Kind,
}

/// What an access of a group does: it loads or stores a whole piece.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// Loads a piece, sign-extended or not.
    Load { width: Width, signed: bool },
    /// Stores a piece.
    Store { width: Width },
}

/// What a predecessor has checked about a register's value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Carried<T> {
    /// The base pointer, as the translator represents it.
    pub(super) pointer: T,
    /// The span that was checked, relative to the base pointer.
    pub(super) span: Span,
    /// The register's value, relative to the base pointer.
    pub(super) delta: i64,
}

/// What a block passes on to its successors, by register.
pub(super) type Carry<T> = [Option<Carried<T>>; 32];

/// The groups of a block.
pub(super) struct Groups<T> {
    pub(super) groups: Vec<Group>,
    /// For each group, what a predecessor has checked of it.
    pub(super) inherited: Vec<Option<Carried<T>>>,
    /// For each instruction of the block, its access if that is in a group.
    pub(super) accesses: Vec<Option<Access>>,
    /// For each register at the end of the block: the number of its base pointer, and its offset from that pointer.
    after: [(usize, i64); 32],
    /// For each base pointer, its group.
    by_pointer: Vec<Option<usize>>,
}

/// An access that is not in a group yet.
struct Found {
    /// Its number in the block.
    instruction: usize,
    /// The number of its base pointer.
    pointer: usize,
    /// The value of its base register, relative to the base pointer.
    base: i64,
    /// Its address, relative to the base pointer.
    offset: i64,
    kind: Kind,
}

impl Kind {
    /// What an instruction does, if its access can be in a group.
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
            after: [(0, 0); 32],
            by_pointer: Vec::new(),
        }
    }

    /// The groups of a block whose predecessor passes on `carry`.
    pub(super) fn of(block: &Block, carry: &Carry<T>) -> Self {
        let (found, after) = find(block);
        let mut result = Self::none();
        result.accesses = vec![None; block.code.len()];
        result.after = after;
        let pointers = found.iter().map(|access| access.pointer).max().map_or(0, |most| most + 1);
        let mut members = vec![Vec::new(); pointers];
        for (place, access) in found.iter().enumerate() {
            members[access.pointer].push(place);
        }
        for (pointer, members) in members.iter().enumerate() {
            let Some(group) = Group::of(members.iter().map(|&place| &found[place])) else {
                result.by_pointer.push(None);
                continue;
            };
            let carried = carry.get(pointer).copied().flatten();
            let inherited = carried.filter(|carried| carried.span.holds(group, carried.delta));
            if inherited.is_none() && members.len() < 2 {
                result.by_pointer.push(None);
                continue;
            }
            let shift = inherited.as_ref().map_or(0, |carried| carried.delta);
            for &place in members {
                let Found { instruction, base, offset, kind, .. } = found[place];
                let access =
                    Access { group: result.groups.len(), base: base + shift, offset: offset + shift, kind };
                result.accesses[instruction] = Some(access);
            }
            result.by_pointer.push(Some(result.groups.len()));
            result.groups.push(group.shifted(inherited.as_ref()));
            result.inherited.push(inherited);
        }
        result
    }

    /// The groups whose base pointer is a register's value at the head of the block, each as that register and the
    /// number of the group.
    pub(super) fn at_head(&self) -> Vec<(u8, usize)> {
        let registers = (0..32).zip(&self.by_pointer);
        registers.filter_map(|(register, &group)| Some((register, group?))).collect()
    }

    /// What the block passes on if its predecessor passed on `carry`. `pointer` maps a group to its base pointer, if the
    /// block has checked it.
    pub(super) fn carry(&self, carry: &Carry<T>, pointer: impl Fn(usize) -> Option<T>) -> Carry<T> {
        std::array::from_fn(|register| {
            let (held, offset) = self.after[register];
            if let Some(group) = self.by_pointer.get(held).copied().flatten()
                && let Some(pointer) = pointer(group)
            {
                let shift = self.inherited[group].as_ref().map_or(0, |carried| carried.delta);
                let span = self.groups[group].span;
                return Some(Carried { pointer, span, delta: offset.wrapping_add(shift) });
            }
            let carried = carry.get(held).copied().flatten()?;
            Some(Carried { delta: carried.delta.wrapping_add(offset), ..carried })
        })
    }
}

impl Span {
    /// Whether the check of this span covers a group whose base pointer is `delta` higher, alignment included.
    fn holds(&self, group: Group, delta: i64) -> bool {
        // The bound keeps the sums below from overflowing.
        delta.unsigned_abs() < 1 << 20
            && self.from <= group.lowest + delta
            && group.span.to + delta <= self.to
            && (self.alignment != 4 || group.span.alignment <= 4)
    }
}

impl Group {
    /// `None` if the accesses are too far apart, or their alignments differ.
    fn of<'a>(members: impl Iterator<Item = &'a Found> + Clone) -> Option<Self> {
        let lowest = members.clone().map(|access| access.offset).min()?;
        let to = members.clone().map(|access| access.offset + access.kind.width()).max()?;
        let alignment = match members.clone().map(|access| access.kind.width()).max()? {
            2 => 1,
            width => width,
        };
        // Accesses narrower than a word are rounded down one by one, so they need no alignment of the span.
        let mut aligned = members.clone().filter(|access| access.kind.width() >= alignment);
        let rest = aligned.next()?.offset.rem_euclid(alignment);
        if aligned.any(|access| access.offset.rem_euclid(alignment) != rest) {
            return None;
        }
        // Rounded down, so that the widest accesses are aligned if the first byte is.
        let from = lowest - (lowest - rest).rem_euclid(alignment);
        let mut stores = None;
        for access in members.filter(|access| access.kind.is_store()) {
            let (low, high) = stores.unwrap_or((access.offset, access.offset));
            stores = Some((low.min(access.offset), high.max(access.offset + access.kind.width())));
        }
        let span = Span { from, to, alignment };
        (to - from <= LONGEST).then_some(Self { span, lowest, stores })
    }

    /// The same group, relative to the base pointer of a predecessor.
    fn shifted<T>(self, carried: Option<&Carried<T>>) -> Self {
        let Some(carried) = carried else { return self };
        let stores = self.stores.map(|(from, to)| (from + carried.delta, to + carried.delta));
        Self { span: carried.span, lowest: self.lowest + carried.delta, stores }
    }
}

/// The accesses of a block; and for each register at its end, the number of its base pointer, and its offset from that
/// pointer.
///
/// A copy of a pointer, and its sum with a constant, have the same base pointer. The first 32 base pointers are the values
/// of the registers at the head of the block.
fn find(block: &Block) -> (Vec<Found>, [(usize, i64); 32]) {
    let mut found = Vec::new();
    let mut values: [(usize, i64); 32] = std::array::from_fn(|register| (register, 0));
    let mut pointers = values.len();
    for (place, &instruction) in block.code.iter().enumerate() {
        let Instruction { op, rs, rt, rd, imm } = instruction;
        let (pointer, base) = values[usize::from(rs)];
        if let Some(kind) = Kind::of(instruction) {
            let offset = base.wrapping_add(i64::from(imm));
            found.push(Found { instruction: place, pointer, base, offset, kind });
        }
        if op == Op::Syscall || instruction.access().is_some_and(mips::Access::is_atomic) {
            // A reservation changes page flags, so earlier write checks no longer hold. A system call writes registers.
            for value in &mut values {
                *value = (pointers, 0);
                pointers += 1;
            }
        }
        if instruction.writes().contains(rd) {
            values[usize::from(rd)] = match op {
                Op::Daddiu if rs != 0 => (pointer, base.wrapping_add(i64::from(imm))),
                Op::Daddu | Op::Or if rs != 0 && rt == 0 => (pointer, base),
                _ => {
                    pointers += 1;
                    (pointers - 1, 0)
                }
            };
        }
    }
    (found, values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jit::region::Terminator;

    /// The groups of a block of loads and stores with the same base register: opcode and offset of each.
    fn groups(accesses: &[(u32, u16)]) -> Groups<()> {
        let code = accesses.iter().map(|&(opcode, offset)| {
            Instruction::decode(opcode << 26 | 4 << 21 | 2 << 16 | u32::from(offset))
        });
        let block = Block { pc: 0, code: code.collect(), end: Terminator::Interpret };
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
            groups.first().map(|group| (group.span.from, group.span.to, group.span.alignment))
        };
        assert_eq!(span(&[(LH, 6), (SH, 13)]), Some((6, 15, 1)));
        assert_eq!(span(&[(LB, 3), (LH, 5), (LB, 9)]), Some((3, 10, 1)));
        assert_eq!(span(&[(LH, 6), (LW, 12)]), Some((4, 16, 4)));
        assert_eq!(span(&[(LB, 1), (SD, 16)]), Some((0, 24, 8)));
        // Words whose alignments differ, accesses that are far apart, and a single access.
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
