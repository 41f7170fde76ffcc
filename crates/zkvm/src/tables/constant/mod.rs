//! `lui`: a constant becomes the value of a register.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::LoadConstant;
pub(crate) use columns::LoadConstantRow;
