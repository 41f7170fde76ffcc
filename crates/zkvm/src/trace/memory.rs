//! The memory that a segment touches.

use super::{TouchedMemory, pages::Pages};

/// The leaves of memory that a segment touches.
#[derive(Debug, Default)]
pub(super) struct Memory {
    places: Pages<Places>,
    /// The leaves, with their numbers, in the order in which they were first touched.
    leaves: Vec<(u64, TouchedMemory)>,
}

/// The places of the 128 leaves of a page among all leaves, counted from 1. 0 stands for a leaf that is not touched.
#[derive(Debug)]
struct Places([u32; 128]);

impl Default for Places {
    fn default() -> Self {
        Self([0; 128])
    }
}

/// The number of the leaf around an address.
const fn leaf_of(address: u64) -> u64 {
    address >> 5
}

impl Memory {
    /// The leaf around an address. If it was not touched before, it is what `first` returns.
    #[inline]
    pub(super) fn touch(
        &mut self,
        address: u64,
        first: impl FnOnce() -> TouchedMemory,
    ) -> &mut TouchedMemory {
        let leaf = leaf_of(address);
        let place = &mut self.places.page(address).0[leaf as usize % 128];
        if *place == 0 {
            self.leaves.push((leaf, first()));
            *place = self.leaves.len() as u32;
        }
        &mut self.leaves[*place as usize - 1].1
    }

    /// The leaf around an address, if it is touched.
    #[cfg(test)]
    pub(super) fn touched(&mut self, address: u64) -> Option<&mut TouchedMemory> {
        let place = self.places.page(address).0[leaf_of(address) as usize % 128];
        self.leaves.get_mut((place as usize).checked_sub(1)?).map(|(_, touched)| touched)
    }

    /// The leaves in the order of their numbers.
    pub(super) fn into_leaves(self) -> Vec<(u64, TouchedMemory)> {
        let mut leaves = self.leaves;
        leaves.sort_unstable_by_key(|(leaf, _)| *leaf);
        leaves
    }
}
