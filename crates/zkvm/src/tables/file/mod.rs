//! What `read`, `write`, `fcntl` and `eventfd2` do without memory: the results that depend on the descriptor, the command and
//! the length. The bytes that go to the console or are hints are no part of the state.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::File;
pub(crate) use columns::FileRow;
