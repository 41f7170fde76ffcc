//! What the tests of the tables share: random instructions, a judge of single rows, and mutations.

mod instructions;
mod judge;
mod mutate;

pub(crate) use instructions::{edges, execute, execute_with, instruction, value, window};
pub(crate) use judge::{Verdict, judge};
pub(crate) use mutate::{check_and_mutate, mutate};
