//! System calls, executed on a state of which only the witness is known.
//!
//! A witness does not contain the version of the machine. So `getrandom` is checked by the rules of the newest version,
//! as in that version's contract. In `multithreaded64-4` the call does something else, so a proof of it is refused.

use super::{
    CheckError, memory, preimage,
    step::{ProofData, store},
    threads::RunningThread,
    witness::HashedState,
};
use crate::{
    StepProof,
    error::Fault,
    layout::{HEAP_END, PROGRAM_BREAK},
    state::Thread,
};
use tribunal_mips::{Cpu, WORD_MASK};

/// Error numbers of Linux.
const EBADF: u64 = 9;
const EAGAIN: u64 = 11;
const EINVAL: u64 = 22;

/// The numbers of the calls that return 0 and do nothing.
const IGNORED: &[u64] = &[
    5003, 5004, 5005, 5008, 5010, 5011, 5013, 5014, 5015, 5016, 5026, 5027, 5036, 5061, 5087, 5095, 5100,
    5102, 5129, 5196, 5208, 5216, 5217, 5220, 5225, 5247, 5257, 5272, 5285, 5287, 5297, 5038,
];

/// What a call leaves in registers 2 and 7: its result and 0, or an error number and the error flag.
type Returned = (u64, u64);

const fn failed(errno: u64) -> Returned {
    (errno, u64::MAX)
}

/// Makes the step of a system call, and returns the state after it.
pub(super) fn call(
    mut state: HashedState,
    mut running: RunningThread,
    data: &ProofData<'_>,
    proof: &StepProof,
) -> Result<HashedState, CheckError> {
    let registers = running.thread.cpu.registers;
    let [number, a0, a1, a2] = [registers[2], registers[4], registers[5], registers[6]];
    let returned = match number {
        // read
        5000 => read(&mut state, data, proof, [a0, a1, a2])?,
        // write
        5001 => write(&mut state, data, [a0, a1, a2])?,
        // open
        5002 => failed(EBADF),
        // mmap
        5009 => mmap(&mut state, a0, a1),
        // brk
        5012 => (PROGRAM_BREAK, 0),
        // sched_yield, nanosleep
        5023 | 5034 => return Ok(yield_thread(state, running)),
        // clone
        5055 => return Ok(clone(state, running, a0, a1)),
        // exit
        5058 => return Ok(exit_thread(state, running, a0 as u8)),
        // fcntl
        5070 => fcntl(a0, a1),
        // gettid
        5178 => (running.thread.id, 0),
        // futex
        5194 => match futex(&state, data, [a0, a1, a2])? {
            Some(returned) => returned,
            None => return Ok(yield_thread(state, running)),
        },
        // exit_group
        5205 => {
            state.exited = true;
            state.exit_code = a0 as u8;
            return Ok(state);
        }
        // clock_gettime
        5222 => clock_gettime(&mut state, data, a0, a1)?,
        // eventfd2: returns the descriptor 100. The flag 0x80 (`EFD_NONBLOCK`) must be set.
        5284 if a1 & 0x80 != 0 => (100, 0),
        5284 => failed(EINVAL),
        // getrandom
        5313 => getrandom(&mut state, data, a0, a1)?,
        _ if IGNORED.contains(&number) => (0, 0),
        _ => return Err(Fault::UnknownSyscall { number }.into()),
    };
    return_from_call(&mut running.thread.cpu, returned);
    running.write_back(&mut state);
    Ok(state)
}

/// Sets the result registers of a call, and moves the thread to the next instruction.
const fn return_from_call(cpu: &mut Cpu, (result, error): Returned) {
    cpu.registers[2] = result;
    cpu.registers[7] = error;
    cpu.pc = cpu.next_pc;
    cpu.next_pc = cpu.next_pc.wrapping_add(4);
}

fn yield_thread(mut state: HashedState, mut running: RunningThread) -> HashedState {
    return_from_call(&mut running.thread.cpu, (0, 0));
    running.preempt(&mut state);
    state
}

/// `clone`: creates a thread, which runs first. It continues after the call, like the thread that created it.
fn clone(mut state: HashedState, mut running: RunningThread, flags: u64, stack: u64) -> HashedState {
    // These are the flags with which Go creates threads. Any other flags end the program.
    if flags != 0x5_0f00 {
        state.exited = true;
        state.exit_code = 2;
        return state;
    }
    let id = state.next_thread_id;
    state.next_thread_id = id.wrapping_add(1);
    let mut child = Thread::new(id, running.thread.cpu.clone());
    return_from_call(&mut child.cpu, (0, 0));
    child.cpu.next_pc = child.cpu.pc.wrapping_add(4);
    child.cpu.registers[29] = stack;
    return_from_call(&mut running.thread.cpu, (id, 0));
    running.push(&mut state, &child);
    state
}

/// `exit`: marks the thread as exited. It stays on its stack until its next turn. The program exits with its last
/// thread.
fn exit_thread(mut state: HashedState, mut running: RunningThread, code: u8) -> HashedState {
    running.thread.exited = true;
    running.thread.exit_code = code;
    if running.is_last(&state) {
        state.exited = true;
        state.exit_code = code;
    }
    running.write_back(&mut state);
    state
}

/// `futex`. Returns `None` if the thread yields: it yields if it waits for the word to change, or wakes other threads.
fn futex(
    state: &HashedState,
    data: &ProofData<'_>,
    [address, operation, expected]: [u64; 3],
) -> Result<Option<Returned>, CheckError> {
    match operation {
        // FUTEX_WAIT_PRIVATE
        128 => {
            let word = memory::read(&state.memory_root, data.first_word, address & WORD_MASK)?;
            let value = if address & 4 == 0 { word >> 32 } else { word & 0xffff_ffff };
            Ok(if value == expected & 0xffff_ffff { None } else { Some(failed(EAGAIN)) })
        }
        // FUTEX_WAKE_PRIVATE
        129 => Ok(None),
        _ => Ok(Some(failed(EINVAL))),
    }
}

/// `mmap`: if no address is requested, maps the next part of the heap. A requested address is returned as it is.
fn mmap(state: &mut HashedState, address: u64, length: u64) -> Returned {
    if address != 0 {
        return (address, 0);
    }
    let size = u128::from(length).div_ceil(4096) * 4096;
    let end = u128::from(state.heap) + size;
    if end > u128::from(HEAP_END) {
        return failed(EINVAL);
    }
    let start = std::mem::replace(&mut state.heap, end as u64);
    (start, 0)
}

const fn fcntl(descriptor: u64, command: u64) -> Returned {
    match (command, descriptor) {
        // F_GETFD: no descriptor has flags. F_GETFL: 0 if it can be read, 1 if it can be written.
        (1, 0..=6) | (3, 0 | 3 | 5) => (0, 0),
        (3, 1 | 2 | 4 | 6) => (1, 0),
        (1 | 3, _) => failed(EBADF),
        _ => failed(EINVAL),
    }
}

/// The offset of `address` in its word, and the number of bytes to transfer: `count`, or fewer if the word ends
/// earlier.
const fn span_in_word(address: u64, count: u64) -> (usize, usize) {
    let offset = (address & 7) as usize;
    let room = 8 - offset;
    (offset, if count < room as u64 { count as usize } else { room })
}

/// Reads from a descriptor. Only a read of the pre-image (5) stores bytes, and none beyond the word that contains
/// `address`.
fn read(
    state: &mut HashedState,
    data: &ProofData<'_>,
    proof: &StepProof,
    [descriptor, address, count]: [u64; 3],
) -> Result<Returned, CheckError> {
    match descriptor {
        // The standard input is empty. The acknowledgement of a hint (3) carries no information, so it is not stored.
        0 => return Ok((0, 0)),
        3 => return Ok((count, 0)),
        5 => {}
        100 => return Ok(failed(EAGAIN)),
        _ => return Ok(failed(EBADF)),
    }
    let mut word = memory::read(&state.memory_root, data.first_word, address & WORD_MASK)?.to_be_bytes();
    let rest = preimage::read(state, proof)?;
    let (offset, room) = span_in_word(address, count);
    let taken = room.min(rest.len());
    word[offset..offset + taken].copy_from_slice(&rest[..taken]);
    store(state, data.first_word, address & WORD_MASK, u64::from_be_bytes(word))?;
    state.preimage_offset += taken as u64;
    Ok((taken as u64, 0))
}

/// Writes to a descriptor. Only a write to the pre-image key (6) changes the state: it shifts bytes into the key from
/// the right. It takes no bytes beyond the word that contains `address`.
fn write(
    state: &mut HashedState,
    data: &ProofData<'_>,
    [descriptor, address, count]: [u64; 3],
) -> Result<Returned, CheckError> {
    match descriptor {
        1 | 2 | 4 => return Ok((count, 0)),
        6 => {}
        100 => return Ok(failed(EAGAIN)),
        _ => return Ok(failed(EBADF)),
    }
    let word = memory::read(&state.memory_root, data.first_word, address & WORD_MASK)?.to_be_bytes();
    let (offset, taken) = span_in_word(address, count);
    let shifted = [&state.preimage_key[taken..], &word[offset..offset + taken]].concat();
    state.preimage_key.copy_from_slice(&shifted);
    state.preimage_offset = 0;
    Ok((taken as u64, 0))
}

/// Stores the time: 10 million steps are a second. The clock 0 (`CLOCK_REALTIME`) always shows 0.
fn clock_gettime(
    state: &mut HashedState,
    data: &ProofData<'_>,
    clock: u64,
    address: u64,
) -> Result<Returned, CheckError> {
    let steps = match clock {
        0 => 0,
        1 => state.step,
        _ => return Ok(failed(EINVAL)),
    };
    let seconds = address & WORD_MASK;
    let nanoseconds = seconds.wrapping_add(8);
    store(state, data.first_word, seconds, steps / 10_000_000)?;
    store(state, data.second_word, nanoseconds, steps % 10_000_000 * 100)?;
    Ok((0, 0))
}

/// Stores pseudo-random bytes, but none beyond the word that contains `address`. They are the output of SplitMix64 for
/// the number of the step.
fn getrandom(
    state: &mut HashedState,
    data: &ProofData<'_>,
    address: u64,
    count: u64,
) -> Result<Returned, CheckError> {
    let mut random = state.step.wrapping_add(0x9e37_79b9_7f4a_7c15);
    for (shift, factor) in [(30, 0xbf58_476d_1ce4_e5b9), (27, 0x94d0_49bb_1331_11eb)] {
        random = (random ^ random >> shift).wrapping_mul(factor);
    }
    let random = (random ^ random >> 31).to_be_bytes();
    let mut word = memory::read(&state.memory_root, data.first_word, address & WORD_MASK)?.to_be_bytes();
    let (offset, taken) = span_in_word(address, count);
    word[offset..offset + taken].copy_from_slice(&random[offset..offset + taken]);
    store(state, data.first_word, address & WORD_MASK, u64::from_be_bytes(word))?;
    Ok((taken as u64, 0))
}
