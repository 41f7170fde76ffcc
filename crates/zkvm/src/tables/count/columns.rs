//! The columns.

use crate::{
    bus::{Read, Step, Write},
    row::rows,
    tables::power::Power,
};

/// One count.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct CountRow<T> {
    pub(super) step: Step<T>,
    pub(super) clz: T,
    pub(super) clo: T,
    pub(super) dclz: T,
    pub(super) dclo: T,
    pub(super) rs: Read<T>,
    pub(super) rd: Write<T>,
    /// 1 for the highest limb with a bit that ends the count. All are 0 if there is none.
    pub(super) ends: [T; 4],
    /// The highest such bit of that limb; 0 if there is none.
    pub(super) bit: Power<T>,
    /// The bits below it, of which those that end a count are ones.
    pub(super) below: T,
}

rows!(CountRow);
