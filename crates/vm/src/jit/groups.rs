//! Which loads and stores of a block go by the same pointer, so that what they have in common is done once: the search
//! for the segment, the tests for alignment and for leave to store. It is what makes most loads and stores one
//! instruction of the host.

use super::region::Block;
use tribunal_mips::{self as mips, Instruction, Op, Width};

/// The longest stretch of memory that a group may span. Less than a page, so that no page lies between its first and
/// last byte.
const LONGEST: i64 = 2048;

/// A stretch of memory, relative to a pointer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stretch {
    /// Where it begins, aligned as the addresses are expected to be.
    pub(super) from: i64,
    /// Where it ends.
    pub(super) to: i64,
    /// What the beginning is expected to be a multiple of: 8, 4 or 1.
    pub(super) alignment: i64,
}

/// Accesses relative to one pointer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Group {
    /// What they span.
    pub(super) stretch: Stretch,
    /// The lowest of them.
    lowest: i64,
    /// What the stores among them span.
    pub(super) stores: Option<(i64, i64)>,
}

/// One access of a group.
#[derive(Debug, Clone, Copy)]
pub(super) struct Access {
    /// Which group.
    pub(super) group: usize,
    /// Its base register, relative to the group's pointer.
    pub(super) base: i64,
    /// Its address, relative to the group's pointer.
    pub(super) offset: i64,
    /// What it does there.
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

/// What a block before has found out about a register's value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Carried<T> {
    /// What it has found out, for whoever translates.
    pub(super) pointer: T,
    /// The stretch that was tested, relative to the pointer.
    pub(super) stretch: Stretch,
    /// The register's value, relative to the pointer.
    pub(super) delta: i64,
}

/// What is carried from block to block, by register.
pub(super) type Carry<T> = [Option<Carried<T>>; 32];

/// The groups of a block.
pub(super) struct Groups<T> {
    pub(super) groups: Vec<Group>,
    /// For each group, what a block before has found out about its pointer.
    pub(super) inherited: Vec<Option<Carried<T>>>,
    /// For each instruction of the block, its place in a group.
    pub(super) accesses: Vec<Option<Access>>,
    /// For each register, the pointer that it holds after the block, and its value relative to that.
    after: [(usize, i64); 32],
    /// For each pointer, its group.
    by_pointer: Vec<Option<usize>>,
}

/// An access, before groups are made: the pointer it goes by, and so on.
struct Found {
    instruction: usize,
    pointer: usize,
    base: i64,
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

    /// The groups of a block that is always reached with what `carry` says.
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
            let inherited = carried.filter(|carried| carried.stretch.holds(group, carried.delta));
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

    /// The groups that go by what a register holds when the block begins: the register, and the group's number.
    pub(super) fn at_head(&self) -> Vec<(u8, usize)> {
        let registers = (0..32).zip(&self.by_pointer);
        registers.filter_map(|(register, &group)| Some((register, group?))).collect()
    }

    /// What can be said after the block, where `carry` was known before it. `pointer` tells what has been found out about
    /// a group.
    pub(super) fn carry(&self, carry: &Carry<T>, pointer: impl Fn(usize) -> Option<T>) -> Carry<T> {
        std::array::from_fn(|register| {
            let (held, offset) = self.after[register];
            if let Some(group) = self.by_pointer.get(held).copied().flatten()
                && let Some(pointer) = pointer(group)
            {
                let shift = self.inherited[group].as_ref().map_or(0, |carried| carried.delta);
                let stretch = self.groups[group].stretch;
                return Some(Carried { pointer, stretch, delta: offset.wrapping_add(shift) });
            }
            let carried = carry.get(held).copied().flatten()?;
            Some(Carried { delta: carried.delta.wrapping_add(offset), ..carried })
        })
    }
}

impl Stretch {
    /// Whether a group whose pointer lies `delta` further is inside, and may rely on the alignment.
    fn holds(&self, group: Group, delta: i64) -> bool {
        // Far from where it was tested nothing can be said, and sums stay small.
        delta.unsigned_abs() < 1 << 20
            && self.from <= group.lowest + delta
            && group.stretch.to + delta <= self.to
            && (self.alignment != 4 || group.stretch.alignment <= 4)
    }
}

impl Group {
    /// None if the accesses lie too far apart, or are not aligned alike.
    fn of<'a>(members: impl Iterator<Item = &'a Found> + Clone) -> Option<Self> {
        let lowest = members.clone().map(|access| access.offset).min()?;
        let to = members.clone().map(|access| access.offset + access.kind.width()).max()?;
        let alignment = match members.clone().map(|access| access.kind.width()).max()? {
            2 => 1,
            width => width,
        };
        let mut wide =
            members.clone().filter(|access| access.kind.width() == alignment).map(|access| access.offset);
        let rest = wide.next()?.rem_euclid(alignment);
        if wide.any(|offset| offset.rem_euclid(alignment) != rest) {
            return None;
        }
        // Down to the next address that is as aligned as the widest accesses are.
        let from = lowest - (lowest - rest).rem_euclid(alignment);
        let mut stores = None;
        for access in members.filter(|access| access.kind.is_store()) {
            let (low, high) = stores.unwrap_or((access.offset, access.offset));
            stores = Some((low.min(access.offset), high.max(access.offset + access.kind.width())));
        }
        let stretch = Stretch { from, to, alignment };
        (to - from <= LONGEST).then_some(Self { stretch, lowest, stores })
    }

    /// The same group, relative to a pointer that was carried here.
    fn shifted<T>(self, carried: Option<&Carried<T>>) -> Self {
        let Some(carried) = carried else { return self };
        let stores = self.stores.map(|(from, to)| (from + carried.delta, to + carried.delta));
        Self { stretch: carried.stretch, lowest: self.lowest + carried.delta, stores }
    }
}

/// Finds the accesses of a block. Copies of a pointer, and sums with constants, count as the same pointer.
///
/// Also says which pointer each register holds in the end. The first 32 pointers are what the registers hold in the
/// beginning.
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
        if changes_reservation(instruction) {
            // A reservation changes what may be stored to.
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

/// Whether the instruction may make or give up a reservation other than by a plain store.
fn changes_reservation(instruction: Instruction) -> bool {
    matches!(
        instruction.access(),
        Some(mips::Access::LoadLinked { .. } | mips::Access::StoreConditional { .. })
    )
}
