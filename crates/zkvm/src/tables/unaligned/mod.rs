//! `lwl`, `lwr`, `ldl`, `ldr`, `swl`, `swr`, `sdl` and `sdr`: load and store the two sides of values that are not
//! aligned.

mod air;
mod columns;
mod part;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::Unaligned;
pub(crate) use columns::UnalignedRow;
