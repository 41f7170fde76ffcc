//! Steps and system calls that end the turn of the running thread: it is preempted, it yields, it creates another thread, or it
//! is dropped because it has exited.
//!
//! The threads lie on two stacks, as in the VM. The registers of the running thread, the top of the active stack, are in the
//! space of the registers; every other thread is a record in the machine's own state, at its stack and depth. The
//! cells of a place that holds no thread are 0. If another thread runs after the step, the rows of the table `moved` move the registers.
//! A row of this table moves the rest: the program counters and the number of the thread.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::Switch;
pub(crate) use columns::SwitchRow;
#[cfg(feature = "record")]
pub(crate) use trace::{Moves, Switched};
