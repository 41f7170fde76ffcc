//! A step that executes no instruction: the running thread is preempted, because it has used up its quantum of steps, and runs
//! on, because no other thread is on its stack.
//!
//! The thread moves to the other stack, and the stacks change roles. Its registers stay where they are.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::Stay;
pub(crate) use columns::StayRow;
#[cfg(feature = "record")]
pub(crate) use trace::Preempted;
