//! `movz` and `movn`: a register becomes another one if a third one is zero, or if it is not.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::ConditionalMove;
pub(crate) use columns::ConditionalMoveRow;
