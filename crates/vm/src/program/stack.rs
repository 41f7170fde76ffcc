//! The initial stack: arguments, environment and auxiliary vector, in the layout of Linux.
//!
//! It must have the same bytes as in Cannon, because it is part of the initial state, whose hash is fixed on chain.

use crate::{
    layout::STACK_TOP,
    memory::{MemoryError, PAGE_BYTES},
    state::State,
};

/// The 16 bytes that `AT_RANDOM` points to. A kernel would fill them with random data.
const RANDOM: &[u8; 16] = b"4;byfairdiceroll";
const ENVIRONMENT: &[u8] = b"GODEBUG=memprofilerate=0\0";
const PROGRAM_NAME: &[u8] = b"op-program\0";
/// Types of entries in the auxiliary vector.
const AT_PAGESZ: u64 = 6;
const AT_RANDOM: u64 = 25;
/// The number of the register that holds the stack pointer.
const STACK_POINTER: u8 = 29;
/// How many pages below the stack pointer are allocated before the program starts.
const PAGES_BELOW: u64 = 4;

/// Writes the initial stack, and sets the stack pointer of the initial thread to it.
pub(super) fn set_up(state: &mut State) -> Result<(), MemoryError> {
    // The bytes that the words point to lie behind the ten words.
    let random = STACK_TOP + 8 * 10;
    let environment = random + RANDOM.len() as u64;
    let program_name = environment + (ENVIRONMENT.len() as u64).next_multiple_of(8);
    // The number of arguments; the arguments, the environment and the auxiliary vector, each with a zero at its end.
    let words = [1, program_name, 0, environment, 0, AT_PAGESZ, PAGE_BYTES as u64, AT_RANDOM, random, 0];

    let memory = &mut state.memory;
    for page in 0..=PAGES_BELOW {
        memory.write_bytes(STACK_TOP - page * PAGE_BYTES as u64, &[0; PAGE_BYTES])?;
    }
    for (word, address) in words.into_iter().zip((STACK_TOP..).step_by(8)) {
        memory.write_word(address, word)?;
    }
    memory.write_bytes(random, RANDOM)?;
    memory.write_bytes(environment, ENVIRONMENT)?;
    memory.write_bytes(program_name, PROGRAM_NAME)?;
    for thread in &mut state.left {
        thread.cpu.set(STACK_POINTER, STACK_TOP);
    }
    Ok(())
}
