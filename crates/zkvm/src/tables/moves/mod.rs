//! Moves of a whole word from one register to another: `mfhi`, `mflo`, `mthi`, `mtlo`, `sync`, and additions and
//! bitwise operations that leave one operand as it is because the other is register 0.
//!
//! The decoder turns all of these into one operation. The limbs of the word are proven already, where it was sent first.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::Move;
pub(crate) use columns::MoveRow;
