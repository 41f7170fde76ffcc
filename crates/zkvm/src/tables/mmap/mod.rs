//! `mmap` and `gettid`: the calls that return what is in a cell of the machine's own state.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::Mmap;
pub(crate) use columns::MmapRow;
