//! `clone`: a thread creates another one, which runs first.
//!
//! A row of the table `switch` makes a record of the thread, whose registers stay where they are. Then a row of this table turns
//! them into those of the new thread.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::CloneThread;
pub(crate) use columns::CloneThreadRow;
