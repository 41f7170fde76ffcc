//! Segments of real programs, proven and verified.

use crate::{
    prove::prove,
    stark::Parameters,
    statement::SegmentStatement,
    trace::{Recorder, StateTree},
    verify::SegmentProof,
};
use std::sync::{Arc, Mutex};
use tribunal_mips::{Encoding, Immediate, Op};
use tribunal_vm::{Machine, NoOracle, State, StateVersion, load_elf, memory::Memory};

/// A word with these fields.
fn word(op: Op, rs: u32, rt: u32, rd: u32, low: u32) -> u32 {
    match op.encodings()[0] {
        Encoding::Opcode(number, Immediate::Jump) => u32::from(number) << 26 | low,
        Encoding::Opcode(number, _) => u32::from(number) << 26 | rs << 21 | rt << 16 | low & 0xffff,
        Encoding::Special(number, _) => rs << 21 | rt << 16 | rd << 11 | low << 6 | u32::from(number),
        Encoding::RegImm(number) => 1 << 26 | rs << 21 | u32::from(number) << 16 | low & 0xffff,
        Encoding::Special2(number) => 0x1c << 26 | rs << 21 | rt << 16 | rd << 11 | u32::from(number),
    }
}

/// A machine that runs these words, from 64 KiB on.
fn machine(program: &[u32]) -> Machine {
    const START: u64 = 0x1_0000;
    let mut memory = Memory::new(1000).unwrap();
    for (place, words) in program.chunks(2).enumerate() {
        let both = u64::from(words[0]) << 32 | u64::from(words.get(1).copied().unwrap_or_default());
        memory.write_word(START + 8 * place as u64, both).unwrap();
    }
    let state = State::new(StateVersion::MultiThreaded64V5, memory, START, 0x1000_0000_0000);
    Machine::new(state, Box::new(NoOracle), Box::new(|_, _| ()))
}

#[test]
fn a_loop_is_proven() {
    let program = [
        word(Op::Daddiu, 0, 8, 0, 5),
        word(Op::Addiu, 0, 9, 0, 0xfff0),
        // The loop.
        word(Op::Daddu, 9, 8, 9, 0),
        word(Op::Xori, 9, 10, 0, 0x1234),
        word(Op::Nor, 9, 10, 11, 0),
        word(Op::Sltu, 10, 9, 12, 0),
        word(Op::Daddiu, 8, 8, 0, 0xffff),
        word(Op::Bne, 8, 0, 0, (-6_i32) as u32),
        word(Op::Subu, 11, 9, 11, 0),
        word(Op::Jal, 0, 0, 0, 0x1_0000 >> 2),
        word(Op::Sll, 0, 0, 0, 0),
    ];
    let mut machine = machine(&program);
    let mut tree = StateTree::of(machine.state());
    let mut recorder = Recorder::new(machine.state(), &tree).unwrap();
    for _ in 0..300 {
        machine.step_observed(&mut recorder).unwrap();
    }
    assert_eq!(recorder.failed(), None);
    let recorded = recorder.finish(machine.state(), &mut tree).unwrap();
    assert_eq!(tree.root(), StateTree::of(machine.state()).root());
    let (statement, proof) = prove(recorded, &Parameters::FAST).unwrap();
    proof.verify(&statement, &Parameters::FAST).unwrap();
    let mut false_statement = statement;
    false_statement.after.pc += 1;
    proof.verify(&false_statement, &Parameters::FAST).unwrap_err();
}

/// Proves a whole run in one segment. Returns what the proof says, and the proof.
fn prove_run(mut machine: Machine) -> (SegmentStatement, SegmentProof) {
    let mut tree = StateTree::of(machine.state());
    let mut recorder = Recorder::new(machine.state(), &tree).unwrap();
    while !machine.state().exited() {
        machine.step_observed(&mut recorder).unwrap();
    }
    let recorded = recorder.finish(machine.state(), &mut tree).unwrap();
    assert_eq!(tree.root(), StateTree::of(machine.state()).root());
    let (statement, proof) = prove(recorded, &Parameters::FAST).unwrap();
    assert_eq!(statement.after.exit_code(), Some(machine.state().exit_code()));
    assert_eq!(statement.after.step, machine.state().step());
    assert_eq!(statement.after.root, tree.root());
    proof.verify(&statement, &Parameters::FAST).unwrap();
    (statement, proof)
}

/// Sets a register to a small number.
fn set(register: u32, number: u32) -> u32 {
    word(Op::Addiu, 0, register, 0, number)
}

#[test]
fn a_run_to_its_exit_is_proven() {
    let syscall = word(Op::Syscall, 0, 0, 0, 0);
    let mut program = Vec::new();
    let calls = [
        // write(1, 0x100, 8), fcntl(1, F_GETFL), write(9, 0x100, 8), brk, eventfd2(0, 0x80).
        [5001, 1, 0x100, 8],
        [5070, 1, 3, 0],
        [5001, 9, 0x100, 8],
        [5012, 0, 0, 0],
        [5284, 0, 0x80, 0],
        // mmap(0, 0x1234), mmap(0x2000, 1), gettid, clock_gettime(1, 0x2004), write(6, 0x2000, 8), write(6, 0x200d, 2).
        [5009, 0, 0x1234, 0],
        [5009, 0x2000, 1, 0],
        [5178, 0, 0, 0],
        [5222, 1, 0x2004, 0],
        [5001, 6, 0x2000, 8],
        [5001, 6, 0x200d, 2],
    ];
    for call in calls {
        program.extend([2, 4, 5, 6].into_iter().zip(call).map(|(register, value)| set(register, value)));
        program.push(syscall);
    }
    // exit(0x107).
    program.extend([set(2, 5058), set(4, 0x107), syscall]);
    let (statement, proof) = prove_run(machine(&program));
    assert_eq!(statement.after.exit_code(), Some(7));
    for forge in [
        |statement: &mut SegmentStatement| statement.after.next_pc = 0,
        |statement: &mut SegmentStatement| statement.after.pc = 0x1_0000 >> 2,
        |statement: &mut SegmentStatement| (statement.steps, statement.after.step) = (27, 27),
        |statement: &mut SegmentStatement| statement.after.step += 1,
        |statement: &mut SegmentStatement| {
            (statement.before.step, statement.after.step) = (1, 1 + u64::from(statement.steps))
        },
        |statement: &mut SegmentStatement| statement.before.pc += 0x7f00_0001,
    ] {
        let mut forged = statement;
        forge(&mut forged);
        assert_ne!(forged, statement);
        proof.verify(&forged, &Parameters::FAST).unwrap_err();
    }
}

/// The guest `hello`, if it was built.
#[test]
fn the_guest_hello_is_proven() {
    let folders = ["../../target/guest", "/work/ci/accept/target/guest"];
    let Some(elf) = folders.iter().find_map(|folder| std::fs::read(format!("{folder}/hello.elf")).ok())
    else {
        return;
    };
    let (state, _) = load_elf(&elf, StateVersion::MultiThreaded64V5, 10_000).unwrap();
    let printed = Arc::new(Mutex::new(Vec::new()));
    let console = Arc::clone(&printed);
    let print = move |_, bytes: &[u8]| console.lock().unwrap().extend_from_slice(bytes);
    prove_run(Machine::new(state, Box::new(NoOracle), Box::new(print)));
    assert_eq!(&printed.lock().unwrap()[..], b"hello from a guest\n");
}
