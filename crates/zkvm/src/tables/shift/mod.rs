//! Shifts of 32 and 64 bits: a table of those by a constant, and a table of those by a register.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::{Shift, ShiftVariable};
pub(crate) use columns::{ShiftRow, ShiftVariableRow};
