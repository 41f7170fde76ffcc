//! The nodes of the state tree that a segment touches.

use super::Space;
use crate::tables::SPACE_LEVELS;
use alloy_primitives::map::HashSet;

/// The nodes of the state tree on the paths to touched leaves, with the leaves. Each of them is hashed at most twice: before
/// the segment and after it.
#[derive(Debug, Default)]
pub(super) struct Paths(HashSet<u64>);

impl Paths {
    /// A leaf is touched for the first time.
    pub(super) fn touch(&mut self, space: Space, leaf: u64) {
        let mut node = 1 << SPACE_LEVELS | leaf;
        while node != 0 && self.0.insert((space as u64) << (SPACE_LEVELS + 2) | node) {
            node >>= 1;
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_node_of_a_path_counts_once() {
        let mut paths = Paths::default();
        let levels = SPACE_LEVELS as usize;
        paths.touch(Space::Memory, 6);
        assert_eq!(paths.len(), levels + 1);
        paths.touch(Space::Memory, 6);
        paths.touch(Space::Memory, 7);
        assert_eq!(paths.len(), levels + 2);
        paths.touch(Space::Memory, 4);
        assert_eq!(paths.len(), levels + 4);
        paths.touch(Space::System, 6);
        paths.touch(Space::Memory, (1 << SPACE_LEVELS) - 1);
        assert_eq!(paths.len(), 3 * levels + 5);
    }
}
