//! How a row is made.

use super::{MemoryBoundaryRow, columns::LeafCells};
use crate::{
    hash::permute,
    stark::Val,
    trace::{TouchedLeaf, TouchedMemory},
};
use core::array;
use p3_field::PrimeCharacteristicRing;

impl MemoryBoundaryRow<Val> {
    pub(crate) fn new(index: u64, memory: &TouchedMemory) -> Self {
        Self {
            real: Val::ONE,
            first: Val::from_u32(index as u32 & 0x7ff),
            second: Val::from_u16((index >> 11) as u16),
            third_low: Val::from_u32((index >> 27) as u32 & 7),
            third_high: Val::from_u32((index >> 30) as u32 & 0x1fff),
            fourth: Val::from_u16((index >> 43) as u16),
            leaf: LeafCells::new(&memory.leaf),
            stored: memory.stored.map(Val::from_u32),
            code_uses: Val::from_u32(memory.code_uses),
        }
    }
}

impl LeafCells<Val> {
    pub(crate) fn new(leaf: &TouchedLeaf) -> Self {
        let [old, new] = leaf.limbs();
        let permuted = |limbs: [Val; 16]| {
            let all = permute(limbs, &mut ());
            array::from_fn(|element| all[element])
        };
        Self {
            old,
            new,
            permuted: [permuted(old), permuted(new)],
            first: leaf.first.map(Val::from_i64),
            last: leaf.last.map(Val::from_i64),
        }
    }
}
