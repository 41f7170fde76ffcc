//! How a row is made.

use super::{NodeRow, SECTIONS, columns::ChildCells};
use crate::{
    hash::{Digest, hash_node},
    stark::Val,
    trace::{Child, TouchedNode},
};
use core::array;
use p3_field::{Field, PrimeCharacteristicRing};

impl NodeRow<Val> {
    pub(crate) fn new(node: &TouchedNode) -> Self {
        let TouchedNode { section, level, index, left, right } = node;
        let last = *level + 1 == SECTIONS[*section];
        let below = Val::from_u32(SECTIONS[*section] - 1 - level);
        let next = |part: usize| if part == *section { 2 * index[part] } else { index[part] };
        let permuted = |left: &Digest, right: &Digest| {
            let digest = hash_node(left, right);
            array::from_fn(|element| digest[element] - left[element])
        };
        Self {
            section: array::from_fn(|number| Val::from_bool(number == *section)),
            level: Val::from_u32(*level),
            last: Val::from_bool(last),
            inverse: below.try_inverse().unwrap_or_default(),
            next_level: if last { Val::ZERO } else { Val::from_u32(level + 1) },
            index: index.map(Val::from_u32),
            next_index: array::from_fn(|part| Val::from_u32(next(part))),
            left: ChildCells::new(left),
            right: ChildCells::new(right),
            permuted: [permuted(&left.old, &right.old), permuted(&left.new, &right.new)],
        }
    }
}

impl ChildCells<Val> {
    const fn new(child: &Child) -> Self {
        Self { touched: if child.touched { Val::ONE } else { Val::ZERO }, old: child.old, new: child.new }
    }
}
