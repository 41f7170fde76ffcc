//! The registers and the cells of the machine's own state: each word's value before the segment and after it, tied to the
//! state tree. One table for each of the two spaces.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::{Registers, System};
pub(crate) use columns::CellsRow;
