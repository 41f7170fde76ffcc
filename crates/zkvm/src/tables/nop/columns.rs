//! The columns.

use crate::{bus::Step, row::rows};

/// One `nop`.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct NopRow<T> {
    pub(super) step: Step<T>,
    pub(super) real: T,
}

rows!(NopRow);
