//! The columns.

use crate::{bus::MemoryCell, row::rows, word::Word};

/// One call.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct ClockRow<T> {
    /// When the step begins.
    pub(super) time: T,
    /// 1 for the wall clock.
    pub(super) realtime: T,
    /// 1 for the clock that counts steps.
    pub(super) monotonic: T,
    /// 1 for another clock, whose number has more than 16 bits.
    pub(super) large: T,
    /// 1 for another clock.
    pub(super) other: T,
    pub(super) arguments: [Word<T>; 3],
    /// What is proven not to be 0, and 0 if nothing is.
    pub(super) not_zero: T,
    pub(super) inverse: T,
    /// The steps of the segment, this one included, in two limbs. 0 for other clocks, as what follows.
    pub(super) elapsed: [T; 2],
    /// The steps since the start of the program.
    pub(super) steps: Word<T>,
    /// The carries out of the limbs of that sum.
    pub(super) carries: [T; 4],
    pub(super) seconds: Word<T>,
    /// The steps of these seconds.
    pub(super) whole: Word<T>,
    /// The other steps, in two limbs.
    pub(super) rest: [T; 2],
    /// The carries out of the lower three limbs of the sum of both.
    pub(super) rest_carries: [T; 3],
    /// How many steps more would not be a second, in two limbs.
    pub(super) left: [T; 2],
    /// The nanoseconds of the other steps, in two limbs.
    pub(super) nanoseconds: [T; 2],
    /// The lowest three bits of the address.
    pub(super) below: T,
    /// The carries out of the limbs of the address of the second word.
    pub(super) address_carries: [T; 4],
    /// The two words.
    pub(super) memory: [MemoryCell<T>; 2],
}

rows!(ClockRow);
