//! Seams of a run of several segments, and regions of the proof's bytes: what is not put together as it was proven is refused.
//!
//! The tests are named after the items of the design's list of what went wrong elsewhere; the book's page about security says
//! which is which.

use super::{Answers, Invalid, InvalidOracle, InvalidRun, RunProof, Setup, keccak_key, key, set, word};
use crate::{
    oracle::{LocalInput, OracleKind},
    prove::prove_run_with,
    run::RunStatement,
    stark::{Config, Parameters, Val},
    statement::Position,
    tables::Sha256BlockRow,
    trace::Preimage,
};
use p3_batch_stark::BatchProof;
use p3_field::PrimeCharacteristicRing;
use std::sync::OnceLock;
use tribunal_mips::Op;
use tribunal_vm::Machine;

/// The steps of a segment, of which each run has three.
const SEGMENT_STEPS: u32 = 16;

/// The pre-images of the runs: local ones, one of each hash, and advice.
fn preimages(local: u8) -> Vec<Preimage> {
    let bytes = b"bytes".to_vec();
    let mut of_sha256 = Sha256BlockRow::hash(1, &bytes).1;
    of_sha256[0] = 4;
    let keys = [key(1, 1), key(1, 2), keccak_key(&bytes), of_sha256, key(3, 1)];
    let values = [vec![local; 9], vec![2], bytes.clone(), bytes.clone(), bytes];
    keys.into_iter().zip(values).map(|(key, bytes)| Preimage { key, bytes }).collect()
}

/// Proves a run that reads the first byte of local key 1, adds `more` to it and exits with the sum.
fn proven(local: u8, more: u32, setup: &Setup) -> RunProof {
    let syscall = word(Op::Syscall, 0, 0, 0, 0);
    let call = |call: [u32; 4]| {
        let registers = [2, 4, 5, 6].into_iter().zip(call).map(|(register, value)| set(register, value));
        registers.chain([syscall]).collect::<Vec<_>>()
    };
    let mut program =
        vec![set(8, 0x101), set(9, 1), word(Op::Sb, 0, 8, 0, 0x2000), word(Op::Sb, 0, 9, 0, 0x201f)];
    for part in 0..4 {
        program.extend(call([5001, 6, 0x2000 + 8 * part, 8]));
    }
    // The length and the first word.
    program.extend(call([5000, 5, 0x3000, 8]));
    program.extend(call([5000, 5, 0x3008, 8]));
    program.push(word(Op::Lbu, 0, 10, 0, 0x3008));
    program.push(word(Op::Addiu, 10, 4, 0, more));
    program.extend([set(2, 5205), syscall]);
    let preimages = preimages(local);
    let answers = preimages.iter().map(|preimage| (preimage.key, preimage.bytes.clone())).collect();
    let state = super::machine(&program).into_state();
    let mut machine = Machine::new(state, Box::new(Answers(answers)), Box::new(|_, _| ()));
    let proof = prove_run_with(&mut machine, preimages, setup, SEGMENT_STEPS, |_| ()).unwrap();
    assert_eq!((proof.segments.len(), proof.oracle.len()), (3, 2));
    proof
}

/// Three runs: of a program, of the same program with another local key, and of another program.
struct Runs {
    setup: Setup,
    /// The bytes of the proofs: a proof cannot be cloned.
    bytes: [Vec<u8>; 3],
    statement: RunStatement,
}

fn runs() -> &'static Runs {
    static RUNS: OnceLock<Runs> = OnceLock::new();
    RUNS.get_or_init(|| {
        let setup = Setup::new(&Parameters::FAST);
        let proofs = [proven(5, 0, &setup), proven(6, 0, &setup), proven(5, 1, &setup)];
        let [statement, other, _] = proofs.each_ref().map(|proof| proof.verify(&setup).unwrap());
        assert_eq!((statement.exit_code, other.exit_code), (5, 6));
        assert_eq!(statement.program, other.program);
        let bytes = proofs.map(|proof| proof.to_bytes(&Parameters::FAST));
        Runs { setup, bytes, statement }
    })
}

fn read(run: usize) -> RunProof {
    RunProof::from_bytes(&runs().bytes[run]).unwrap().0
}

/// Why the proof of the first run is not valid after this change.
#[track_caller]
fn refused(forge: impl FnOnce(&mut RunProof)) -> InvalidRun {
    let mut proof = read(0);
    forge(&mut proof);
    proof.verify(&runs().setup).expect_err("the forgery is not noticed")
}

/// Whether the proof system itself refuses a segment.
const fn by_the_proof(why: &InvalidRun, segment: usize) -> bool {
    matches!(why, InvalidRun::Segment(number, Invalid::Stark(_)) if *number == segment)
}

#[test]
fn hazard_2_segments_are_all_there_and_in_order() {
    use InvalidRun::{AfterExit, Empty, Gap, NoStep, NotExited};
    assert_eq!(refused(|proof| proof.segments.clear()), Empty);
    assert_eq!(refused(|proof| drop(proof.segments.remove(0))), Gap(0));
    assert_eq!(refused(|proof| drop(proof.segments.remove(1))), Gap(1));
    assert_eq!(refused(|proof| drop(proof.segments.pop())), NotExited);
    assert_eq!(refused(|proof| proof.segments.swap(0, 1)), Gap(0));
    assert_eq!(refused(|proof| proof.segments.swap(1, 2)), Gap(1));
    // Repeated: the first one, one in the middle, and the last one, after which the program has exited.
    for (number, why) in [(0, Gap(1)), (1, Gap(2)), (2, AfterExit(3))] {
        assert_eq!(
            refused(|proof| {
                let copy = read(0).segments.remove(number);
                proof.segments.insert(number, copy);
            }),
            why
        );
    }
    // An exit in the middle, and a segment of no step.
    assert_eq!(
        refused(|proof| {
            let (after, code) = (Position::EXITED, 5);
            (proof.segments[1].0.after.pc, proof.segments[1].0.after.next_pc) = (after, code);
        }),
        AfterExit(2)
    );
    assert_eq!(
        refused(|proof| {
            let statement = &mut proof.segments[1].0;
            (statement.steps, statement.after) = (0, statement.before);
        }),
        NoStep(1)
    );
    // The exit of a run that has not exited.
    assert!(by_the_proof(
        &refused(|proof| {
            proof.segments.truncate(2);
            let after = &mut proof.segments[1].0.after;
            (after.pc, after.next_pc) = (Position::EXITED, 5);
        }),
        1
    ));
}

#[test]
fn hazard_2_segments_are_those_of_the_run() {
    use InvalidRun::Gap;
    // Of another run, and of another program: with the statement, and without it.
    for (run, number) in [(1, 1), (1, 2), (2, 0), (2, 2)] {
        assert_eq!(refused(|proof| proof.segments[number] = read(run).segments.remove(number)), Gap(number));
        let why = refused(|proof| proof.segments[number].1 = read(run).segments.remove(number).1);
        assert!(by_the_proof(&why, number), "{why}");
    }
    // All segments of another run, with the pre-images of this one.
    assert_eq!(refused(|proof| proof.segments = read(1).segments), Gap(0));
    assert_eq!(refused(|proof| proof.program = read(2).program), Gap(0));
    // Roots, counters and steps: at one side of a border, and at both.
    let forge: [fn(&mut Position); 5] = [
        |position| position.root[0] += Val::ONE,
        |position| position.root[7] += Val::ONE,
        |position| position.pc ^= 1,
        |position| position.next_pc ^= 1,
        |position| position.step ^= 1,
    ];
    for (number, forge) in forge.into_iter().enumerate() {
        assert_eq!(refused(|proof| forge(&mut proof.segments[0].0.after)), Gap(1));
        assert_eq!(refused(|proof| forge(&mut proof.segments[1].0.before)), Gap(1));
        assert_eq!(refused(|proof| forge(&mut proof.segments[0].0.before)), Gap(0));
        let why = refused(|proof| {
            forge(&mut proof.segments[0].0.after);
            forge(&mut proof.segments[1].0.before);
        });
        let count = matches!(why, InvalidRun::Segment(0, Invalid::Count));
        assert!(by_the_proof(&why, 0) || number == 4 && count, "{why}");
    }
    let why = refused(|proof| proof.segments[2].0.after.next_pc += 1);
    assert!(by_the_proof(&why, 2), "{why}");
    let why = refused(|proof| proof.segments[1].0.after = proof.segments[2].0.after);
    assert!(matches!(why, InvalidRun::AfterExit(2)), "{why}");
    assert_eq!(refused(|proof| proof.segments[1].0.window += 1), Gap(1));
    let why = refused(|proof| {
        proof.program.window += 1;
        proof.segments.iter_mut().for_each(|segment| segment.0.window += 1);
    });
    assert!(by_the_proof(&why, 0), "{why}");
}

#[test]
fn hazard_3_the_program_is_the_one_that_is_proven() {
    let forge: [fn(&mut RunProof); 7] = [
        |proof| proof.program.memory[0] += Val::ONE,
        |proof| proof.program.registers[0] += Val::ONE,
        |proof| proof.program.system[0] += Val::ONE,
        |proof| proof.program.window += 1,
        |proof| proof.program.pc += 1,
        |proof| proof.program.next_pc += 1,
        |proof| proof.program.step += 1,
    ];
    for forge in forge {
        assert_eq!(refused(forge), InvalidRun::Gap(0));
        let mut forged = read(0);
        forge(&mut forged);
        assert_ne!(forged.program.id(), runs().statement.program);
    }
    // The same with a first segment that begins there.
    let why = refused(|proof| {
        proof.program.memory[0] += Val::ONE;
        let root = crate::hash::hash_node(
            &crate::hash::hash_node(&proof.program.memory, &proof.program.registers),
            &crate::hash::hash_node(&proof.program.system, &proof.oracle[1].0.after),
        );
        proof.segments[0].0.before.root = root;
    });
    assert!(by_the_proof(&why, 0), "{why}");
}

#[test]
fn item_a12_oracle_segments_are_all_there_and_in_order() {
    use InvalidOracle::{Empty, Gap, Locals, Segment, Values};
    let oracle = |why: InvalidOracle| InvalidRun::Oracle(why);
    assert_eq!(refused(|proof| proof.oracle.clear()), oracle(Empty));
    assert_eq!(refused(|proof| drop(proof.oracle.remove(0))), oracle(Gap(0)));
    assert_eq!(refused(|proof| drop(proof.oracle.pop())), InvalidRun::Gap(0));
    assert_eq!(refused(|proof| proof.oracle.swap(0, 1)), oracle(Gap(0)));
    assert_eq!(refused(|proof| proof.oracle.push(read(0).oracle.remove(1))), oracle(Gap(2)));
    assert_eq!(refused(|proof| proof.oracle.insert(0, read(0).oracle.remove(0))), oracle(Locals(1)));
    // Of another run, with the statement and without it. The second one has no local keys, and begins elsewhere.
    assert_eq!(refused(|proof| proof.oracle[0] = read(1).oracle.remove(0)), oracle(Gap(1)));
    assert_eq!(refused(|proof| proof.oracle[1] = read(1).oracle.remove(1)), oracle(Gap(1)));
    assert_eq!(refused(|proof| proof.oracle = read(1).oracle), oracle(Values));
    for number in [0, 1] {
        let why = refused(|proof| proof.oracle[number].1 = read(1).oracle.remove(number).1);
        assert!(matches!(why, InvalidRun::Oracle(Segment(of, Invalid::Stark(_))) if of == number), "{why}");
    }
    // The pre-images and local keys of another run are no part of this one.
    let why = refused(|proof| (proof.oracle, proof.locals) = (read(1).oracle, read(1).locals));
    assert_eq!(why, InvalidRun::Gap(0));
    // A segment of one kind as one of the other.
    for number in [0, 1] {
        let why = refused(|proof| {
            let kind = &mut proof.oracle[number].1.kind;
            *kind = if *kind == OracleKind::Keccak { OracleKind::Sha256 } else { OracleKind::Keccak };
        });
        assert!(matches!(why, InvalidRun::Oracle(Segment(of, Invalid::Heights(_))) if of == number), "{why}");
    }
}

#[test]
fn item_a13_local_keys_are_those_that_are_proven() {
    let forge: [fn(&mut Vec<LocalInput>); 9] = [
        |locals| locals[0].value[0] ^= 1,
        |locals| locals[0].key[31] = 3,
        |locals| locals[0].key[0] = 2,
        |locals| locals.swap(0, 1),
        |locals| drop(locals.pop()),
        |locals| locals.clear(),
        |locals| locals.push(locals[1].clone()),
        |locals| locals.insert(0, LocalInput { key: key(1, 0), value: vec![] }),
        |locals| {
            // The same bytes after each other, with another border between them.
            let byte = locals[0].value.pop();
            locals[1].value.insert(0, byte.unwrap_or_default());
        },
    ];
    for forge in forge {
        assert_eq!(refused(|proof| forge(&mut proof.locals)), InvalidRun::Oracle(InvalidOracle::Values));
        let why = refused(|proof| {
            forge(&mut proof.locals);
            proof.oracle[0].0.locals = Some(crate::oracle::locals_digest(&proof.locals));
        });
        assert!(matches!(why, InvalidRun::Oracle(InvalidOracle::Segment(0, Invalid::Stark(_)))), "{why}");
    }
}

/// Why the proof of the first segment is not valid after this change.
#[track_caller]
fn segment_refused(forge: impl FnOnce(&mut BatchProof<Config>)) -> Invalid {
    let (statement, mut segment) = read(0).segments.remove(0);
    forge(&mut segment.proof);
    runs().setup.verify(&statement, &segment).expect_err("the forgery is not noticed")
}

#[test]
fn hazard_1_tables_are_in_their_order_with_heights_of_their_own() {
    let heights = |why: &Invalid| matches!(why, Invalid::Heights(_));
    let by_the_proof = |why: &Invalid| matches!(why, Invalid::Stark(_));
    let forge: [fn(&mut Vec<usize>); 9] = [
        |bits| bits.clear(),
        |bits| bits.truncate(bits.len() - 1),
        |bits| bits.rotate_left(1),
        |bits| bits.push(4),
        |bits| bits.insert(0, 4),
        |bits| bits[1] = 23,
        |bits| bits[1] = 22,
        |bits| bits[1] = usize::MAX,
        |bits| bits.reverse(),
    ];
    for forge in forge {
        let why = segment_refused(|proof| forge(&mut proof.degree_bits));
        assert!(heights(&why), "{why}");
    }
    let proof = read(0).segments.remove(0).1.proof;
    let tables = proof.degree_bits.len();
    for table in 0..tables {
        for change in [1, usize::MAX] {
            let why = segment_refused(|proof| {
                proof.degree_bits[table] = proof.degree_bits[table].wrapping_add(change);
            });
            assert!(heights(&why) || by_the_proof(&why), "table {table}: {why}");
        }
    }
    // Parts of two tables that are exchanged. Those of two tables without rows may be the same.
    let mut exchanged = [0; 3];
    for (one, other) in (0..tables).flat_map(|one| [(one, (one + 1) % tables), (one, (one + 9) % tables)]) {
        let bytes = |table: usize| postcard::to_allocvec(&proof.opened_values.instances[table]).unwrap();
        if bytes(one) != bytes(other) && exchanged[0] < 8 {
            let why = segment_refused(|proof| proof.opened_values.instances.swap(one, other));
            assert!(by_the_proof(&why), "{why}");
            exchanged[0] += 1;
        }
        let terminal = |table: usize| postcard::to_allocvec(&proof.lookup_terminals[table]).unwrap();
        if terminal(one) != terminal(other) && exchanged[1] < 8 {
            // Hazard 4: the sums of messages are part of the transcript.
            let why = segment_refused(|proof| proof.lookup_terminals.swap(one, other));
            assert!(by_the_proof(&why), "{why}");
            exchanged[1] += 1;
        }
        if proof.degree_bits[one] != proof.degree_bits[other] {
            let why = segment_refused(|proof| proof.degree_bits.swap(one, other));
            assert!(heights(&why) || by_the_proof(&why), "{why}");
            exchanged[2] += 1;
        }
    }
    assert!(exchanged.iter().all(|count| *count >= 4), "{exchanged:?}");
    // Doubled and dropped.
    let forge: [fn(&mut BatchProof<Config>); 4] = [
        |proof| drop(proof.opened_values.instances.pop()),
        |proof| proof.opened_values.instances.clear(),
        |proof| proof.lookup_terminals[1] = None,
        |proof| proof.lookup_terminals.truncate(1),
    ];
    for forge in forge {
        let why = segment_refused(forge);
        assert!(by_the_proof(&why), "{why}");
    }
}

#[test]
fn parameters_are_those_of_the_proof() {
    let proof = read(0);
    assert!(proof.verify(&Setup::new(&Parameters::PROVEN)).is_err());
    // The file says that the proof has other parameters.
    let (forged, parameters) = RunProof::from_bytes(&proof.to_bytes(&Parameters::PROVEN)).unwrap();
    assert_eq!(parameters, Parameters::PROVEN);
    assert!(forged.verify(&Setup::new(&parameters)).is_err());
}

/// Which of the proofs a byte belongs to: that of the oracle segment or segment with this number.
#[derive(Debug, Clone, Copy)]
enum Of {
    Run,
    Oracle(usize),
    Segment(usize),
}

/// The parts of a segment's proof, and their lengths.
fn parts(proof: &BatchProof<Config>) -> [(&'static str, usize); 7] {
    [
        ("commitments", length(&proof.commitments)),
        ("opened values", length(&proof.opened_values)),
        ("opening proof", length(&proof.opening_proof)),
        ("terminals", length(&proof.lookup_terminals)),
        ("degree bits", length(&proof.degree_bits)),
        ("look-up proof of work", length(&proof.lookup_pow_witness)),
        ("proof of work", length(&proof.ood_pow_witness)),
    ]
}

fn length(value: &impl serde::Serialize) -> usize {
    postcard::to_allocvec(value).unwrap().len()
}

/// The ends of the regions of a proof's bytes: each field of the statements, and each part of a segment's proof.
fn regions() -> Vec<(usize, &'static str, Of)> {
    let proof = read(0);
    let program = &proof.program;
    let mut regions = vec![
        ("header", RunProof::HEADER.len(), Of::Run),
        ("parameters", 1, Of::Run),
        ("memory", length(&program.memory), Of::Run),
        ("registers", length(&program.registers), Of::Run),
        ("system", length(&program.system), Of::Run),
        ("window", length(&program.window), Of::Run),
        ("pc", length(&program.pc), Of::Run),
        ("next pc", length(&program.next_pc), Of::Run),
        ("step", length(&program.step), Of::Run),
        ("locals", length(&proof.locals), Of::Run),
        ("count of oracle segments", length(&proof.oracle.len()), Of::Run),
    ];
    for (number, (statement, segment)) in proof.oracle.iter().enumerate() {
        regions.push(("before", length(&statement.before), Of::Run));
        regions.push(("after", length(&statement.after), Of::Run));
        regions.push(("locals", length(&statement.locals), Of::Run));
        regions.push(("kind", length(&segment.kind), Of::Oracle(number)));
        regions.extend(parts(&segment.proof).map(|(name, length)| (name, length, Of::Oracle(number))));
    }
    regions.push(("count of segments", length(&proof.segments.len()), Of::Run));
    for (number, (statement, segment)) in proof.segments.iter().enumerate() {
        regions.push(("window", length(&statement.window), Of::Run));
        regions.push(("before", length(&statement.before), Of::Run));
        regions.push(("after", length(&statement.after), Of::Run));
        regions.push(("steps", length(&statement.steps), Of::Run));
        regions.extend(parts(&segment.proof).map(|(name, length)| (name, length, Of::Segment(number))));
    }
    let mut end = 0;
    for region in &mut regions {
        end += region.1;
        region.1 = end;
    }
    assert_eq!(end, runs().bytes[0].len());
    regions.into_iter().map(|(name, end, of)| (end, name, of)).collect()
}

/// What becomes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Judged {
    Unreadable,
    Invalid,
    /// It says what the proof says that was changed.
    Same,
}

/// Demands that a file is unreadable or invalid, or that it says the same. The proof of the segment that was changed is
/// verified first: if that is refused, the run is.
#[track_caller]
fn judge(bytes: &[u8], of: Of, what: &str) -> Judged {
    let Ok((proof, parameters)) = RunProof::from_bytes(bytes) else { return Judged::Unreadable };
    let setup = if parameters == Parameters::FAST { &runs().setup } else { &Setup::new(&parameters) };
    let segment = match of {
        Of::Oracle(number) => {
            proof.oracle.get(number).map(|(statement, proof)| setup.verify_oracle(statement, proof))
        }
        Of::Segment(number) => {
            proof.segments.get(number).map(|(statement, proof)| setup.verify(statement, proof))
        }
        Of::Run => None,
    };
    if matches!(segment, Some(Err(_))) {
        return Judged::Invalid;
    }
    match proof.verify(setup) {
        Err(_) => Judged::Invalid,
        Ok(statement) => {
            assert_eq!(statement, runs().statement, "{what} can be changed");
            Judged::Same
        }
    }
}

/// Parts of a proof that have bytes which nothing depends on: the witnesses of proofs of work of 0 bits.
const FREE: [&str; 1] = ["opening proof"];

/// Each region has a byte flipped at its start, in its middle and at its end. None is free.
#[test]
fn hazard_4_each_byte_region_of_a_proof_counts() {
    let bytes = &runs().bytes[0];
    let mut start = 0;
    let mut judged = Vec::new();
    for (end, name, of) in regions() {
        for (place, bit) in [(start, 0), ((start + end) / 2, 1), (end.max(1) - 1, 3)] {
            if place >= end {
                continue;
            }
            let mut flipped = bytes.clone();
            flipped[place] ^= 1 << bit;
            let what = format!("byte {place} of {name} of {of:?}");
            let how = judge(&flipped, of, &what);
            if how == Judged::Same {
                println!("{what} is free");
                assert!(FREE.contains(&name), "{what} is free");
            }
            judged.push(how);
        }
        start = end;
    }
    let count = |how: Judged| judged.iter().filter(|other| **other == how).count();
    let counts = [Judged::Unreadable, Judged::Invalid, Judged::Same].map(count);
    println!("{} bytes flipped: unreadable, invalid, and saying the same: {counts:?}", judged.len());
    assert!(counts[1] > judged.len() / 4);
}

/// Random bytes: flipped, replaced, left out and added.
#[test]
fn bytes_of_a_proof_are_not_malleable() {
    use proptest::{prelude::*, test_runner::TestRunner};
    let bytes = &runs().bytes[0];
    let cases = ProptestConfig::default().cases.div_ceil(8);
    let config = ProptestConfig { cases, source_file: Some(file!()), ..ProptestConfig::default() };
    let place = (any::<prop::sample::Index>(), 0_u8..4, 1_u8..);
    let result = TestRunner::new(config).run(&place, |(place, how, by)| {
        let mut forged = bytes.clone();
        let place = place.index(bytes.len());
        match how {
            0 => forged[place] ^= by,
            1 => forged[place] = if forged[place] == by { 0 } else { by },
            2 => drop(forged.remove(place)),
            _ => forged.insert(place, by),
        }
        if forged != *bytes {
            let _judged = judge(&forged, Of::Run, &format!("byte {place}"));
        }
        Ok(())
    });
    result.unwrap_or_else(|failed| panic!("{failed}"));
}
