//! A thread is preempted after its quantum, neither earlier nor later, and rows that say so cannot be changed.

use super::{Preempted, StayRow};
use crate::{
    air::AnyTable,
    bus::SLOTS,
    row::Row,
    stark::Val,
    tables::{QUANTUM, SWITCH_OFFSET},
    testing::{Reserved, Verdict, check_segment, judge, machine_with, mutate, word},
    trace::{Recorded, Recorder, StateTree, Written},
};
use p3_field::{PrimeCharacteristicRing, PrimeField32};
use proptest::prelude::*;
use tribunal_mips::Op;
use tribunal_vm::Machine;

/// A thread that is preempted in that step of the segment, with that many threads on the other stack.
fn preempted(step: u32, waiting: u64, right: bool, pc: [u32; 2]) -> Preempted {
    let time = SLOTS * step;
    let cell = |old: u64, new: u64, gap: u32| Written { register: 0, old, new, before: time - gap };
    let stacks = [[1, 0], [waiting, waiting + 1]];
    let [left, right_] = if right { [stacks[1], stacks[0]] } else { stacks };
    let last = u64::from(step + SWITCH_OFFSET - QUANTUM);
    Preempted {
        time,
        pc: pc[0],
        next_pc: pc[1],
        threads: [cell(left[0], left[1], 1), cell(right_[0], right_[1], 2)],
        direction: cell(right.into(), (!right).into(), 3),
        switch: cell(last, u64::from(step + 1 + SWITCH_OFFSET), 1 << 10),
    }
}

proptest! {
    #[test]
    fn each_cell_of_a_row_counts(
        step in prop_oneof![1_u32 << 10..1 << 18, 1_u32 << 10..(1 << 22) - 2, Just(0x2_86a0 + 0x1_0000)],
        waiting in prop_oneof![Just(0), 0_u64..5, Just(0xfffe)],
        right in any::<bool>(),
        pc in [0_u32..1 << 30, 0_u32..1 << 30],
    ) {
        let row = StayRow::new(&preempted(step, waiting, right, pc));
        let honest = judge(AnyTable::Stay, row.cells());
        prop_assert!(matches!(&honest, Verdict::Right(said) if said.len() == 10), "{honest:x?}");
        mutate(AnyTable::Stay, row.cells())?;
        let empty = vec![Default::default(); row.cells().len()];
        prop_assert_eq!(judge(AnyTable::Stay, &empty), Verdict::Right(vec![]));
        mutate(AnyTable::Stay, &empty)?;
    }
}

/// The next switch has one number: no other limbs stand for it.
#[test]
fn the_next_switch_is_unique() {
    let row = StayRow::new(&preempted(5000, 0, false, [7, 8]));
    for times in 1..4 {
        // The same modulo the field's order.
        let number = 5001 + u64::from(SWITCH_OFFSET) + times * u64::from(Val::ORDER_U32);
        let mut forged = row;
        forged.new_switch = [number & 0xffff, number >> 16].map(Val::from_u64);
        let verdict = judge(AnyTable::Stay, forged.cells());
        assert!(matches!(verdict, Verdict::Refused(_)), "{verdict:?}");
    }
    let mut forged = row;
    let place = Val::from_u32(1 << 16);
    for high in [Val::ZERO, row.new_switch[1] - Val::ONE, row.new_switch[1] + Val::ONE] {
        forged.new_switch = [row.new_switch[0] + (row.new_switch[1] - high) * place, high];
        let verdict = judge(AnyTable::Stay, forged.cells());
        assert!(matches!(verdict, Verdict::Refused(_)), "{verdict:?}");
    }
}

/// A row counts once, with all cells made for another count.
#[test]
fn a_row_counts_once() {
    for right in [false, true] {
        for count in [Val::TWO, Val::NEG_ONE, Val::from_u8(3), Val::ZERO] {
            let mut forged = StayRow::new(&preempted(5000, 0, right, [7, 8]));
            forged.real = count;
            let side = usize::from(right);
            forged.threads[side] = count;
            forged.threads[1 - side] = Val::ZERO;
            forged.new_threads[side] = Val::ZERO;
            forged.new_threads[1 - side] = if right { count } else { count * count };
            let verdict = judge(AnyTable::Stay, forged.cells());
            let silent = Verdict::Right(vec![]);
            assert!(matches!(verdict, Verdict::Refused(_)) || verdict == silent, "{count}: {verdict:?}");
        }
    }
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
            assert!(refused.contains("segment") || refused.contains("stay"), "{refused}");
        }
    }
}
