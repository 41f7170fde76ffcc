//! `getrandom`: bytes of SplitMix64 of the step go to a word of memory. An old version of the machine does nothing.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::GetRandom;
pub(crate) use columns::GetRandomRow;
