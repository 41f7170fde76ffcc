//! Segments of real programs, proven and verified.

use crate::{
    machine::{SegmentProof, Setup},
    prove::{prove, prove_oracle},
    stark::{Parameters, Val},
    statement::SegmentStatement,
    tables::Sha256BlockRow,
    testing::{Reserved, machine, machine_with, word},
    trace::{Preimage, Preimages, Recorder, StateTree, record_oracle},
};
use p3_field::PrimeCharacteristicRing;
use p3_keccak::Keccak256Hash;
use p3_symmetric::CryptographicHasher;
use std::{
    sync::{Arc, Mutex},
    time::Instant,
};
use tribunal_mips::Op;
use tribunal_vm::{Machine, NoOracle, StateVersion, load_elf};

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
    let setup = Setup::new(&Parameters::FAST);
    let (statement, proof) = prove(recorded, &setup).unwrap();
    setup.verify(&statement, &proof).unwrap();
    let mut false_statement = statement;
    false_statement.after.pc += 1;
    setup.verify(&false_statement, &proof).unwrap_err();
}

/// A lock is taken, lost and taken again while the thread is preempted, and a reservation is lost where the segment ends.
#[test]
fn a_preemption_and_reservations_are_proven() {
    let program = [
        word(Op::Ori, 0, 8, 0, 0x2004),
        word(Op::Daddiu, 0, 9, 0, 7),
        // The loop.
        word(Op::Ll, 8, 10, 0, 0),
        word(Op::Sc, 8, 9, 0, 0),
        word(Op::Lld, 8, 10, 0, 4),
        word(Op::Sb, 8, 9, 0, 5),
        word(Op::Daddiu, 0, 11, 0, 1),
        word(Op::Scd, 8, 11, 0, 4),
        word(Op::Beq, 0, 0, 0, (-7_i32) as u32),
        word(Op::Ll, 8, 0, 0, 0),
    ];
    let mut machine = machine_with(&program, Reserved::default(), 99_950);
    let mut tree = StateTree::of(machine.state());
    for steps in [54, 10] {
        let mut recorder = Recorder::new(machine.state(), &tree).unwrap();
        for _ in 0..steps {
            machine.step_observed(&mut recorder).unwrap();
        }
        assert_eq!(recorder.failed(), None);
        let recorded = recorder.finish(machine.state(), &mut tree).unwrap();
        assert_eq!(tree.root(), StateTree::of(machine.state()).root());
        assert_eq!(recorded.statement.steps, steps);
        let setup = Setup::new(&Parameters::FAST);
        let (statement, proof) = prove(recorded, &setup).unwrap();
        setup.verify(&statement, &proof).unwrap();
    }
    assert_eq!(machine.state().steps_since_switch(), 13);
    assert!(machine.state().traverse_right());
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
    let setup = Setup::new(&Parameters::FAST);
    let (statement, proof) = prove(recorded, &setup).unwrap();
    assert_eq!(statement.after.exit_code(), Some(machine.state().exit_code()));
    assert_eq!(statement.after.step, machine.state().step());
    assert_eq!(statement.after.root, tree.root());
    setup.verify(&statement, &proof).unwrap();
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
        Setup::new(&Parameters::FAST).verify(&forged, &proof).unwrap_err();
    }
}

/// The guest `hello`, if it was built.
#[test]
fn the_guest_hello_is_proven() {
    let Ok(elf) = std::fs::read("../../target/guest/hello.elf") else {
        return tribunal_fixtures::skip("no guests (make guest)");
    };
    let (state, _) = load_elf(&elf, StateVersion::MultiThreaded64V5, 10_000).unwrap();
    let printed = Arc::new(Mutex::new(Vec::new()));
    let console = Arc::clone(&printed);
    let print = move |_, bytes: &[u8]| console.lock().unwrap().extend_from_slice(bytes);
    prove_run(Machine::new(state, Box::new(NoOracle), Box::new(print)));
    assert_eq!(&printed.lock().unwrap()[..], b"hello from a guest\n");
}

#[test]
fn preimages_are_proven() {
    let region = |kind: u8, bytes: &[u8]| {
        let mut key = Keccak256Hash {}.hash_iter(bytes.iter().copied());
        key[0] = kind;
        if kind == 3 {
            key = [0; 32];
            (key[0], key[31]) = (3, 77);
        }
        Preimage { key, bytes: bytes.to_vec() }
    };
    let long: Vec<u8> = (0..=255).collect();
    let mut key = Sha256BlockRow::hash(1, &long).1;
    key[0] = 4;
    let of_sha256 = Preimage { key, bytes: long.clone() };
    let regions = [region(1, b"a local input"), region(3, &long), region(2, &long), region(2, b"")];
    let preimages = Preimages::new(regions.into_iter().chain([of_sha256])).unwrap();
    let start = Instant::now();
    let setup = Setup::new(&Parameters::FAST);
    println!("set up in {:?}", start.elapsed());
    let recorded = record_oracle(&preimages, [3; 2]);
    assert_eq!(recorded.len(), 3);
    for recorded in recorded {
        let start = Instant::now();
        let (statement, proof) = prove_oracle(recorded, &setup).unwrap();
        println!("proven in {:?}", start.elapsed());
        let start = Instant::now();
        setup.verify_oracle(&statement, &proof).unwrap();
        println!("verified in {:?}", start.elapsed());
        let mut forged = [statement; 3];
        forged[0].after[7] += Val::ONE;
        forged[1].before[0] += Val::ONE;
        forged[2].locals = if statement.locals.is_some() { None } else { Some([0; 32]) };
        for forged in &forged {
            setup.verify_oracle(forged, &proof).unwrap_err();
        }
    }
}

/// Two threads: one creates the other, waits for it at a futex, is woken, and they exit one after the other.
#[test]
fn threads_are_proven() {
    let syscall = || word(Op::Syscall, 0, 0, 0, 0);
    let call = |number: u32, arguments: [u32; 3]| {
        let registers = [4, 5, 6].into_iter().zip(arguments).map(|(register, value)| set(register, value));
        [set(2, number)].into_iter().chain(registers).chain([syscall()]).collect::<Vec<_>>()
    };
    let parts = [
        // The flags of a thread: 0x50f00.
        vec![
            set(2, 5055),
            word(Op::Lui, 0, 4, 0, 5),
            word(Op::Ori, 4, 4, 0, 0xf00),
            set(5, 0x4000),
            syscall(),
        ],
        // The new thread stores a 1 and wakes the other one.
        vec![word(Op::Bne, 2, 0, 0, 13), set(8, 0x2000), set(9, 1), word(Op::Sw, 8, 9, 0, 4)],
        call(5194, [0x2004, 129, 1]),
        call(5023, [0; 3]),
        // Both, the first one from the branch on: it waits as long as there is a 0.
        call(5194, [0x2004, 128, 0]),
        vec![word(Op::Lw, 8, 10, 0, 4)],
        call(5034, [0; 3]),
        // exit(3 or 4).
        vec![set(2, 5058), word(Op::Daddiu, 10, 4, 0, 3), syscall()],
    ];
    let mut machine = machine(&parts.concat());
    let mut tree = StateTree::of(machine.state());
    let setup = Setup::new(&Parameters::FAST);
    let mut segments = Vec::new();
    while !machine.state().exited() {
        let mut recorder = Recorder::new(machine.state(), &tree).unwrap();
        for _ in 0..13 {
            machine.step_observed(&mut recorder).unwrap();
        }
        let recorded = recorder.finish(machine.state(), &mut tree).unwrap();
        assert_eq!(tree.root(), StateTree::of(machine.state()).root());
        let (statement, proof) = prove(recorded, &setup).unwrap();
        setup.verify(&statement, &proof).unwrap();
        segments.push(statement);
    }
    assert!(segments.len() > 2);
    let end = segments[segments.len() - 1].after;
    assert_eq!((end.exit_code(), end.step), (Some(machine.state().exit_code()), machine.state().step()));
}

/// A guest in Go, if the conformance tests have built it.
#[test]
#[ignore = "takes minutes"]
fn a_guest_in_go_is_proven() {
    let Ok(elf) = std::fs::read("../../target/conformance/guests/hello.elf") else {
        return tribunal_fixtures::skip("no guests in Go");
    };
    let (state, _) = load_elf(&elf, StateVersion::MultiThreaded64V5, 10_000).unwrap();
    let mut machine = Machine::new(state, Box::new(NoOracle), Box::new(|_, _| ()));
    let setup = Setup::new(&Parameters::FAST);
    let proof =
        crate::prove::prove_run(&mut machine, &setup, 150_000, |progress| println!("{progress:?}")).unwrap();
    let statement = proof.verify(&setup).unwrap();
    assert_eq!((statement.exit_code, statement.steps), (0, machine.state().step()));
    assert!(machine.state().next_thread_id() > 3);
}
