//! The columns.

#[cfg(doc)]
use crate::tables::result::DESCRIPTOR_BITS;
use crate::{row::rows, word::Word};

/// One call.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct FileRow<T> {
    /// When the step begins.
    pub(super) time: T,
    pub(super) read: T,
    pub(super) write: T,
    /// 1 for `fcntl` with one of the two commands that are supported.
    pub(super) fcntl: T,
    /// 1 for `fcntl` with a command of more than 16 bits.
    pub(super) large_command: T,
    /// 1 for `fcntl` with any other command.
    pub(super) other_command: T,
    pub(super) eventfd2: T,
    pub(super) arguments: [Word<T>; 3],
    /// 1 if the descriptor is looked up that is below 2^[`DESCRIPTOR_BITS`].
    pub(super) small: T,
    /// 1 if the lowest limb of the descriptor is above that.
    pub(super) large: T,
    /// 1 if one of the upper limbs of the descriptor is not 0.
    pub(super) upper: T,
    /// What is proven not to be 0: the sum of upper limbs, or the product of the command's distances from those that are
    /// supported. 0 if nothing is proven.
    pub(super) not_zero: T,
    pub(super) inverse: T,
    /// Of `eventfd2`: the flags below the one that it needs, that flag, and the ones above.
    pub(super) flags: [T; 3],
    /// The command of `fcntl` that is supported.
    pub(super) command: T,
    /// What selects the result.
    pub(super) selector: T,
    /// The result, if it is not an argument.
    pub(super) constant: T,
    pub(super) error: T,
    /// 1 if the result is a2.
    pub(super) copies: T,
    /// 1 if a2 must be at most 2^30.
    pub(super) limited: T,
    /// 1 if it is 2^30.
    pub(super) most: T,
    pub(super) value: Word<T>,
}

rows!(FileRow);
