//! A register of a switch to another thread: its value moves to the record of the thread that ran, and that of the other thread
//! comes from its record. One row for each register, HI and LO too. They follow each other.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::{Moved, REGISTERS};
pub(crate) use columns::MovedRow;
#[cfg(feature = "record")]
pub(crate) use trace::MovedRegister;
