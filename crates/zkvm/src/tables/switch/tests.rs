//! Threads run as in the VM, and rows that say so cannot be changed.

use super::{Moves, SwitchRow, Switched};
use crate::{
    air::AnyTable,
    bus::SLOTS,
    calls::{CLONE_FLAGS, futex, number},
    row::Row,
    stark::Val,
    statement::{Position, record},
    tables::{QUANTUM, SWITCH_OFFSET},
    testing::{
        Reserved, START, Threads, Verdict, check_segment, judge, machine, machine_of, machine_with, mutate,
        word,
    },
    trace::{NotProvable, Reason, Recorded, Recorder, StateTree, Written},
};
use p3_field::{Field, PrimeCharacteristicRing, PrimeField32};
use proptest::{prelude::*, test_runner::TestCaseResult};
use tribunal_mips::{Cpu, Op};
use tribunal_vm::{Machine, Switch as Kind, Thread};

/// Sets a register to a small number.
fn set(register: u32, number: u32) -> u32 {
    word(Op::Addiu, 0, register, 0, number)
}

/// A system call.
fn call(number: u16, arguments: [u32; 3]) -> Vec<u32> {
    let registers = [4, 5, 6].into_iter().zip(arguments).map(|(register, value)| set(register, value));
    [set(2, number.into())].into_iter().chain(registers).chain([word(Op::Syscall, 0, 0, 0, 0)]).collect()
}

/// `clone`, with a stack of its own.
fn clone() -> Vec<u32> {
    vec![
        set(2, number::CLONE.into()),
        word(Op::Lui, 0, 4, 0, CLONE_FLAGS >> 16),
        word(Op::Ori, 4, 4, 0, CLONE_FLAGS & 0xffff),
        word(Op::Daddiu, 29, 5, 0, 0x100),
        word(Op::Syscall, 0, 0, 0, 0),
    ]
}

/// Runs a machine to its exit in segments of these lengths, the last one as often as it takes. Each is right, and the state at
/// each border is that of the VM.
fn check_run(machine: &mut Machine, cuts: &[u32]) -> TestCaseResult {
    let mut tree = StateTree::of(machine.state());
    let mut cuts = cuts.iter().copied();
    let mut cut = 1;
    while !machine.state().exited() {
        cut = cuts.next().unwrap_or(cut);
        let recorded = record_steps(machine, &mut tree, cut)
            .map_err(|failed| TestCaseError::fail(format!("{failed}")))?;
        prop_assert_eq!(check_segment(&recorded), Ok(()));
        prop_assert_eq!(tree.root(), StateTree::of(machine.state()).root());
    }
    Ok(())
}

fn record_steps(machine: &mut Machine, tree: &mut StateTree, steps: u32) -> Result<Recorded, NotProvable> {
    let mut recorder = Recorder::new(machine.state(), tree).unwrap();
    for _ in 0..steps {
        if machine.state().exited() || recorder.failed().is_some() {
            break;
        }
        machine.step_observed(&mut recorder).unwrap();
    }
    recorder.finish(machine.state(), tree)
}

/// Pieces of programs. All threads execute all of them, but for those that exit.
fn piece() -> impl Strategy<Value = Vec<u32>> {
    let futex_call = |operation: u16, value: u32| call(number::FUTEX, [0x2004, operation.into(), value]);
    prop_oneof![
        (8_u32..12, 8_u32..12).prop_map(|(from, to)| vec![word(Op::Daddiu, from, to, 0, 3)]),
        (8_u32..12, 8_u32..12).prop_map(|(a, b)| vec![word(Op::Dmultu, a, b, 0, 0)]),
        Just(call(number::SCHED_YIELD, [1, 2, 3])),
        Just(call(number::NANOSLEEP, [1, 2, 3])),
        Just(futex_call(futex::WAIT, 0)),
        Just(futex_call(futex::WAIT, 7)),
        Just(futex_call(futex::WAKE, 1)),
        Just(futex_call(1, 1)),
        Just(call(number::GETTID, [0; 3])),
        Just(vec![set(13, 0x2000), word(Op::Sw, 13, 8, 0, 4)]),
        Just(vec![set(13, 0x2000), word(Op::Ll, 13, 9, 0, 4)]),
        Just(vec![set(13, 0x2000), word(Op::Sc, 13, 10, 0, 4)]),
        // Ends the program if it is a new thread, or if it is not: the flags of `clone` are wrong.
        any::<bool>().prop_map(|new| {
            let end = call(number::CLONE, [1, 0, 0]);
            let op = if new { Op::Bne } else { Op::Beq };
            [vec![word(op, 14, 0, 0, end.len() as u32 + 1), word(Op::Sll, 0, 0, 0, 0)], end].concat()
        }),
        // Exits if it is a new thread, or if it is not.
        (any::<bool>(), 0_u32..0x7fff).prop_map(|(new, code)| {
            let exit = call(number::EXIT, [code, 0, 0]);
            let op = if new { Op::Bne } else { Op::Beq };
            [vec![word(op, 14, 0, 0, exit.len() as u32 + 1), word(Op::Sll, 0, 0, 0, 0)], exit].concat()
        }),
    ]
}

fn thread(words: u64) -> impl Strategy<Value = Thread> {
    (0..words, prop::collection::vec(any::<u64>(), 34), any::<u64>(), any::<u8>()).prop_map(
        |(place, values, id, code)| {
            let mut cpu = Cpu::at(START + 4 * place);
            (1..32).zip(&values).for_each(|(register, value)| cpu.set(register, *value));
            (cpu.hi, cpu.lo) = (values[32], values[33]);
            // Nothing reads the exit code of a thread that has not exited.
            Thread { exit_code: code, ..Thread::new(id, cpu) }
        },
    )
}

/// A program of some pieces, with at most two calls of `clone` between them, after which the new thread has a 0 in register 14.
fn program() -> impl Strategy<Value = Vec<u32>> {
    (
        prop::collection::vec(piece(), 1..9),
        prop::collection::vec(any::<prop::sample::Index>(), 0..3),
        any::<bool>(),
    )
        .prop_map(|(mut pieces, clones, group)| {
            for place in clones {
                let clone = [clone(), vec![word(Op::Daddu, 2, 0, 14, 0)]].concat();
                pieces.insert(place.index(pieces.len()), clone);
            }
            let end = if group { number::EXIT_GROUP } else { number::EXIT };
            [vec![set(8, 5), set(14, 1)], pieces.concat(), call(end, [0x1fe, 0, 0])].concat()
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.div_ceil(4), ..Default::default() })]

    #[test]
    fn threads_run_as_in_the_vm(program in program(), cuts in prop::collection::vec(1_u32..9, 1..6)) {
        check_run(&mut machine(&program), &cuts)?;
    }

    /// Threads of a state, of which some may have exited, and which are preempted soon.
    #[test]
    fn threads_of_a_state_run_as_in_the_vm(
        program in program(),
        left in prop::collection::vec(thread(6), 0..4),
        right in prop::collection::vec(thread(6), 0..4),
        turned in any::<bool>(),
        since in prop_oneof![99_980_u64..=100_000, 0_u64..=100_000],
        next in prop_oneof![Just(u64::MAX), Just(0xffff), Just(0xffff_ffff), any::<u64>()],
        dead in any::<Option<u8>>(),
        cuts in prop::collection::vec(1_u32..9, 1..6),
    ) {
        // Where the threads begin.
        let program = [vec![0; 6], program].concat();
        let mut threads = Threads { stacks: [left, right], right: turned, since, next };
        let count = threads.stacks.iter().map(Vec::len).sum::<usize>();
        let Some(top) = threads.stacks[usize::from(turned)].last_mut() else {
            return Err(TestCaseError::reject("no thread runs"));
        };
        if let Some(code) = dead.filter(|_| count > 1) {
            (top.exited, top.exit_code) = (true, code);
        }
        check_run(&mut machine_of(&program, &threads), &cuts)?;
    }
}

/// Two threads that are preempted in turn, and a third one that comes in between.
#[test]
fn threads_are_preempted_where_the_vm_does_it() {
    let forever =
        [word(Op::Daddiu, 8, 8, 0, 1), word(Op::Beq, 0, 0, 0, (-2_i32) as u32), word(Op::Xor, 9, 8, 9, 0)];
    let program = [clone(), vec![set(8, 3)], clone(), forever.to_vec()].concat();
    let mut machine = machine(&program);
    let mut tree = StateTree::of(machine.state());
    for steps in [99_995, 10, 99_995, 6, 200_000, 2] {
        let recorded = record_steps(&mut machine, &mut tree, steps).unwrap();
        assert_eq!(check_segment(&recorded), Ok(()));
        assert_eq!(tree.root(), StateTree::of(machine.state()).root());
    }
    assert_eq!(machine.state().thread_count(), 4);
}

/// A segment touches the leaves of the threads that run in it, however many threads there are.
#[test]
fn many_threads_cost_nothing() {
    let program = [call(number::SCHED_YIELD, [0; 3]), call(number::EXIT_GROUP, [3, 0, 0])].concat();
    let many = |pc: u64| (0..5000).map(|id| Thread::new(id, Cpu::at(pc))).collect::<Vec<_>>();
    let threads = Threads { stacks: [many(START), many(START)], right: true, since: 5, next: 10_000 };
    let mut machine = machine_of(&program, &threads);
    let mut tree = StateTree::of(machine.state());
    let recorded = record_steps(&mut machine, &mut tree, 6).unwrap();
    assert_eq!(check_segment(&recorded), Ok(()));
    assert_eq!(tree.root(), StateTree::of(machine.state()).root());
    assert_eq!(recorded.tables.rows(AnyTable::System).count(), 5 + 10 + 10);
    assert!(recorded.tables.rows(AnyTable::Node).count() < 300);
}

#[test]
fn what_cannot_be_proven_ends_with_an_error() {
    let reason = |machine: &mut Machine| {
        let mut tree = StateTree::of(machine.state());
        record_steps(machine, &mut tree, 100).err().map(|failed| failed.reason)
    };
    // Too many threads on a stack.
    let program = [clone(), call(number::EXIT_GROUP, [3, 0, 0])].concat();
    let many = |count: u64| (0..count).map(|id| Thread::new(id, Cpu::at(START))).collect::<Vec<_>>();
    for (count, expected) in
        [(65_534, None), (65_535, Some(Reason::Threads)), (65_536, Some(Reason::Threads))]
    {
        let threads = Threads { stacks: [vec![], many(count)], right: true, since: 5, next: 10_000 };
        assert_eq!(reason(&mut machine_of(&program, &threads)), expected, "{count}");
    }
    // Threads that cannot run on.
    let program = [call(number::SCHED_YIELD, [0; 3]), call(number::EXIT_GROUP, [3, 0, 0])].concat();
    let dead = Thread { exited: true, ..Thread::new(3, Cpu::at(START)) };
    let crooked = Thread::new(4, Cpu::at(START + 2));
    let far = Thread::new(5, Cpu::at(START + (1 << 32)));
    for (thread, expected) in
        [(dead, Reason::Thread(3)), (crooked, Reason::Thread(4)), (far, Reason::Window(START + (1 << 32)))]
    {
        let stack = vec![thread, Thread::new(1, Cpu::at(START))];
        let threads = Threads { stacks: [stack, vec![]], right: false, since: 5, next: 10 };
        assert_eq!(reason(&mut machine_of(&program, &threads)), Some(expected));
    }
}

/// A switch in that step of the segment, as the VM does it.
fn switched(
    step: u32,
    kind: Kind,
    [active, waiting]: [u64; 2],
    right: bool,
    since: u32,
    counters: [[u32; 2]; 2],
    [id, other]: [u64; 2],
) -> Switched {
    let time = SLOTS * step;
    let cell = |old: u64, new: u64, gap: u32| Written { register: 0, old, new, before: time + 2 - gap };
    let gives_way = matches!(kind, Kind::Preempted | Kind::Yielded);
    let clones = kind == Kind::Cloned;
    let active_then = if clones { active + 1 } else { active - 1 };
    let waiting_then = waiting + u64::from(gives_way);
    let turns = active_then == 0;
    let [here, there] = if right { [1, 0] } else { [0, 1] };
    let to = match kind {
        _ if gives_way => (!turns).then_some((there, waiting)),
        Kind::Cloned => Some((here, active - 1)),
        _ => None,
    };
    let from = match kind {
        Kind::Cloned => None,
        _ if gives_way && turns => None,
        _ if turns => Some((there, waiting_then - 1)),
        _ => Some((here, active_then - 1)),
    };
    let code = |counter: u32| 1 << 32 | u64::from(counter) << 2;
    let [gone, comes] = counters;
    let comes = if from.is_some() { comes } else { gone };
    let start = |(side, depth): (u32, u64)| record::start(side, depth as u32);
    let moves = (to.is_some() || from.is_some()).then(|| Moves {
        thread: cell(id, if from.is_some() { other } else { id }, 1),
        to: to.map(|to| (start(to), [cell(0, code(gone[0]), 1), cell(0, code(gone[1]), 2), cell(0, id, 3)])),
        from: from.map(|from| {
            (start(from), [cell(code(comes[0]), 0, 4), cell(code(comes[1]), 0, 5), cell(other, 0, 6)])
        }),
    });
    Switched {
        time,
        reason: kind,
        counters: [gone, comes],
        right,
        stacks: [cell(active, active_then, 1), cell(waiting, waiting_then, 2)],
        direction: cell(right.into(), (right ^ turns).into(), 3),
        switch: cell((step + SWITCH_OFFSET - since).into(), (step + 1 + SWITCH_OFFSET).into(), 1 << 10),
        moves,
    }
}

fn kind() -> impl Strategy<Value = Kind> {
    prop::sample::select(vec![Kind::Preempted, Kind::Yielded, Kind::Cloned, Kind::Exited])
}

/// How many steps after the switch before it a switch may be.
fn since(kind: Kind, choice: u32) -> u32 {
    match kind {
        Kind::Preempted => QUANTUM,
        Kind::Yielded | Kind::Cloned => QUANTUM - 1 - choice % QUANTUM,
        Kind::Exited => QUANTUM - choice % QUANTUM,
    }
}

proptest! {
    #[test]
    fn each_cell_of_a_row_counts(
        step in prop_oneof![1_u32 << 10..1 << 18, 1_u32 << 10..(1 << 22) - 2, Just(0x2_86a0 + 0x1_0000)],
        kind in kind(),
        stacks in prop_oneof![[1_u64..4, 0_u64..3], [1_u64..0xffff, 0_u64..0xffff], Just([1, 0xfffe]), Just([0xfffe, 0xfffe])],
        right in any::<bool>(),
        choice in prop_oneof![0_u32..3, 99_999_u32..100_002, any::<u32>()],
        gone in [0_u32..1 << 30, 0_u32..1 << 30],
        comes in [0_u32..1 << 30, 0_u32..1 << 30],
        ids in any::<[u64; 2]>(),
    ) {
        let gone = if kind == Kind::Exited { [Position::DEAD, gone[1] & 0xff] } else { gone };
        let stacks = if kind == Kind::Exited && stacks == [1, 0] { [1, 1] } else { stacks };
        let since = since(kind, choice).min(step + SWITCH_OFFSET);
        let row = SwitchRow::new(&switched(step, kind, stacks, right, since, [gone, comes], ids));
        let honest = judge(AnyTable::Switch, row.cells());
        prop_assert!(matches!(&honest, Verdict::Right(said) if said.len() >= 10), "{honest:x?}");
        mutate(AnyTable::Switch, row.cells())?;
        let empty = vec![Default::default(); row.cells().len()];
        prop_assert_eq!(judge(AnyTable::Switch, &empty), Verdict::Right(vec![]));
        mutate(AnyTable::Switch, &empty)?;
    }

    /// What proves one switch does not prove another one.
    #[test]
    fn rows_do_not_mix(
        kinds in [kind(), kind()],
        stacks in [[1_u64..4, 1_u64..3], [1_u64..4, 1_u64..3]],
        right in any::<[bool; 2]>(),
        choice in any::<[bool; 2]>(),
    ) {
        let row = |place: usize| {
            let kind = kinds[place];
            let gone = if kind == Kind::Exited { [Position::DEAD, 7] } else { [1000, 1001] };
            let since = since(kind, if choice[place] { 0 } else { 5 });
            SwitchRow::new(&switched(200_000, kind, stacks[place], right[place], since, [gone, [5, 6]], [3, 4]))
        };
        let (one, other) = (row(0), row(1));
        let cells = one.cells().len();
        for from in 0..cells {
            for to in from + 1..=cells {
                let mut mixed = one.cells().to_vec();
                mixed[from..to].copy_from_slice(&other.cells()[from..to]);
                if let Verdict::Wrong(why) = judge(AnyTable::Switch, &mixed) {
                    prop_assert!(false, "cells {from} to {to}: {why}");
                }
            }
        }
    }
}

/// The next switch has one number: no other limbs stand for it.
#[test]
fn the_next_switch_is_unique() {
    let row =
        SwitchRow::new(&switched(5000, Kind::Preempted, [1, 0], false, QUANTUM, [[7, 8], [7, 8]], [0, 0]));
    let refused = |row: SwitchRow<Val>| {
        let verdict = judge(AnyTable::Switch, row.cells());
        assert!(matches!(verdict, Verdict::Refused(_)), "{verdict:?}");
    };
    for times in 1..4 {
        // The same modulo the field's order.
        let number = 5001 + u64::from(SWITCH_OFFSET) + times * u64::from(Val::ORDER_U32);
        let mut forged = row;
        forged.new_switch = [number & 0xffff, number >> 16].map(Val::from_u64);
        refused(forged);
    }
    let mut forged = row;
    let place = Val::from_u32(1 << 16);
    for high in [Val::ZERO, row.new_switch[1] - Val::ONE, row.new_switch[1] + Val::ONE] {
        forged.new_switch = [row.new_switch[0] + (row.new_switch[1] - high) * place, high];
        refused(forged);
    }
}

/// Rows with all cells made for something that the VM does not do.
#[test]
fn forged_rows_are_refused() {
    let dead = Position::DEAD;
    let make = |kind, stacks, since, gone| {
        SwitchRow::new(&switched(200_000, kind, stacks, false, since, [gone, [5, 6]], [3, 4]))
    };
    let refused = |what: &str, row: SwitchRow<Val>| {
        let verdict = judge(AnyTable::Switch, row.cells());
        assert!(matches!(verdict, Verdict::Refused(_)), "{what}: {verdict:?}");
    };
    for stacks in [[1, 2], [2, 2]] {
        // The program or the thread has exited, and goes on.
        for exited in [dead, Position::EXITED] {
            for kind in [Kind::Preempted, Kind::Yielded, Kind::Cloned] {
                refused("a thread that has exited", make(kind, stacks, since(kind, 0), [exited, 7]));
            }
        }
        // A thread is dropped that has not exited.
        refused("a thread that lives", make(Kind::Exited, stacks, 5, [100, 101]));
        // Too early and too late.
        for (kind, since) in [
            (Kind::Preempted, QUANTUM - 1),
            (Kind::Preempted, QUANTUM + 1),
            (Kind::Preempted, 0),
            (Kind::Yielded, QUANTUM),
            (Kind::Cloned, QUANTUM),
            (Kind::Exited, QUANTUM + 1),
        ] {
            let gone = if kind == Kind::Exited { [dead, 7] } else { [100, 101] };
            refused("at another time", make(kind, stacks, since, gone));
        }
    }
    // Counters whose parts are too large: their limbs would be no limbs, or the address outside the window.
    let row = make(Kind::Yielded, [2, 2], 5, [1 << 20, 1 << 21]);
    for place in 0..2 {
        let mut forged = row;
        forged.address[place][0] += Val::from_u32(1 << 14);
        forged.address[place][1] -= Val::ONE;
        refused("a limb of 17 bits", forged);
        let mut forged = row;
        forged.address[place][1] += Val::from_u32(1 << 16);
        forged.counters[place] += Val::from_u32(1 << 30);
        refused("outside the window", forged);
        // The record has an address that is not a multiple of 4.
        for limb in 1..4 {
            let mut forged = row;
            forged.new_address[place][0] = Val::from_u8(limb) * Val::from_u8(4).inverse();
            let [low, high] = forged.new_address[place];
            forged.new_counters[place] = low + high * Val::from_u32(1 << 14);
            refused("an address that is no multiple of 4", forged);
        }
    }
    // Flags that are no bits, though their sum is one.
    let row = make(Kind::Yielded, [2, 2], 5, [100, 101]);
    for flags in [[-1, 1, 1, 0], [1, -1, 1, 0], [1, 1, -1, 0], [0, 1, 1, -1], [2, 0, 0, -1], [-1, 2, 0, 0]] {
        let mut forged = row;
        [forged.preempted, forged.yields, forged.clones, forged.dropped] = flags.map(Val::from_i32);
        forged.rotates = forged.preempted + forged.yields;
        let cells = [(forged.rotates, record::start(1, 2)), (forged.clones, record::start(0, 1))];
        forged.to = cells.into_iter().map(|(flag, start)| flag * Val::from_u32(start)).sum();
        let comes = forged.rotates + forged.dropped;
        forged.from = comes * Val::from_u32(record::start(0, 0));
        refused("flags", forged);
    }
    // Twice the stacks' change of roles: a thread comes from a place where none is.
    let mut forged = make(Kind::Exited, [1, 3], 5, [dead, 7]);
    forged.turns = Val::TWO;
    forged.new_right = Val::TWO;
    forged.depth = Val::from_u8(5);
    forged.from = Val::from_u32(record::STRIDE * (2 * 5 + 2 + 1));
    refused("turns", forged);
    // Stacks that are too high.
    refused("too many threads", make(Kind::Cloned, [0xffff, 0], 5, [100, 101]));
    refused("too many threads", make(Kind::Yielded, [2, 0xffff], 5, [100, 101]));
    // The last thread is dropped: the record would be that of depth -1, whose number is that of the machine's own cells.
    let mut forged = make(Kind::Exited, [1, 1], 5, [dead, 7]);
    forged.waiting = Val::ZERO;
    forged.depth = Val::NEG_ONE;
    forged.from = Val::ZERO;
    refused("the last thread", forged);
    forged.new_right = Val::ZERO;
    forged.turns = Val::ZERO;
    refused("the last thread", forged);
    for (kind, gone) in [(Kind::Yielded, [100, 101]), (Kind::Exited, [dead, 7])] {
        // The direction is not changed though the stack is empty: the next thread would be at depth -1.
        let mut forged = make(kind, [1, 1], 5, gone);
        forged.turns = Val::ZERO;
        forged.new_right = forged.right;
        forged.rotates = forged.yields;
        forged.depth = Val::NEG_ONE;
        for from in [0_i64, -64, 64] {
            forged.from = Val::from_i64(from);
            forged.to = forged.yields * Val::from_u32(record::start(1, 1));
            refused("no turn", forged);
        }
        // It is changed though the stack is not empty.
        let mut forged = make(kind, [2, 1], 5, gone);
        forged.turns = Val::ONE;
        forged.new_right = Val::ONE;
        forged.rotates = Val::ZERO;
        refused("a turn", forged);
    }
    // Another record than the top one comes, or the thread moves to another place.
    let row = make(Kind::Yielded, [3, 2], 5, [100, 101]);
    for (side, depth) in [(0, 0), (0, 2), (1, 0), (1, 1), (1, 2)] {
        let mut forged = row;
        forged.from = Val::from_u32(record::start(side, depth));
        refused("another thread", forged);
        forged.depth = Val::from_u32(depth);
        refused("another thread", forged);
    }
    for (side, depth) in [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 3)] {
        let mut forged = row;
        forged.to = Val::from_u32(record::start(side, depth));
        refused("another place", forged);
    }
}

/// Records the steps of one machine as if they began in the state of another one. All that follows from it is consistent.
fn record_as(program: &[u32], begins: &Threads, makes: &Threads, steps: u32) -> Result<(), String> {
    let (claimed, mut machine) = (machine_of(program, begins), machine_of(program, makes));
    let mut tree = StateTree::of(claimed.state());
    let mut recorder = Recorder::new(claimed.state(), &tree).unwrap();
    for _ in 0..steps {
        machine.step_observed(&mut recorder).unwrap();
    }
    let recorded = recorder.finish(machine.state(), &mut tree).map_err(|failed| failed.to_string())?;
    check_segment(&recorded)
}

/// The steps of threads that are not those of the state are not provable: others, at other places, in another order.
#[test]
fn other_threads_do_not_run() {
    let program = [clone(), call(number::SCHED_YIELD, [0; 3]), call(number::EXIT, [3, 0, 0])].concat();
    let run = |id: u64| Thread::new(id, Cpu::at(START));
    let other = |id: u64, register: u64| {
        let mut cpu = Cpu::at(START + 20);
        cpu.set(17, register);
        Thread::new(id, cpu)
    };
    let honest = Threads {
        stacks: [vec![other(1, 5), other(2, 6), run(3)], vec![other(4, 7)]],
        right: false,
        since: 99_997,
        next: 9,
    };
    let steps = 40;
    assert_eq!(record_as(&program, &honest, &honest, steps), Ok(()));
    let change = |change: &dyn Fn(&mut Threads)| {
        let mut threads = honest.clone();
        change(&mut threads);
        threads
    };
    let forged = [
        ("another order", change(&|threads| threads.stacks[0].swap(0, 1))),
        ("another register", change(&|threads| threads.stacks[0][1] = other(2, 5))),
        ("another register below", change(&|threads| threads.stacks[0][0] = other(1, 6))),
        ("another number", change(&|threads| threads.stacks[0][1].id = 1)),
        ("another address", change(&|threads| threads.stacks[0][1].cpu.pc = START + 40)),
        ("another next address", change(&|threads| threads.stacks[0][1].cpu.next_pc += 4)),
        ("HI", change(&|threads| threads.stacks[0][1].cpu.hi = 1)),
        ("another number of the next thread", change(&|threads| threads.next = 8)),
        ("a number that is used", change(&|threads| threads.next = 1)),
        ("sooner", change(&|threads| threads.since -= 1)),
        ("later", change(&|threads| threads.since += 1)),
        (
            "on the other side",
            change(&|threads| {
                let thread = threads.stacks[1].remove(0);
                threads.stacks[0].insert(2, thread);
            }),
        ),
        ("one less", change(&|threads| threads.stacks[0].retain(|thread| thread.id != 2))),
        ("one less below", change(&|threads| threads.stacks[0].retain(|thread| thread.id != 1))),
        ("one more", change(&|threads| threads.stacks[0].insert(2, other(8, 8)))),
        ("the running one", change(&|threads| threads.stacks[0][2].cpu.set(17, 1))),
        ("the number of the running one", change(&|threads| threads.stacks[0][2].id = 7)),
    ];
    for (what, forged) in &forged {
        let refused = record_as(&program, &honest, forged, steps);
        assert!(refused.is_err(), "{what}");
        let refused = record_as(&program, forged, &honest, steps);
        assert!(refused.is_err(), "{what}, the other way round");
    }
    // A thread that has exited runs on, or one that has not is dropped.
    let dead = change(&|threads| threads.stacks[0][2].exited = true);
    assert_eq!(record_as(&program, &dead, &dead, 9), Ok(()));
    assert!(record_as(&program, &dead, &honest, 3).is_err());
    assert!(record_as(&program, &honest, &dead, 3).is_err());
}

/// A machine with a loop, that many steps after the last switch.
fn looping(since: u64) -> Machine {
    let program =
        [word(Op::Daddiu, 8, 8, 0, 1), word(Op::Beq, 0, 0, 0, (-2_i32) as u32), word(Op::Xor, 9, 8, 9, 0)];
    machine_with(&program, Reserved::default(), since)
}

/// Records a segment that begins in the state of one machine with the steps of another one, and ends in the state of a
/// third one that is as many steps after a switch as `ends`.
fn record(begins: u64, makes: u64, steps: u32, ends: Option<u64>) -> Recorded {
    let (state, mut machine) = (looping(begins), looping(makes));
    let mut tree = StateTree::of(state.state());
    let mut recorder = Recorder::new(state.state(), &tree).unwrap();
    for _ in 0..steps {
        machine.step_observed(&mut recorder).unwrap();
    }
    assert_eq!(recorder.failed(), None);
    let Some(ends) = ends else {
        let recorded = recorder.finish(machine.state(), &mut tree).unwrap();
        if begins == makes {
            assert_eq!(tree.root(), StateTree::of(machine.state()).root());
        }
        return recorded;
    };
    let mut recorded = recorder.finish(looping(ends).state(), &mut tree).unwrap();
    let cpu = &machine.state().current_thread().unwrap().cpu;
    [recorded.statement.after.pc, recorded.statement.after.next_pc] =
        [cpu.pc, cpu.next_pc].map(|address| address as u32 >> 2);
    recorded
}

#[test]
fn a_thread_is_preempted_where_the_vm_does_it() {
    for since in [0, 1, 99_989, 99_990, 99_999, 100_000] {
        assert_eq!(check_segment(&record(since, since, 10, None)), Ok(()), "{since}");
    }
    assert_eq!(check_segment(&record(3, 3, 250_000, None)), Ok(()));
}

#[test]
fn a_preemption_cannot_be_skipped() {
    for ends in [Some(100_001), Some(100_000), Some(1), Some(0), None] {
        let refused = check_segment(&record(100_000, 50, 1, ends)).unwrap_err();
        assert!(refused.contains("segment"), "{refused}");
        let refused = check_segment(&record(99_998, 50, 10, ends.map(|ends| ends + 7))).unwrap_err();
        assert!(refused.contains("segment"), "{refused}");
    }
    // The honest numbers, for comparison.
    assert_eq!(check_segment(&record(99_998, 50, 2, Some(100_000))), Ok(()));
}

#[test]
fn a_preemption_cannot_be_early_or_late() {
    for (begins, makes) in
        [(99_999, 100_000), (0, 100_000), (100_000, 99_999), (99_995, 99_994), (99_994, 99_995)]
    {
        for ends in [None, Some(1), Some(3), Some(4)] {
            let refused = check_segment(&record(begins, makes, 10, ends)).unwrap_err();
            assert!(refused.contains("segment") || refused.contains("switch"), "{refused}");
        }
    }
}
