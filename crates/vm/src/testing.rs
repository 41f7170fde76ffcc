//! Random states for tests. Registers often hold addresses in the memory that a state has: code at 0x1000 and data at
//! 0x2000.

use crate::{
    LlStatus, NoOracle, Oracle, OracleError, Reservation, State, StateVersion, Thread, machine::Machine,
    memory::Memory,
};
use alloy_primitives::{B256, keccak256};
use proptest::{collection::vec, prelude::*};
use tribunal_mips::Cpu;

/// An oracle that has one pre-image.
pub(crate) struct OneAnswer(pub(crate) Vec<u8>);

impl Oracle for OneAnswer {
    fn preimage(&mut self, key: &B256) -> Result<Vec<u8>, OracleError> {
        if *key == key_of(&self.0) { Ok(self.0.clone()) } else { NoOracle.preimage(key) }
    }

    fn hint(&mut self, _hint: &[u8]) -> Result<(), OracleError> {
        Ok(())
    }
}

/// The keccak256 key of a pre-image: its hash, with the key's type in the first byte.
pub(crate) fn key_of(preimage: &[u8]) -> B256 {
    let mut key = keccak256(preimage);
    key[0] = 2;
    key
}

/// The value of a register: anything, small numbers, powers of two and their negatives, sign-extended 32-bit words,
/// addresses of the data, or addresses in a page that is not allocated.
pub(crate) fn register() -> impl Strategy<Value = u64> {
    prop_oneof![
        any::<u64>(),
        0_u64..16,
        (0_u64..64).prop_map(|bit| 1 << bit),
        (0_u64..64).prop_map(|bit| u64::MAX << bit),
        any::<i32>().prop_map(|word| i64::from(word) as u64),
        (0x2000_u64..0x4000),
        (0_u64..0x100).prop_map(|low| 0x7fff_ffff_0000 + low),
    ]
}

/// The word of an instruction. It is valid in most cases.
pub(crate) fn instruction() -> impl Strategy<Value = u32> {
    const OPCODE: u32 = 0xfc00_0000;
    /// These bits select an instruction of opcode 0.
    const FUNCTION: u32 = 0x3f;
    const SYSCALL: u32 = 0x0000_000c;
    prop_oneof![
        4 => (0..=FUNCTION, any::<u32>()).prop_map(|(function, rest)| rest & !(OPCODE | FUNCTION) | function),
        6 => (any::<u8>(), any::<u32>()).prop_map(|(opcode, rest)| u32::from(opcode) << 26 | rest & !OPCODE),
        1 => any::<u32>(),
        1 => Just(SYSCALL),
    ]
}

/// The number of a system call: mostly of one that does something.
fn syscall() -> impl Strategy<Value = u64> {
    const IMPLEMENTED: [u64; 16] =
        [5000, 5001, 5002, 5009, 5012, 5023, 5055, 5058, 5070, 5178, 5194, 5205, 5222, 5284, 5313, 5038];
    prop_oneof![16 => prop::sample::select(&IMPLEMENTED[..]), 1 => 5000_u64..5320]
}

/// An argument of a system call: descriptors, operations of `futex`, flags of `clone`, addresses of the data, or
/// anything.
fn argument() -> impl Strategy<Value = u64> {
    prop_oneof![0_u64..7, Just(100), Just(128), Just(129), Just(0x5_0f00), 0x2000_u64..0x2100, register()]
}

/// The registers of a thread. Half of them have the number and the arguments of a system call. Half of them are in a
/// delay slot.
fn cpu() -> impl Strategy<Value = Cpu> {
    let call = prop::option::of((syscall(), argument(), argument(), 0_u64..40));
    (vec(register(), 32), 0x1000_u64..0x1400, register(), register(), call, any::<bool>()).prop_map(
        |(registers, pc, lo, hi, call, in_delay_slot)| {
            let mut cpu = Cpu::at(pc & !3);
            for (number, value) in (0..).zip(registers) {
                cpu.set(number, value);
            }
            (cpu.lo, cpu.hi) = (lo, hi);
            if let Some((number, a0, a1, a2)) = call {
                for (register, value) in [(2, number), (4, a0), (5, a1), (6, a2)] {
                    cpu.set(register, value);
                }
            }
            if in_delay_slot {
                cpu.next_pc = 0x1200;
            }
            cpu
        },
    )
}

fn thread() -> impl Strategy<Value = Thread> {
    (0_u64..4, cpu(), prop::bool::weighted(0.1)).prop_map(|(id, cpu, exited)| Thread {
        exited,
        exit_code: u8::from(exited),
        ..Thread::new(id, cpu)
    })
}

/// A state, and a pre-image that it may be reading.
pub(crate) fn state() -> impl Strategy<Value = (State, Vec<u8>)> {
    let threads = (vec(thread(), 1..4), vec(thread(), 0..3), any::<bool>());
    let reservation = (0_usize..3, prop_oneof![0x2000_u64..0x2100, register()], 0_u64..4);
    // Some threads are close to the end of their quantum of 100 000 steps.
    let steps = (any::<u32>(), prop_oneof![0_u64..100, 99_990_u64..100_002]);
    let preimage = (vec(any::<u8>(), 0..40), 0_u64..50, any::<bool>());
    (threads, reservation, steps, preimage, memory()).prop_map(
        |(
            (active, other, traverse_right),
            (status, address, owner),
            (step, steps_since_switch),
            (preimage, offset, has_key),
            memory,
        )| {
            let mut state = State::new(StateVersion::MultiThreaded64V5, memory, 0x1000, 0x1000_0000_0000);
            let status = [LlStatus::None, LlStatus::Active32, LlStatus::Active64][status];
            state.reservation = Reservation { status, address, owner };
            (state.step, state.steps_since_switch) = (step.into(), steps_since_switch);
            state.preimage_key = if has_key { key_of(&preimage) } else { B256::ZERO };
            state.preimage_offset = offset;
            state.traverse_right = traverse_right;
            (state.left, state.right) = if traverse_right { (other, active) } else { (active, other) };
            (state, preimage)
        },
    )
}

/// Memory with 256 instructions at 0x1000 and 64 words of data at 0x2000.
fn memory() -> impl Strategy<Value = Memory> {
    (vec((instruction(), instruction()), 128), vec(register(), 64)).prop_map(|(code, data)| {
        let code = code.into_iter().map(|(first, second)| u64::from(first) << 32 | u64::from(second));
        let mut memory = Memory::new(1 << 12).expect("address space");
        for (words, start) in [(code.collect(), 0x1000_u64), (data, 0x2000)] {
            for (word, at) in words.into_iter().zip((start..).step_by(8)) {
                memory.write_word(at, word).expect("memory for two pages");
            }
        }
        memory
    })
}

/// A machine that runs from a random state.
pub(crate) fn machine((state, preimage): (State, Vec<u8>)) -> Machine {
    Machine::new(state, Box::new(OneAnswer(preimage)), Box::new(|_, _| {}))
}
