//! `ll`, `lld`, `sc` and `scd`: load a word and reserve it, and store to a word that is still reserved.
//!
//! In the VM, each store to the reserved word clears the reservation. Here a store only notes its time, as all stores do. A
//! reservation stands if its word was not stored to since it was made. The row of the segment clears a reservation that
//! does not stand any more where the segment ends, so that the state is then that of the VM.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::Linked;
pub(crate) use columns::LinkedRow;
