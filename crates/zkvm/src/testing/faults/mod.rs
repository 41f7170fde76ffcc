//! Faults in one step of a run, after which everything is recorded from the faulty state: what a dishonest prover would do, who
//! controls the recorder and the machine, but not the constraints.
//!
//! A fault must be refused, or have changed nothing: then what is proven is what the honest run proves.

mod liar;
mod parts;
mod program;

pub(super) use program::some_preimages;

use super::{Reserved, balance, check_segment, machine, programs::Server};
use crate::{
    prove::{prove, prove_tables},
    stark::{Parameters, Val},
    statement::{SegmentStatement, SystemCell},
    testing::word,
    trace::{Cell, Preimage, Preimages, Recorded, Recorder, StateTree, record_oracle},
};
use liar::{Does, Liar, Lie, set};
use p3_field::PrimeCharacteristicRing;
use parts::Parts;
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{TestCaseResult, TestRunner},
};
use std::{
    cell::RefCell,
    collections::BTreeMap,
    iter,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};
use tribunal_mips::Op;
use tribunal_vm::Machine;

/// A fault in one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// The recorder is told another thing than what the machine does.
    Lie(Lie),
    /// Before the step, a register, a word or a cell of the machine has another value.
    Register(u8, u64),
    Word(u64, u64),
    Heap(u64),
    Key(u8),
    Offset(u64),
    Thread(u64),
    Next(u64),
    /// The reservation is lost before the step.
    LosesReservation,
    /// The step does not clear the reservation.
    KeepsReservation,
    /// So many steps came since the last thread switch.
    Since(u64),
    /// The step is left out.
    Skips,
    /// The step is made once more, on the registers after it.
    Repeats,
    /// The step begins so many steps later than it should, or earlier.
    Time(i32),
    /// The program exits after the step.
    Exits(u8),
    /// The program exits with another code.
    ExitCode(u8),
}

/// What became of a run.
#[derive(Debug, Default)]
struct Outcome {
    /// What its segments say.
    statements: Vec<SegmentStatement>,
    /// Why the first of them is refused that is.
    refused: Option<String>,
    /// Whether the tree that the rows lead to is that of the machine's state wherever a segment ends.
    consistent: bool,
    /// What each step does.
    does: Vec<Does>,
}

/// The most steps of a run. A fault may make it endless.
const MOST_STEPS: usize = 1500;

/// Makes a run in segments of these lengths, with a fault in one step. `None` if it cannot go on, or the fault cannot be made.
fn run(
    start: &Parts,
    preimages: &Arc<Preimages>,
    cuts: &[u32],
    fault: Option<(usize, Fault)>,
    mut each: impl FnMut(Recorded),
) -> Option<Outcome> {
    let machine_of =
        |parts: &Parts| Machine::new(parts.state(), Box::new(Server(preimages.clone())), Box::new(|_, _| ()));
    let mut machine = machine_of(start);
    let mut tree = StateTree::of(machine.state());
    tree.set_preimages(preimages);
    let mut outcome = Outcome { consistent: true, ..Outcome::default() };
    let mut cuts = cuts.iter().copied().chain(iter::repeat(u32::MAX));
    let mut steps = 0;
    while !machine.state().exited() && steps < MOST_STEPS {
        let mut recorder = Recorder::new(machine.state(), &tree)?.with_preimages(preimages.clone());
        recorder.accept_wrong_reads();
        for _ in 0..cuts.next()? {
            if machine.state().exited() || steps == MOST_STEPS {
                break;
            }
            let fault = fault.filter(|(at, _)| *at == steps).map(|(_, fault)| fault);
            let mut parts = fault.map(|_| Parts::of(machine.state()));
            if let (Some(fault), Some(parts)) = (fault, &mut parts) {
                before_the_step(fault, parts, &mut recorder)?;
                machine = machine_of(parts);
            }
            let thread = machine.state().current_thread()?.id;
            let lie = if let Some(Fault::Lie(lie)) = fault { Some(lie) } else { None };
            let mut liar = Liar::new(&mut recorder, lie);
            machine.step_observed(&mut liar).ok()?;
            outcome.does.push(liar.does);
            if lie.is_some() && !liar.told {
                return None;
            }
            if let (Some(fault), Some(before)) = (fault, &parts) {
                let Liar { after, stored, does, .. } = liar;
                let mut parts = Parts::of(machine.state());
                match (fault, stored) {
                    (Fault::Lie(lie), stored) => {
                        if let Some([(place, word), (address, old)]) = stored {
                            *parts.word(address)? = old.to_be_bytes();
                            *parts.word(place)? = word.to_be_bytes();
                        }
                        after_the_lie(lie, &mut parts, before, thread);
                        if let (Some(after), Some(thread)) = (after, parts.thread_of(thread)) {
                            thread.cpu = after;
                        }
                    }
                    (fault, _) => after_the_step(fault, &mut parts, before, thread, &mut recorder, does)?,
                }
                machine = machine_of(&parts);
            }
            if recorder.failed().is_some() {
                return None;
            }
            steps += 1;
        }
        let recorded = recorder.finish(machine.state(), &mut tree).ok()?;
        outcome.refused = outcome.refused.or(check_segment(&recorded).err());
        outcome.statements.push(recorded.statement);
        let mut expected = StateTree::of(machine.state());
        expected.set_preimages(preimages);
        outcome.consistent &= tree.root() == expected.root();
        each(recorded);
    }
    Some(outcome)
}

/// Changes the state before a step: that of the machine, and that of the rows, which nothing says.
fn before_the_step(fault: Fault, parts: &mut Parts, recorder: &mut Recorder) -> Option<()> {
    let mut system = |cell: SystemCell, place: u32, value: u64| {
        let _there = recorder.put(Cell::System(cell as u32 + place), value);
    };
    match fault {
        Fault::Register(register, change) => {
            let cpu = &mut parts.thread().cpu;
            let value = cpu.register(register) ^ change;
            set(cpu, register, value);
            let _there = recorder.put(Cell::Register(register), value);
        }
        Fault::Word(address, change) => {
            let bytes = parts.word(address)?;
            let value = u64::from_be_bytes(*bytes) ^ change;
            *bytes = value.to_be_bytes();
            let _there = recorder.put(Cell::Memory(address), value);
        }
        Fault::Heap(change) => {
            parts.heap ^= change;
            system(SystemCell::Heap, 0, parts.heap);
        }
        Fault::Key(change) => {
            parts.key[31] ^= change;
            let word = u64::from_be_bytes(*parts.key.last_chunk()?);
            system(SystemCell::Key, 3, word);
        }
        Fault::Offset(change) => {
            parts.offset ^= change;
            system(SystemCell::Offset, 0, parts.offset);
        }
        Fault::Thread(change) => {
            parts.thread().id ^= change;
            let id = parts.thread().id;
            system(SystemCell::Thread, 0, id);
        }
        Fault::Next(change) => {
            parts.next ^= change;
            system(SystemCell::NextThread, 0, parts.next);
        }
        Fault::LosesReservation => {
            parts.reserved = Reserved::default();
            (0..3).for_each(|part| system(SystemCell::Reservation, part, 0));
        }
        Fault::Since(steps) => parts.since = steps,
        Fault::Skips => parts.thread().cpu.advance(),
        Fault::Time(steps) => recorder.shift_time(steps),
        _ => {}
    }
    Some(())
}

/// Changes the machine's state after a step that was told a lie about, but for what the step itself writes.
fn after_the_lie(lie: Lie, parts: &mut Parts, before: &Parts, thread: u64) {
    match lie {
        Lie::Comes(change) => parts.thread().id ^= change,
        Lie::ComesWith(change) => parts.thread().cpu.set((change % 31) as u8 + 1, change),
        Lie::NoSwitch => {
            // The call has returned.
            let cpu = parts.thread_of(thread).map(|thread| thread.cpu.clone());
            (parts.stacks, parts.right, parts.since) =
                (before.stacks.clone(), before.right, before.since + 1);
            if let Some(cpu) = cpu {
                parts.thread().cpu = cpu;
            }
        }
        Lie::NoExit => {
            parts.exited = None;
            if let Some(thread) = parts.thread_of(thread) {
                (thread.exited, thread.exit_code) = (false, 0);
            }
        }
        _ => {}
    }
}

/// The same for other faults.
fn after_the_step(
    fault: Fault,
    parts: &mut Parts,
    before: &Parts,
    thread: u64,
    recorder: &mut Recorder,
    does: Does,
) -> Option<()> {
    match fault {
        Fault::Repeats => {
            if does.switches {
                return None;
            }
            let mut before = before.clone();
            let before = &before.thread_of(thread)?.cpu;
            let cpu = &mut parts.thread_of(thread)?.cpu;
            (cpu.pc, cpu.next_pc) = (before.pc, before.next_pc);
        }
        Fault::KeepsReservation => {
            parts.reserved = before.reserved;
            let Reserved { status, address, owner } = before.reserved;
            for (part, value) in (0..).zip([status, address, owner]) {
                let _there = recorder.put(Cell::System(SystemCell::Reservation as u32 + part), value);
            }
        }
        Fault::Exits(code) => parts.exited = Some(parts.exited.unwrap_or(code)),
        Fault::ExitCode(change) => parts.exited = Some(parts.exited? ^ change),
        _ => {}
    }
    Some(())
}

/// Whether a fault can be made in a step.
type Can = fn(&Does) -> bool;

/// A fault of each kind, and the steps that it can be made in.
fn faults(seed: u64) -> Vec<(&'static str, Fault, Can)> {
    let change = if seed.is_multiple_of(3) { seed | 1 } else { 1 << (seed >> 3 & 63) };
    let register = 8 + (seed >> 9) as u8 % 8;
    let word = program::DATA + 8 * (seed >> 12 & 3);
    let number = (seed >> 16) as u8 | 1;
    let by: i32 = if seed >> 24 & 1 == 0 { 1 } else { -1 };
    let [writes, stores, switches, exits, any]: [Can; 5] =
        [|step| step.writes, |step| step.stores, |step| step.switches, |step| step.exits, |_| true];
    let lies = [
        ("another result", Lie::Result(change), writes),
        ("another destination", Lie::Destination(register), writes),
        ("another target", Lie::Target(by * (1 + i32::from(number >> 1 & 3))), any),
        ("another word stored", Lie::Stored(change), stores),
        ("store left out", Lie::NotStored, stores),
        ("another address", Lie::StoredAt(by.into()), stores),
        ("another thread", Lie::Comes(change), switches),
        ("another thread's register", Lie::ComesWith(change), switches),
        ("switch left out", Lie::NoSwitch, switches),
        ("exit left out", Lie::NoExit, exits),
    ];
    let others = [
        ("register changed", Fault::Register([register, 33][usize::from(number == 1)], change), any),
        ("word changed", Fault::Word(word, change), any),
        ("heap changed", Fault::Heap(change), any),
        ("key changed", Fault::Key(number), any),
        ("offset changed", Fault::Offset(change & 0xff), any),
        ("thread's number changed", Fault::Thread(change), any),
        ("next thread's number changed", Fault::Next(change), any),
        ("reservation lost", Fault::LosesReservation, any),
        ("reservation kept", Fault::KeepsReservation, stores),
        (
            "no preemption, or an early one",
            Fault::Since([0, 99_999, 100_000, seed % 1000][number as usize / 2 % 4]),
            any,
        ),
        ("step left out", Fault::Skips, any),
        ("step repeated", Fault::Repeats, any),
        ("another time", Fault::Time(by), any),
        ("early exit", Fault::Exits(number), any),
        ("another exit code", Fault::ExitCode(number), exits),
    ];
    let lies = lies.into_iter().map(|(name, lie, can)| (name, Fault::Lie(lie), can));
    lies.chain(others).collect()
}

/// A state that one of the random programs begins in.
fn start(program: &[u32], values: &[u64], since: u64) -> Parts {
    let mut parts = Parts::of(machine(program).state());
    let cpu = &mut parts.thread().cpu;
    (8..16).zip(values).for_each(|(register, value)| cpu.set(register, *value));
    cpu.set(16, program::DATA);
    cpu.set(17, values[0] | 3);
    (21..24).zip([16, 32, 48]).for_each(|(register, bit)| cpu.set(register, program::DATA | 1 << bit));
    parts.since = since;
    if values[1].is_multiple_of(2) {
        let owner = [0, 1 << 16, 1 << 32, 1 << 48][values[3] as usize % 4];
        parts.reserved = Reserved { status: 1 + values[2] % 2, address: program::DATA, owner };
    }
    parts.add_page(program::DATA);
    parts
}

/// How often a fault was tried, could not be recorded, changed nothing, and was refused; and how often of these last the rows
/// led to the machine's faulty state, so that nothing but the fault itself was wrong.
type Count = [usize; 5];

/// Faults that the rows write to the state themselves.
const CONSISTENT: [&str; 8] = [
    "another result",
    "another destination",
    "another target",
    "another word stored",
    "store left out",
    "step left out",
    "step repeated",
    "register changed",
];

fn try_all(
    ((program, values, since, cuts), seeds): (Case, Vec<u64>),
    counts: &mut BTreeMap<&'static str, Count>,
) -> TestCaseResult {
    let start = start(&program, &values, since);
    let honest =
        run(&start, &program::preimages(), &cuts, None, drop).expect("the honest run goes on to its end");
    prop_assert_eq!(&honest.refused, &None);
    // Each thread runs the rest of the program, so a few calls of `clone` make very long runs.
    prop_assume!(honest.does.len() < MOST_STEPS);
    prop_assert!(honest.consistent);
    let mut seeds = seeds.into_iter().cycle();
    let mut next = || seeds.next().unwrap_or_default();
    for (name, fault, can) in faults(next()) {
        let steps: Vec<usize> = (0..honest.does.len()).filter(|step| can(&honest.does[*step])).collect();
        if steps.is_empty() {
            continue;
        }
        let at = steps[next() as usize % steps.len()];
        let count = counts.entry(name).or_default();
        count[0] += 1;
        // A lie may be so great that no row can be made of it.
        let Ok(Some(outcome)) = catch_unwind(AssertUnwindSafe(|| {
            run(&start, &program::preimages(), &cuts, Some((at, fault)), drop)
        })) else {
            count[1] += 1;
            continue;
        };
        if outcome.refused.is_some() {
            count[3] += 1;
            count[4] += usize::from(outcome.consistent);
        } else {
            prop_assert_eq!(&outcome.statements, &honest.statements, "{}: {:?} in step {}", name, fault, at);
            count[2] += 1;
        }
    }
    Ok(())
}

/// A program, values of its registers, the steps since the last thread switch, and where its segments end.
type Case = (Vec<u32>, Vec<u64>, u64, Vec<u32>);

fn case() -> impl Strategy<Value = Case> {
    let since = prop_oneof![Just(0_u64), 99_900_u64..100_000];
    let values = prop::collection::vec(super::value(), 8);
    (program::program(), values, since, prop::collection::vec(1_u32..60, 0..4))
}

/// Does something with the segments of that many random programs, always the same ones.
pub(super) fn honest_segments(programs: usize, mut each: impl FnMut(Recorded)) {
    let mut runner = TestRunner::deterministic();
    for _ in 0..programs {
        let (program, values, since, cuts) = case().new_tree(&mut runner).unwrap().current();
        let start = start(&program, &values, since);
        let outcome = run(&start, &program::preimages(), &cuts, None, &mut each);
        assert_eq!(outcome.unwrap().refused, None);
    }
}

#[test]
fn a_fault_in_one_step_is_refused() {
    let cases = ProptestConfig::default().cases.div_ceil(6);
    let config = ProptestConfig { cases, source_file: Some(file!()), ..ProptestConfig::default() };
    let strategy = (case(), prop::collection::vec(any::<u64>(), 8));
    let counts = RefCell::new(BTreeMap::new());
    let result = TestRunner::new(config).run(&strategy, |case| try_all(case, &mut counts.borrow_mut()));
    for (name, [tried, impossible, nothing, refused, consistent]) in counts.borrow().iter() {
        println!(
            "{name}: tried {tried} times, {refused} refused ({consistent} consistent), {nothing} changed nothing, {impossible} have no rows"
        );
    }
    result.unwrap_or_else(|failed| panic!("{failed}"));
    let counts = counts.borrow();
    let sum = |place: usize| counts.values().map(|count| count[place]).sum::<usize>();
    assert!(2 * sum(3) > sum(0), "most faults change something, and are refused");
    for name in CONSISTENT {
        let count = counts.get(name).copied().unwrap_or_default();
        assert!(count[4] > 0 || count[0] < 20, "{name} was never recorded consistently");
    }
}

/// A run that reads other bytes than those of the key is right by itself. The oracle segment of these bytes is not, and that of
/// the right bytes is about other pre-images than the run reads.
#[test]
fn a_wrong_byte_of_a_preimage_is_refused_by_the_oracle_segment() {
    let right = program::preimages();
    let start = start(&program::reads(), &[0; 8], 0);
    let refused = |preimages: &Preimages| {
        let segments = record_oracle(preimages, [usize::MAX; 2]);
        let check = |recorded: &crate::trace::RecordedOracle| {
            balance(&recorded.tables, recorded.kind.tables(), &recorded.statement.public_values(), &[])
                .is_err()
        };
        segments.iter().filter(|recorded| check(recorded)).count()
    };
    assert_eq!((refused(&right), refused(&some_preimages())), (0, 0));
    for place in [0, 7, 8, 28] {
        let mut wrong = right.regions()[&1].clone();
        wrong.bytes[place] ^= 1 << (place % 8);
        let wrong = Arc::new(Preimages::new([wrong]).unwrap());
        let outcome = run(&start, &wrong, &[], None, drop).unwrap();
        assert_eq!(outcome.refused, None);
        assert_eq!(refused(&wrong), 1);
        assert_ne!(wrong.tree().root(), right.tree().root());
    }
    // Of all types: the hashed ones are refused. A local key's value is part of what is proven, and an advice is anything.
    let all: Vec<Preimage> = some_preimages().regions().values().cloned().collect();
    for changed in 0..all.len() {
        let mut wrong = all.clone();
        let Some(byte) = wrong[changed].bytes.last_mut() else { continue };
        *byte ^= 0x80;
        let kind = wrong[changed].key[0];
        let wrong = Preimages::new(wrong).unwrap();
        assert_eq!(refused(&wrong), usize::from(kind.is_multiple_of(2)), "type {kind}");
        let [forged, honest] =
            [&wrong, &some_preimages()].map(|all| record_oracle(all, [usize::MAX; 2]).remove(0));
        assert_eq!(forged.statement.locals != honest.statement.locals, kind == 1);
        // With the digest of the right local keys, it is refused.
        let digest = crate::oracle::OracleStatement { locals: honest.statement.locals, ..forged.statement };
        let with = balance(&forged.tables, forged.kind.tables(), &digest.public_values(), &[]);
        assert!(kind != 1 || with.is_err());
    }
}

/// A program for proofs: it computes, stores, loads and exits with code 7.
fn short() -> Parts {
    let program = [
        word(Op::Addiu, 0, 8, 0, 5),
        word(Op::Addu, 8, 8, 9, 0),
        word(Op::Sd, 16, 9, 0, 8),
        word(Op::Ld, 16, 10, 0, 8),
        word(Op::Bne, 10, 8, 0, 2),
        0,
        word(Op::Addiu, 0, 8, 0, 9),
        word(Op::Addiu, 0, 2, 0, 5058),
        word(Op::Addiu, 0, 4, 0, 7),
        0xc,
    ];
    start(&program, &[0; 8], 0)
}

/// What no constraint refuses by itself must be refused by the verifier, because messages do not balance.
#[test]
fn faults_are_refused_by_the_verifier() {
    let setup = crate::Setup::new(&Parameters::FAST);
    let faults = [
        (1, Fault::Lie(Lie::Destination(11))),
        (2, Fault::Lie(Lie::NotStored)),
        (3, Fault::Register(8, 1)),
        (7, Fault::Skips),
        (8, Fault::ExitCode(1)),
    ];
    let mut honest = Vec::new();
    let outcome = run(&short(), &program::preimages(), &[], None, |recorded| honest.push(recorded)).unwrap();
    assert_eq!((&outcome.refused, outcome.statements[0].after.exit_code()), (&None, Some(7)));
    let (statement, proof, _) = prove(honest.remove(0), &setup).unwrap();
    setup.verify(&statement, &proof).unwrap();
    for (at, fault) in faults {
        let mut forged = Vec::new();
        let outcome =
            run(&short(), &program::preimages(), &[], Some((at, fault)), |recorded| forged.push(recorded))
                .unwrap();
        let why = outcome.refused.unwrap_or_else(|| panic!("{fault:?} is not refused"));
        assert!(why.contains("too often"), "{fault:?}: {why}");
        let (forged_statement, forged, _) = prove(forged.remove(0), &setup).unwrap();
        assert_ne!(forged_statement, statement, "{fault:?}");
        // The proof of the forged tables, and the honest one, say nothing about the forged state.
        assert!(setup.verify(&forged_statement, &forged).is_err(), "{fault:?}");
        assert!(setup.verify(&forged_statement, &proof).is_err(), "{fault:?}");
    }
}

/// A cell that breaks a constraint, in tables that are right otherwise.
#[test]
fn a_forged_cell_is_refused_by_the_verifier() {
    use crate::{air::AnyTable, machine::SegmentProof};
    let setup = crate::Setup::new(&Parameters::FAST);
    let mut honest = Vec::new();
    let _outcome = run(&short(), &program::preimages(), &[], None, |recorded| honest.push(recorded)).unwrap();
    let Recorded { statement, tables } = honest.remove(0);
    let public = statement.public_values();
    let mut traces = tables.finish(&public);
    let prove = |traces: &[_]| SegmentProof {
        proof: prove_tables(traces, &public, &setup.execution, &setup).unwrap(),
    };
    setup.verify(&statement, &prove(&traces)).unwrap();
    for (table, cell) in [(AnyTable::Add, 0), (AnyTable::Segment, 0), (AnyTable::StoreDouble, 40)] {
        let place = AnyTable::EXECUTION.iter().position(|other| *other == table).unwrap();
        let cell = cell % traces[place].width;
        traces[place].values[cell] += Val::ONE;
        assert!(setup.verify(&statement, &prove(&traces)).is_err(), "{}", table.name());
        traces[place].values[cell] -= Val::ONE;
    }
    // The last cell of a table that comes twice: the row only fills the second one.
    for table in [AnyTable::Shift, AnyTable::StoreDouble, AnyTable::Node] {
        let place = AnyTable::EXECUTION.iter().rposition(|other| *other == table).unwrap();
        assert!(place >= AnyTable::ALL.len());
        let last = traces[place].values.len() - 1;
        for cell in last - traces[place].width + 1..=last {
            traces[place].values[cell] += Val::ONE;
        }
        assert!(setup.verify(&statement, &prove(&traces)).is_err(), "{}", table.name());
        for cell in last - traces[place].width + 1..=last {
            traces[place].values[cell] -= Val::ONE;
        }
    }
}
