//! What the tests of the tables share: random instructions, a judge of single rows, and mutations.

mod balance;
mod degrees;
mod instructions;
mod judge;
mod mutate;

pub(crate) use balance::{Said, balance, holds, refuses};
pub(crate) use instructions::{
    WINDOW, cpu, edges, execute, execute_with, instruction, instruction_at, value, window,
};
pub(crate) use judge::{Verdict, judge};
pub(crate) use mutate::{check_and_mutate, check_mixes, mutate};
