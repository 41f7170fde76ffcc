//! System calls of a hashed state.
//!
//! A witness does not contain the version of the machine. As in the contract, `getrandom` is checked as the newest
//! version defines it.

use super::{
    CheckError, memory, preimage,
    step::{Parts, store},
    threads::Running,
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
/// The value of register 7 after a call that failed.
const FAILED: u64 = u64::MAX;

/// The numbers of the calls that return 0 and do nothing.
const IGNORED: &[u64] = &[
    5003, 5004, 5005, 5008, 5010, 5011, 5013, 5014, 5015, 5016, 5026, 5027, 5036, 5061, 5087, 5095, 5100,
    5102, 5129, 5196, 5208, 5216, 5217, 5220, 5225, 5247, 5257, 5272, 5285, 5287, 5297, 5038,
];

/// Makes the step of a system call.
pub(super) fn call(
    mut state: HashedState,
    mut running: Running,
    parts: &Parts<'_>,
    proof: &StepProof,
) -> Result<HashedState, CheckError> {
    let registers = running.thread.cpu.registers;
    let [number, a0, a1, a2] = [registers[2], registers[4], registers[5], registers[6]];
    let (result, error) = match number {
        // read, write, open, mmap, brk
        5000 => read(&mut state, parts, proof, [a0, a1, a2])?,
        5001 => write(&mut state, parts, [a0, a1, a2])?,
        5002 => (EBADF, FAILED),
        5009 => mmap(&mut state, a0, a1),
        5012 => (PROGRAM_BREAK, 0),
        // sched_yield, nanosleep
        5023 | 5034 => return Ok(yield_thread(state, running)),
        // clone, exit
        5055 => return Ok(clone(state, running, a0, a1)),
        5058 => {
            running.thread.exited = true;
            running.thread.exit_code = a0 as u8;
            if running.is_last(&state) {
                state.exited = true;
                state.exit_code = a0 as u8;
            }
            running.close(&mut state);
            return Ok(state);
        }
        // fcntl, gettid, futex
        5070 => fcntl(a0, a1),
        5178 => (running.thread.id, 0),
        5194 => match a1 {
            128 => {
                let word = memory::read(&state.memory_root, parts.first, a0 & WORD_MASK)?;
                let value = if a0 & 4 == 0 { word >> 32 } else { word & 0xffff_ffff };
                if value == a2 & 0xffff_ffff {
                    return Ok(yield_thread(state, running));
                }
                (EAGAIN, FAILED)
            }
            129 => return Ok(yield_thread(state, running)),
            _ => (EINVAL, FAILED),
        },
        // exit_group
        5205 => {
            state.exited = true;
            state.exit_code = a0 as u8;
            return Ok(state);
        }
        // clock_gettime, eventfd2, getrandom
        5222 => clock_gettime(&mut state, parts, a0, a1)?,
        5284 if a1 & 0x80 != 0 => (100, 0),
        5284 => (EINVAL, FAILED),
        5313 => getrandom(&mut state, parts, a0, a1)?,
        _ if IGNORED.contains(&number) => (0, 0),
        _ => return Err(Fault::UnknownSyscall { number }.into()),
    };
    resume(&mut running.thread.cpu, result, error);
    running.close(&mut state);
    Ok(state)
}

/// Returns from the call.
const fn resume(cpu: &mut Cpu, result: u64, error: u64) {
    cpu.registers[2] = result;
    cpu.registers[7] = error;
    cpu.pc = cpu.next_pc;
    cpu.next_pc = cpu.next_pc.wrapping_add(4);
}

fn yield_thread(mut state: HashedState, mut running: Running) -> HashedState {
    resume(&mut running.thread.cpu, 0, 0);
    running.preempt(&mut state);
    state
}

fn clone(mut state: HashedState, mut running: Running, flags: u64, stack: u64) -> HashedState {
    if flags != 0x5_0f00 {
        state.exited = true;
        state.exit_code = 2;
        return state;
    }
    let id = state.next_thread_id;
    state.next_thread_id = id.wrapping_add(1);
    let mut child = Thread::new(id, running.thread.cpu.clone());
    resume(&mut child.cpu, 0, 0);
    child.cpu.next_pc = child.cpu.pc.wrapping_add(4);
    child.cpu.registers[29] = stack;
    resume(&mut running.thread.cpu, id, 0);
    running.push(&mut state, &child);
    state
}

fn mmap(state: &mut HashedState, address: u64, length: u64) -> (u64, u64) {
    if address != 0 {
        return (address, 0);
    }
    let pages = u128::from(length).div_ceil(4096) * 4096;
    let end = u128::from(state.heap) + pages;
    if end > u128::from(HEAP_END) {
        return (EINVAL, FAILED);
    }
    let start = std::mem::replace(&mut state.heap, end as u64);
    (start, 0)
}

const fn fcntl(descriptor: u64, command: u64) -> (u64, u64) {
    match (command, descriptor) {
        (1, 0..=6) | (3, 0 | 3 | 5) => (0, 0),
        (3, 1 | 2 | 4 | 6) => (1, 0),
        (1 | 3, _) => (EBADF, FAILED),
        _ => (EINVAL, FAILED),
    }
}

/// The offset of `address` in its word, and how many of `count` bytes fit from there to the word's end.
const fn window(address: u64, count: u64) -> (usize, usize) {
    let place = (address & 7) as usize;
    let room = 8 - place;
    (place, if count < room as u64 { count as usize } else { room })
}

fn read(
    state: &mut HashedState,
    parts: &Parts<'_>,
    proof: &StepProof,
    [descriptor, address, count]: [u64; 3],
) -> Result<(u64, u64), CheckError> {
    match descriptor {
        0 => return Ok((0, 0)),
        3 => return Ok((count, 0)),
        5 => {}
        100 => return Ok((EAGAIN, FAILED)),
        _ => return Ok((EBADF, FAILED)),
    }
    let mut word = memory::read(&state.memory_root, parts.first, address & WORD_MASK)?.to_be_bytes();
    let rest = preimage::read(state, proof)?;
    let (place, room) = window(address, count);
    let taken = room.min(rest.len());
    word[place..place + taken].copy_from_slice(&rest[..taken]);
    store(state, parts.first, address & WORD_MASK, u64::from_be_bytes(word))?;
    state.preimage_offset += taken as u64;
    Ok((taken as u64, 0))
}

fn write(
    state: &mut HashedState,
    parts: &Parts<'_>,
    [descriptor, address, count]: [u64; 3],
) -> Result<(u64, u64), CheckError> {
    match descriptor {
        1 | 2 | 4 => return Ok((count, 0)),
        6 => {}
        100 => return Ok((EAGAIN, FAILED)),
        _ => return Ok((EBADF, FAILED)),
    }
    let word = memory::read(&state.memory_root, parts.first, address & WORD_MASK)?.to_be_bytes();
    let (place, taken) = window(address, count);
    let shifted = [&state.preimage_key[taken..], &word[place..place + taken]].concat();
    state.preimage_key.copy_from_slice(&shifted);
    state.preimage_offset = 0;
    Ok((taken as u64, 0))
}

fn clock_gettime(
    state: &mut HashedState,
    parts: &Parts<'_>,
    clock: u64,
    address: u64,
) -> Result<(u64, u64), CheckError> {
    let steps = match clock {
        0 => 0,
        1 => state.step,
        _ => return Ok((EINVAL, FAILED)),
    };
    let first = address & WORD_MASK;
    store(state, parts.first, first, steps / 10_000_000)?;
    store(state, parts.second, first.wrapping_add(8), steps % 10_000_000 * 100)?;
    Ok((0, 0))
}

fn getrandom(
    state: &mut HashedState,
    parts: &Parts<'_>,
    address: u64,
    count: u64,
) -> Result<(u64, u64), CheckError> {
    let mut random = state.step.wrapping_add(0x9e37_79b9_7f4a_7c15);
    for (shift, factor) in [(30, 0xbf58_476d_1ce4_e5b9), (27, 0x94d0_49bb_1331_11eb)] {
        random = (random ^ random >> shift).wrapping_mul(factor);
    }
    let random = (random ^ random >> 31).to_be_bytes();
    let mut word = memory::read(&state.memory_root, parts.first, address & WORD_MASK)?.to_be_bytes();
    let (place, taken) = window(address, count);
    word[place..place + taken].copy_from_slice(&random[place..place + taken]);
    store(state, parts.first, address & WORD_MASK, u64::from_be_bytes(word))?;
    Ok((taken as u64, 0))
}
