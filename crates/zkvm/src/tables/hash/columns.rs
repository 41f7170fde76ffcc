//! The columns.

use crate::{
    hash::{HALF_ROUNDS, PARTIAL_ROUNDS, WIDTH},
    row::rows,
};

/// One permutation.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct HashRow<T> {
    pub(crate) input: [T; WIDTH],
    /// The state after each full round before the partial ones.
    pub(super) first: [[T; WIDTH]; HALF_ROUNDS],
    /// The first element after the S-box of each partial round.
    pub(super) middle: [T; PARTIAL_ROUNDS],
    /// The state after each full round after the partial ones, but for the last round.
    pub(super) last: [[T; WIDTH]; HALF_ROUNDS - 1],
    /// The first half of the output.
    pub(super) output: [T; 8],
    /// How often the permutation is used.
    pub(crate) uses: T,
}

rows!(HashRow);
