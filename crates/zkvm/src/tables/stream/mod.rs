//! The words of what is hashed of the local keys: a row packs eight bytes, and sends them as a word of region 0.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::Stream;
pub(crate) use columns::StreamRow;
