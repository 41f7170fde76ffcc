//! Machines that run short programs.

use super::Reserved;
use crate::trace::Preimages;
use alloy_primitives::B256;
use std::sync::Arc;
use tribunal_mips::{Encoding, Immediate, Op};
use tribunal_vm::{
    Machine, NoOracle, Oracle, OracleError, State, StateVersion, Thread, memory::Memory, read_state,
    write_state,
};

/// Where the programs start.
pub(crate) const START: u64 = 0x1_0000;

/// A word with these fields.
pub(crate) fn word(op: Op, rs: u32, rt: u32, rd: u32, low: u32) -> u32 {
    match op.encodings()[0] {
        Encoding::Opcode(number, Immediate::Jump) => u32::from(number) << 26 | low,
        Encoding::Opcode(number, _) => u32::from(number) << 26 | rs << 21 | rt << 16 | low & 0xffff,
        Encoding::Special(number, _) => rs << 21 | rt << 16 | rd << 11 | low << 6 | u32::from(number),
        Encoding::RegImm(number) => 1 << 26 | rs << 21 | u32::from(number) << 16 | low & 0xffff,
        Encoding::Special2(number) => 0x1c << 26 | rs << 21 | rt << 16 | rd << 11 | u32::from(number),
    }
}

/// A machine that runs these words, from 64 KiB on.
pub(crate) fn machine(program: &[u32]) -> Machine {
    Machine::new(state(program), Box::new(NoOracle), Box::new(|_, _| ()))
}

/// The same, with pre-images.
pub(crate) fn machine_reading(program: &[u32], preimages: Arc<Preimages>) -> Machine {
    Machine::new(state(program), Box::new(Server(preimages)), Box::new(|_, _| ()))
}

/// Pre-images as the VM gets them.
pub(crate) struct Server(pub(crate) Arc<Preimages>);

impl Oracle for Server {
    fn preimage(&mut self, key: &B256) -> Result<Vec<u8>, OracleError> {
        let region = self.0.region_of(&key.0).and_then(|number| self.0.regions().get(&number));
        let bytes = region.map(|region| region.bytes.clone());
        bytes.ok_or_else(|| OracleError::new(key.to_string(), "there is none"))
    }

    fn hint(&mut self, _: &[u8]) -> Result<(), OracleError> {
        Ok(())
    }
}

fn state(program: &[u32]) -> State {
    let mut memory = Memory::new(1000).unwrap();
    for (place, words) in program.chunks(2).enumerate() {
        let both = u64::from(words[0]) << 32 | u64::from(words.get(1).copied().unwrap_or_default());
        memory.write_word(START + 8 * place as u64, both).unwrap();
    }
    State::new(StateVersion::MultiThreaded64V5, memory, START, 0x1000_0000_0000)
}

/// The threads of a state.
#[derive(Debug, Clone)]
pub(crate) struct Threads {
    /// The left stack and the right one, bottom first.
    pub(crate) stacks: [Vec<Thread>; 2],
    /// Whether the right one is active.
    pub(crate) right: bool,
    /// The steps since the last switch.
    pub(crate) since: u64,
    /// The number of the next thread.
    pub(crate) next: u64,
}

/// A machine with these words, and these threads.
pub(crate) fn machine_of(program: &[u32], threads: &Threads) -> Machine {
    let mut file = Vec::new();
    write_state(&state(program), &mut file).unwrap();
    // From the end: the hint and the stacks, with one thread on the left; the next thread and the direction; the steps.
    file.truncate(file.len() - (4 + 8 + 8 + tribunal_vm::THREAD_BYTES) - (8 + 1) - 8);
    file.extend(threads.since.to_be_bytes());
    file.push(threads.right.into());
    file.extend(threads.next.to_be_bytes());
    for stack in &threads.stacks {
        file.extend((stack.len() as u64).to_be_bytes());
        stack.iter().for_each(|thread| file.extend(thread.encode()));
    }
    file.extend([0; 4]);
    let state = read_state(&mut file.as_slice(), 1000).unwrap();
    Machine::new(state, Box::new(NoOracle), Box::new(|_, _| ()))
}

/// The same, with a reservation, and that many steps after the last thread switch.
pub(crate) fn machine_with(program: &[u32], reserved: Reserved, since_switch: u64) -> Machine {
    let mut file = Vec::new();
    write_state(&state(program), &mut file).unwrap();
    // From the end: the hint and the stacks, with one thread on the left; the next thread and the direction; the steps.
    let since = file.len() - (4 + 8 + 8 + tribunal_vm::THREAD_BYTES) - (8 + 1) - 8;
    file[since..since + 8].copy_from_slice(&since_switch.to_be_bytes());
    // Before them: the steps and how the program exited.
    let reservation = since - (8 + 2) - (1 + 8 + 8);
    file[reservation] = reserved.status as u8;
    file[reservation + 1..reservation + 9].copy_from_slice(&reserved.address.to_be_bytes());
    file[reservation + 9..reservation + 17].copy_from_slice(&reserved.owner.to_be_bytes());
    let state = read_state(&mut file.as_slice(), 1000).unwrap();
    Machine::new(state, Box::new(NoOracle), Box::new(|_, _| ()))
}

/// The ELF file of a guest in Go, for tests of minutes. `None` if they are not asked for, or the guest was not built.
pub(crate) fn go_guest(name: &str) -> Option<Vec<u8>> {
    if std::env::var_os("CONFORMANCE_ALL").is_none() {
        tribunal_fixtures::skip("minutes long: CONFORMANCE_ALL=1");
        return None;
    }
    let elf = std::fs::read(format!("../../target/conformance/guests/{name}.elf"));
    elf.inspect_err(|_| tribunal_fixtures::skip("no guests in Go: scripts/conformance-vm builds them")).ok()
}
