//! `div`, `divu`, `ddiv` and `ddivu`: quotients and remainders of two registers.

mod air;
mod columns;
#[cfg(all(test, feature = "prove"))]
mod tests;
#[cfg(feature = "prove")]
mod trace;

pub(crate) use air::Divide;
pub(crate) use columns::DivideRow;
