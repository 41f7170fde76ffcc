//! Shifts of 32 and 64 bits, by a constant or by a register.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::Shift;
pub(crate) use columns::ShiftRow;
