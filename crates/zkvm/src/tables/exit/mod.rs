//! `exit_group`, and `exit` of the only thread: the end of the program. And `exit` of one of several threads, which the next
//! step drops; and `clone` with other flags than those of a thread, which ends the program too.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::Exit;
pub(crate) use columns::ExitRow;
