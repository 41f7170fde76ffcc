//! `sched_yield`, `nanosleep` and `futex`: calls after which another thread runs. A `futex` that waits yields as long as its word
//! has the expected value, and one that wakes others only yields.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::Yields;
pub(crate) use columns::YieldsRow;
