//! Permutations of the state tree's hash. Each is sent as often as it is used.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::Hash;
pub(crate) use columns::HashRow;
