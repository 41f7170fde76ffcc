//! The columns.

use crate::{
    bus::{Step, Write},
    row::rows,
};

/// One constant.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct LoadConstantRow<T> {
    pub(super) step: Step<T>,
    pub(super) real: T,
    /// The second limb of the constant. The lowest one is 0.
    pub(super) high: T,
    /// 1 if the upper two limbs are all ones, and 0 if they are 0.
    pub(super) ones: T,
    pub(super) rd: Write<T>,
}

rows!(LoadConstantRow);
