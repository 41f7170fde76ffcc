//! Random states for tests: registers, a few threads, a reservation, and memory around the addresses in registers.

use crate::{
    LlStatus, NoOracle, Oracle, OracleError, Reservation, State, StateVersion, Thread, machine::Machine,
    memory::Memory,
};
use alloy_primitives::{B256, keccak256};
use proptest::{collection::vec, prelude::*};
use tribunal_mips::Cpu;

/// An oracle with one pre-image.
pub(crate) struct OneAnswer(pub(crate) Vec<u8>);

impl Oracle for OneAnswer {
    fn preimage(&mut self, key: &B256) -> Result<Vec<u8>, OracleError> {
        if *key == key_of(&self.0) { Ok(self.0.clone()) } else { NoOracle.preimage(key) }
    }

    fn hint(&mut self, _hint: &[u8]) -> Result<(), OracleError> {
        Ok(())
    }
}

/// The keccak256 key of a pre-image.
pub(crate) fn key_of(preimage: &[u8]) -> B256 {
    let mut key = keccak256(preimage);
    key[0] = 2;
    key
}

/// Typical values of registers: small ones, large ones, addresses, signs at every width.
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

/// Words that are mostly valid instructions.
pub(crate) fn instruction() -> impl Strategy<Value = u32> {
    let fields = (any::<u8>(), any::<u32>());
    prop_oneof![
        4 => (0_u32..64, any::<u32>()).prop_map(|(function, rest)| rest << 6 & 0x03ff_ffc0 | function),
        6 => fields.prop_map(|(opcode, rest)| u32::from(opcode) << 26 | rest & 0x03ff_ffff),
        1 => any::<u32>(),
        1 => Just(0x0000_000c),
    ]
}

/// Numbers of system calls.
fn syscall() -> impl Strategy<Value = u64> {
    prop_oneof![
        Just(5000_u64),
        Just(5001),
        Just(5002),
        Just(5009),
        Just(5012),
        Just(5023),
        Just(5055),
        Just(5058),
        Just(5070),
        Just(5178),
        Just(5194),
        Just(5205),
        Just(5222),
        Just(5284),
        Just(5313),
        Just(5038),
        5000_u64..5320,
    ]
}

fn argument() -> impl Strategy<Value = u64> {
    prop_oneof![0_u64..7, Just(100), Just(128), Just(129), Just(0x5_0f00), 0x2000_u64..0x2100, register()]
}

fn cpu() -> impl Strategy<Value = Cpu> {
    let arguments = (syscall(), argument(), argument(), 0_u64..40, any::<bool>());
    (vec(register(), 32), 0x1000_u64..0x1400, register(), register(), arguments, any::<bool>()).prop_map(
        |(registers, pc, lo, hi, (number, a0, a1, a2, calls), delayed)| {
            let mut cpu = Cpu::at(pc & !3);
            for (number, value) in (0..).zip(registers) {
                cpu.set(number, value);
            }
            (cpu.lo, cpu.hi) = (lo, hi);
            if calls {
                for (register, value) in [(2, number), (4, a0), (5, a1), (6, a2)] {
                    cpu.set(register, value);
                }
            }
            if delayed {
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

/// A pre-image, and a state that may be reading it.
pub(crate) fn state() -> impl Strategy<Value = (State, Vec<u8>)> {
    let threads = (vec(thread(), 1..4), vec(thread(), 0..3), any::<bool>());
    let reservation = (0_u8..3, prop_oneof![0x2000_u64..0x2100, register()], 0_u64..4);
    let clock = (any::<u32>(), prop_oneof![0_u64..100, 99_990_u64..100_002]);
    let preimage = (vec(any::<u8>(), 0..40), 0_u64..50, any::<bool>());
    let words = (vec(instruction(), 0x100), vec(register(), 64));
    (threads, reservation, clock, preimage, words).prop_map(
        |(
            (active, other, right),
            (status, address, owner),
            (step, since),
            (preimage, offset, known),
            (code, data),
        )| {
            let mut memory = Memory::new(1 << 12).expect("room");
            for (word, at) in code.chunks(2).zip((0x1000..).step_by(8)) {
                memory.write_word(at, u64::from(word[0]) << 32 | u64::from(word[1])).expect("room");
            }
            for (word, at) in data.into_iter().zip((0x2000..).step_by(8)) {
                memory.write_word(at, word).expect("room");
            }
            let mut state = State::new(StateVersion::MultiThreaded64V5, memory, 0x1000, 0x1000_0000_0000);
            let status = [LlStatus::None, LlStatus::Active32, LlStatus::Active64][usize::from(status)];
            state.reservation = Reservation { status, address, owner };
            (state.step, state.steps_since_switch) = (step.into(), since);
            state.preimage_key = if known { key_of(&preimage) } else { B256::ZERO };
            state.preimage_offset = offset;
            state.traverse_right = right;
            (state.left, state.right) = if right { (other, active) } else { (active, other) };
            (state, preimage)
        },
    )
}

/// A machine that runs from a random state.
pub(crate) fn machine((state, preimage): (State, Vec<u8>)) -> Machine {
    Machine::new(state, Box::new(OneAnswer(preimage)), Box::new(|_, _| {}))
}
