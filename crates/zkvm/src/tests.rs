//! Segments of real programs, proven and verified.

use crate::{
    machine::Setup,
    prove::{prove, prove_oracle},
    stark::{Parameters, Val},
    tables::Sha256BlockRow,
    trace::{Preimage, Preimages, Recorder, StateTree, record_oracle},
};
use p3_field::PrimeCharacteristicRing;
use p3_keccak::Keccak256Hash;
use p3_symmetric::CryptographicHasher;
use std::time::Instant;
use tribunal_mips::{Encoding, Immediate, Op};
use tribunal_vm::{Machine, NoOracle, State, StateVersion, memory::Memory};

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
    let setup = Setup::new(&Parameters::FAST);
    let (statement, proof) = prove(recorded, &setup).unwrap();
    setup.verify(&statement, &proof).unwrap();
    let mut false_statement = statement;
    false_statement.after.pc += 1;
    setup.verify(&false_statement, &proof).unwrap_err();
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
