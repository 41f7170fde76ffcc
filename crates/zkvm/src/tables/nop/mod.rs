//! The instruction word 0, `nop`: a step that only advances the program counter.
//!
//! It has a table of its own because compilers fill delay slots with it.

mod air;
mod columns;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::Nop;
pub(crate) use columns::NopRow;
