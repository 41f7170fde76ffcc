//! Segments of real programs, proven and verified.

mod seams;

use crate::{
    machine::{Invalid, SegmentProof, Setup},
    oracle::{InvalidOracle, LocalInput},
    prove::{NotProven, Options, prove, prove_oracle, prove_run_with, record},
    rehearse::{Rehearsal, rehearse},
    run::{InvalidRun, RunProof},
    stark::{Parameters, Val},
    statement::SegmentStatement,
    tables::Sha256BlockRow,
    testing::{Reserved, go_guest, machine, machine_with, word},
    trace::{Preimage, Preimages, Recorder, StateTree, record_oracle},
    work_dir::WorkDirError,
};
use alloy_primitives::B256;
use p3_field::PrimeCharacteristicRing;
use p3_keccak::Keccak256Hash;
use p3_symmetric::CryptographicHasher;
use std::{
    collections::HashMap,
    fs,
    num::NonZeroUsize,
    sync::{Arc, Mutex},
    time::Instant,
};
use tribunal_mips::Op;
use tribunal_vm::{Machine, NoOracle, Oracle, OracleError, StateVersion, load_elf};

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
    let (statement, proof, _) = prove(recorded, &setup).unwrap();
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
        let (statement, proof, _) = prove(recorded, &setup).unwrap();
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
    let (statement, proof, _) = prove(recorded, &setup).unwrap();
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
        let (statement, proof, _) = prove_oracle(recorded, &setup).unwrap();
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

/// A run that stopped goes on with what is on disk, and with nothing that does not belong to it.
#[test]
fn a_run_is_resumed() {
    let mut program =
        vec![set(8, 0), word(Op::Daddiu, 8, 8, 0, 0xffff), word(Op::Bne, 8, 0, 0, (-2_i32) as u32)];
    program.extend([set(9, 1), set(2, 5058), set(4, 0), word(Op::Syscall, 0, 0, 0, 0)]);
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("segments");
    let setup = Setup::new(&Parameters::FAST);
    let program = program;
    let run = |first: u32, segment_steps: u32, resume: bool| {
        let mut program = program.clone();
        program[0] = set(8, first);
        let options = Options {
            plan: segment_steps.into(),
            workers: NonZeroUsize::new(2).unwrap(),
            work_dir: Some(folder.clone()),
            resume,
            check_states: true,
        };
        let mut steps = Vec::new();
        let proof =
            crate::prove_run(&mut machine(&program), &setup, options, |progress| steps.push(progress.steps))?;
        let total = proof.verify(&setup).unwrap().steps;
        assert_eq!(steps.last(), Some(&total));
        Ok::<_, NotProven>(proof)
    };
    let file = |number: usize| folder.join(format!("segment-{number:05}"));

    let whole = run(3, 6, false).unwrap();
    let statements = |proof: &RunProof| proof.segments.iter().map(|segment| segment.0).collect::<Vec<_>>();
    assert_eq!(statements(&whole).len(), 3);
    fs::remove_file(file(1)).unwrap();
    let kept = [0, 2].map(|number| fs::metadata(file(number)).unwrap().modified().unwrap());
    assert_eq!(statements(&run(3, 6, true).unwrap()), statements(&whole));
    assert_eq!([0, 2].map(|number| fs::metadata(file(number)).unwrap().modified().unwrap()), kept);

    let refused = |result: Result<RunProof, NotProven>| match result {
        Err(NotProven::WorkDir(error)) => error,
        other => panic!("{:?}", other.err()),
    };
    assert!(matches!(refused(run(3, 6, false)), WorkDirError::NotEmpty(_)));
    assert!(matches!(refused(run(3, 5, true)), WorkDirError::OtherRun(_)));
    assert!(matches!(refused(run(2, 6, true)), WorkDirError::OtherRun(_)));
    // A segment of the same run in another one's place.
    let first = fs::read(file(0)).unwrap();
    let second = fs::read(file(1)).unwrap();
    fs::write(file(1), &first).unwrap();
    assert!(matches!(refused(run(3, 6, true)), WorkDirError::Foreign(..)));
    // The right statement, with a proof that is damaged.
    let mut damaged = second.clone();
    let last = damaged.len() - 100;
    damaged[last] ^= 1;
    fs::write(file(1), &damaged).unwrap();
    assert!(matches!(refused(run(3, 6, true)), WorkDirError::Foreign(..) | WorkDirError::Damaged(_)));
    fs::write(file(1), &second[..second.len() / 2]).unwrap();
    assert!(matches!(refused(run(3, 6, true)), WorkDirError::Damaged(_)));
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
        let (statement, proof, _) = prove(recorded, &setup).unwrap();
        setup.verify(&statement, &proof).unwrap();
        segments.push(statement);
    }
    assert!(segments.len() > 2);
    let end = segments[segments.len() - 1].after;
    assert_eq!((end.exit_code(), end.step), (Some(machine.state().exit_code()), machine.state().step()));
}

/// A server of these pre-images.
struct Answers(HashMap<[u8; 32], Vec<u8>>);

impl Oracle for Answers {
    fn preimage(&mut self, key: &B256) -> Result<Vec<u8>, OracleError> {
        self.0.get(&key.0).cloned().ok_or_else(|| OracleError::new(key.to_string(), "there is none"))
    }

    fn hint(&mut self, _: &[u8]) -> Result<(), OracleError> {
        Ok(())
    }
}

/// The key of a type, whose last byte is `last`.
fn key(kind: u8, last: u8) -> [u8; 32] {
    let mut key = [0; 32];
    (key[0], key[31]) = (kind, last);
    key
}

/// The key of type 2 of these bytes.
fn keccak_key(bytes: &[u8]) -> [u8; 32] {
    let mut key = Keccak256Hash {}.hash_iter(bytes.iter().copied());
    key[0] = 2;
    key
}

/// The first run of the guest `preimage-sum` on the claim that these bytes add up to a number. `None` if it was not built.
fn first_run(bytes: &[u8], sum: u64, setup: &Setup) -> Option<Rehearsal> {
    let Ok(elf) = std::fs::read("../../target/guest/preimage-sum.elf") else {
        tribunal_fixtures::skip("no guests (make guest)");
        return None;
    };
    let (state, _) = load_elf(&elf, StateVersion::MultiThreaded64V5, 10_000).unwrap();
    let hash = Keccak256Hash {}.hash_iter(bytes.iter().copied()).to_vec();
    let answers =
        [(key(1, 1), hash), (key(1, 2), sum.to_be_bytes().to_vec()), (keccak_key(bytes), bytes.to_vec())];
    Some(rehearse(state, Box::new(Answers(answers.into())), Box::new(|_, _| ()), setup, 1 << 20).unwrap())
}

#[test]
fn a_run_with_preimages_is_proven() {
    let bytes: Vec<u8> = (0..77).map(|byte| byte * 3).collect();
    let sum = bytes.iter().copied().map(u64::from).sum();
    let setup = Setup::new(&Parameters::FAST);
    let Some(rehearsal) = first_run(&bytes, sum, &setup) else { return };
    let Rehearsal { mut machine, preimages, exit_code, steps, plan } = rehearsal;
    assert_eq!((exit_code, preimages.len()), (0, 3));
    let proof = prove_run_with(&mut machine, preimages, &setup, plan, |_| ()).unwrap();
    let statement = proof.verify(&setup).unwrap();
    assert_eq!((statement.exit_code, statement.steps), (0, steps));
    let locals = &statement.locals;
    assert_eq!((locals.len(), locals[1].key, &locals[1].value[..]), (2, key(1, 2), &sum.to_be_bytes()[..]));
    assert_eq!(locals[0].value[1..], keccak_key(&bytes)[1..]);
    seams(proof, &setup);
}

/// Each step of the guest `self-test` has a row, and each segment ends in the VM's state. Proofs of all would take too long.
#[test]
fn the_guest_self_test_has_rows() {
    let Ok(elf) = std::fs::read("../../target/guest/self-test.elf") else {
        return tribunal_fixtures::skip("no guests (make guest)");
    };
    let (state, _) = load_elf(&elf, StateVersion::MultiThreaded64V5, 100_000).unwrap();
    let setup = Setup::new(&Parameters::FAST);
    let rehearsal = rehearse(state, Box::new(NoOracle), Box::new(|_, _| ()), &setup, 1 << 20).unwrap();
    assert_eq!((rehearsal.exit_code, rehearsal.preimages.len()), (0, 0));
    let mut machine = rehearsal.machine;
    let mut tree = StateTree::of(machine.state());
    let none = Arc::new(Preimages::default());
    while !machine.state().exited() {
        let recorded = record(&mut machine, &mut tree, &none, 1 << 20).unwrap();
        assert_eq!(recorded.statement.after.root, tree.root());
        assert_eq!(tree.root(), StateTree::of(machine.state()).root());
    }
    assert_eq!((machine.state().exit_code(), machine.state().step()), (0, rehearsal.steps));
}

/// Forgeries of a proof with one oracle segment and two local keys.
fn seams(mut proof: RunProof, setup: &Setup) {
    use InvalidOracle::{Empty, Gap, Locals, Segment, Values};
    let honest = proof.locals.clone();
    let refused = |proof: &RunProof, why: InvalidOracle| {
        assert_eq!(proof.verify(setup).unwrap_err(), InvalidRun::Oracle(why));
    };
    // Local keys changed, doubled, left out, in another order.
    let forge: [fn(&mut Vec<LocalInput>); 6] = [
        |locals| locals[1].value[7] ^= 1,
        |locals| locals[0].key[31] = 3,
        |locals| locals.push(locals[1].clone()),
        |locals| locals.swap(0, 1),
        |locals| drop(locals.pop()),
        |locals| locals[0].value.push(0),
    ];
    for forge in forge {
        forge(&mut proof.locals);
        refused(&proof, Values);
        proof.locals.clone_from(&honest);
    }
    // The same, with the digest that the statement then has.
    proof.locals[1].value[7] ^= 1;
    let digest = proof.oracle[0].0.locals.replace(crate::oracle::locals_digest(&proof.locals));
    assert!(matches!(proof.verify(setup), Err(InvalidRun::Oracle(Segment(0, Invalid::Stark(_))))));
    proof.locals.clone_from(&honest);
    proof.oracle[0].0.locals = digest;
    proof.verify(setup).unwrap();

    // The pre-images of another run, whose local keys are the same.
    let pairs = honest.iter().map(|local| Preimage { key: local.key, bytes: local.value.clone() });
    let other = Preimage { key: keccak_key(b"other"), bytes: b"other".to_vec() };
    let others = Preimages::new(pairs.chain([other])).unwrap();
    let mut recorded = record_oracle(&others, [usize::MAX; 2]);
    let (statement, other, _) = prove_oracle(recorded.remove(0), setup).unwrap();
    setup.verify_oracle(&statement, &other).unwrap();
    let first = core::mem::replace(&mut proof.oracle[0], (statement, other));
    assert_eq!(proof.verify(setup).unwrap_err(), InvalidRun::Gap(0));
    // Both, and the other first; one twice; none.
    proof.oracle.push(first);
    refused(&proof, Locals(1));
    proof.oracle[1].0.locals = None;
    refused(&proof, Gap(1));
    proof.oracle[1].0.before = proof.oracle[0].0.after;
    assert!(matches!(proof.verify(setup).unwrap_err(), InvalidRun::Gap(0) | InvalidRun::Oracle(_)));
    proof.oracle.clear();
    refused(&proof, Empty);
}

/// What a first run says that reads a pre-image of this key, if the server has these bytes.
fn reads(key: [u8; 32], bytes: &[u8]) -> Result<Rehearsal, NotProven> {
    let syscall = word(Op::Syscall, 0, 0, 0, 0);
    let mut program = Vec::new();
    for (place, byte) in (0..).zip(key) {
        program.extend([set(8, byte.into()), word(Op::Sb, 0, 8, 0, 0x2000 + place)]);
    }
    let call = |call: [u32; 4]| {
        let registers = [2, 4, 5, 6].into_iter().zip(call).map(|(register, value)| set(register, value));
        registers.chain([syscall]).collect::<Vec<_>>()
    };
    for part in 0..4 {
        program.extend(call([5001, 6, 0x2000 + 8 * part, 8]));
    }
    program.extend(call([5000, 5, 0x3000, 8]));
    program.extend([set(2, 5058), set(4, 0), syscall]);
    let state = machine(&program).into_state();
    let answers = Answers([(key, bytes.to_vec())].into());
    rehearse(state, Box::new(answers), Box::new(|_, _| ()), &Setup::new(&Parameters::FAST), 1 << 20)
}

#[test]
fn preimages_that_cannot_be_proven_are_an_error_before_any_proof() {
    let why = |key: [u8; 32], bytes: &[u8]| match reads(key, bytes) {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    };
    let mut sha256 = Sha256BlockRow::hash(1, b"abc").1;
    sha256[0] = 4;
    for (key, bytes) in
        [(key(1, 9), &b""[..]), (key(3, 9), b"a"), (keccak_key(b"abc"), b"abc"), (sha256, b"abc")]
    {
        assert_eq!(why(key, bytes), "");
        if key[0] % 2 == 0 {
            let why = why(key, b"abd");
            assert!(why.starts_with("not provable: step 88 at 0x10160 reads a pre-image"), "{why}");
        }
    }
    for (kind, text) in [(0, "type 0"), (5, "type 5"), (6, "type 6"), (7, "type 7")] {
        let why = why(key(kind, 1), b"any");
        assert!(why.starts_with("not provable: step 88 at 0x10160 ") && why.contains(text), "{why}");
    }
    assert!(why([3; 32], b"any").contains("index"));
    // What the VM cannot do either is an error of the VM.
    let program = machine(&[word(Op::Syscall, 0, 0, 0, 0)]).into_state();
    let setup = Setup::new(&Parameters::FAST);
    let error = rehearse(program, Box::new(NoOracle), Box::new(|_, _| ()), &setup, 9).unwrap_err();
    assert!(error.to_string().contains("unknown system call"), "{error}");
}

/// A guest in Go, if the conformance tests have built it.
#[test]
fn a_guest_in_go_is_proven() {
    let Some(elf) = go_guest("hello") else { return };
    let (state, _) = load_elf(&elf, StateVersion::MultiThreaded64V5, 10_000).unwrap();
    let mut machine = Machine::new(state, Box::new(NoOracle), Box::new(|_, _| ()));
    let setup = Setup::new(&Parameters::FAST);
    let proof =
        crate::prove::prove_run(&mut machine, &setup, 150_000, |progress| println!("{progress:?}")).unwrap();
    let statement = proof.verify(&setup).unwrap();
    assert_eq!((statement.exit_code, statement.steps), (0, machine.state().step()));
    assert!(machine.state().next_thread_id() > 3);
}
