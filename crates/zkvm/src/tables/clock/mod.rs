//! `clock_gettime`: two words of memory get the time, which is counted in steps.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::Clock;
pub(crate) use columns::ClockRow;
