//! Products of two words: a row has one product, and says it as often as it is used.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::Product;
pub(crate) use columns::ProductRow;
