//! The columns.

use crate::{
    bus::{Constant, Read, Step, Write},
    row::rows,
    tables::add::Sum,
};

/// One addition of a constant.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct AddImmediateRow<T> {
    pub(super) step: Step<T>,
    pub(super) daddiu: T,
    pub(super) addiu: T,
    pub(super) rs: Read<T>,
    pub(super) constant: Constant<T>,
    pub(super) rd: Write<T>,
    pub(super) sum: Sum<T>,
}

rows!(AddImmediateRow);
