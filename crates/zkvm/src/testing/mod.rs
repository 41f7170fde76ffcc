//! What the tests of the tables share: random instructions, a judge of single rows, and mutations.

mod balance;
mod calls;
mod coverage;
mod degrees;
mod every_instruction;
mod faults;
mod instructions;
mod judge;
mod mutate;
#[cfg(feature = "prove")]
mod plonky3;
mod programs;
#[cfg(feature = "prove")]
mod security;
mod switches;
pub(crate) mod tree;
mod whole;

pub(crate) use balance::{Said, balance, check_segment, holds, refuses};
pub(crate) use calls::{Rows, Setup, call, check_call, check_call_mixes, is_right, judge_own};
#[cfg(feature = "prove")]
pub(crate) use every_instruction::every_instruction_state;
pub(crate) use instructions::{
    Found, Reserved, WINDOW, cpu, edges, execute, execute_linked, execute_with, instruction, instruction_at,
    value, window,
};
pub(crate) use judge::{Verdict, judge};
pub(crate) use mutate::{check_and_mutate, check_and_mutate_row, check_mixes, mutate};
pub(crate) use programs::{
    START, Threads, go_guest, machine, machine_of, machine_reading, machine_with, word,
};
