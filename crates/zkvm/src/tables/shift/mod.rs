//! Shifts of 32 and 64 bits, by a constant or by a register.

mod air;
mod columns;
#[cfg(all(test, feature = "prove"))]
mod tests;
#[cfg(feature = "prove")]
mod trace;

pub(crate) use air::Shift;
pub(crate) use columns::ShiftRow;
