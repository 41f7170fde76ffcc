//! Which loads and stores of a block go by the same pointer, so that what they have in common is done once: the search
//! for the segment, the tests for alignment and for leave to store. It is what makes most loads and stores one
//! instruction of the host.

use super::{region::Block, registers::writes};
use crate::decode::{Instruction, Op};

/// The longest stretch of memory that a group may span. Less than a page, so that no page lies between its first and
/// last byte.
const LONGEST: i64 = 2048;

/// Accesses relative to one pointer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Group {
    /// The lowest address, relative to the pointer, aligned as the addresses are expected to be.
    pub(super) from: i64,
    /// The end of the highest.
    pub(super) to: i64,
    /// What addresses are expected to be multiples of: 8, 4 or 1.
    pub(super) alignment: i64,
    /// The same range, of the stores alone.
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
}

/// The groups of a block.
pub(super) struct Groups {
    pub(super) groups: Vec<Group>,
    /// For each instruction of the block, its place in a group.
    pub(super) accesses: Vec<Option<Access>>,
}

/// An access, before groups are made: the pointer it goes by, and so on.
struct Found {
    instruction: usize,
    pointer: usize,
    base: i64,
    offset: i64,
    width: i64,
    is_store: bool,
}

impl Groups {
    pub(super) const fn none() -> Self {
        Self { groups: Vec::new(), accesses: Vec::new() }
    }

    pub(super) fn of(block: &Block) -> Self {
        let found = find(block);
        let mut result = Self { groups: Vec::new(), accesses: vec![None; block.code.len()] };
        let pointers = found.iter().map(|access| access.pointer).max().map_or(0, |most| most + 1);
        let mut by_pointer = vec![Vec::new(); pointers];
        for (place, access) in found.iter().enumerate() {
            by_pointer[access.pointer].push(place);
        }
        for members in by_pointer.iter().filter(|members| members.len() > 1) {
            let Some(group) = Group::of(members.iter().map(|&place| &found[place])) else { continue };
            for &place in members {
                let Found { instruction, base, offset, .. } = found[place];
                result.accesses[instruction] = Some(Access { group: result.groups.len(), base, offset });
            }
            result.groups.push(group);
        }
        result
    }
}

impl Group {
    /// None if the accesses lie too far apart, or are not aligned alike.
    fn of<'a>(members: impl Iterator<Item = &'a Found> + Clone) -> Option<Self> {
        let lowest = members.clone().map(|access| access.offset).min()?;
        let to = members.clone().map(|access| access.offset + access.width).max()?;
        let alignment = match members.clone().map(|access| access.width).max()? {
            2 => 1,
            width => width,
        };
        let mut wide = members.clone().filter(|access| access.width == alignment).map(|access| access.offset);
        let rest = wide.next()?.rem_euclid(alignment);
        if wide.any(|offset| offset.rem_euclid(alignment) != rest) {
            return None;
        }
        // Down to the next address that is as aligned as the widest accesses are.
        let from = lowest - (lowest - rest).rem_euclid(alignment);
        let mut stores = None;
        for access in members.filter(|access| access.is_store) {
            let (low, high) = stores.unwrap_or((access.offset, access.offset));
            stores = Some((low.min(access.offset), high.max(access.offset + access.width)));
        }
        (to - from <= LONGEST).then_some(Self { from, to, alignment, stores })
    }
}

/// Finds the accesses of a block. Copies of a pointer, and sums with constants, count as the same pointer.
fn find(block: &Block) -> Vec<Found> {
    let mut found = Vec::new();
    let mut values: [(usize, i64); 32] = std::array::from_fn(|register| (register, 0));
    let mut pointers = values.len();
    for (place, &instruction) in block.code.iter().enumerate() {
        let Instruction { op, rs, rt, rd, imm } = instruction;
        let (pointer, base) = values[usize::from(rs)];
        if let Some((width, is_store)) = access(op) {
            let offset = base.wrapping_add(i64::from(imm));
            found.push(Found { instruction: place, pointer, base, offset, width, is_store });
        }
        if matches!(op, Op::Ll | Op::Lld | Op::Sc | Op::Scd) {
            // A reservation changes what may be stored to.
            for value in &mut values {
                *value = (pointers, 0);
                pointers += 1;
            }
        }
        if writes(instruction).contains(rd) {
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
    found
}

/// The width of a load or store, in bytes, and whether it is a store; none for those that can be in no group.
const fn access(op: Op) -> Option<(i64, bool)> {
    match op {
        Op::Lb | Op::Lbu => Some((1, false)),
        Op::Lh | Op::Lhu => Some((2, false)),
        Op::Lw | Op::Lwu => Some((4, false)),
        Op::Ld => Some((8, false)),
        Op::Sb => Some((1, true)),
        Op::Sh => Some((2, true)),
        Op::Sw => Some((4, true)),
        Op::Sd => Some((8, true)),
        _ => None,
    }
}
