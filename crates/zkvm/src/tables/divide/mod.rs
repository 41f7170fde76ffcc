//! `div`, `divu`, `ddiv` and `ddivu`: quotients and remainders of two registers.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::Divide;
pub(crate) use columns::DivideRow;
