//! Where a segment ends, the state is that of the VM, whatever happened to the reservation.

use super::{Border, FIRST_TIME, LastReservation, QUANTUM, SWITCH_OFFSET, SegmentRow};
use crate::{
    air::AnyTable,
    bus::SLOTS,
    one_row::evaluate,
    row::Row,
    stark::Val,
    statement::{SystemCell, public},
    tables::range,
    testing::{Reserved, check_segment, machine_with, word},
    trace::{Recorded, Recorder, StateTree},
};
use p3_field::{PrimeCharacteristicRing, PrimeField32};
use proptest::{prelude::*, test_runner::TestCaseResult};
use tribunal_mips::Op;
use tribunal_vm::Machine;

/// Records that many steps.
pub(crate) fn record(machine: &mut Machine, tree: &mut StateTree, steps: u32) -> Recorded {
    let mut recorder = Recorder::new(machine.state(), tree).unwrap();
    for _ in 0..steps {
        machine.step_observed(&mut recorder).unwrap();
    }
    assert_eq!(recorder.failed(), None);
    recorder.finish(machine.state(), tree).unwrap()
}

/// The addresses that the programs access: some in one word, in one leaf, and at 0.
fn place() -> impl Strategy<Value = (u32, u32)> {
    let near = prop_oneof![Just(0_u32), Just(4), Just(7), Just(8), 0_u32..17];
    (prop::sample::select(vec![0_u32, 8]), near)
}

/// Instructions that make, use and clear reservations.
fn access() -> impl Strategy<Value = u32> {
    let ops = vec![
        Op::Ll,
        Op::Lld,
        Op::Ll,
        Op::Lld,
        Op::Sc,
        Op::Scd,
        Op::Sc,
        Op::Scd,
        Op::Sb,
        Op::Sw,
        Op::Sd,
        Op::Sdl,
    ];
    (prop::sample::select(ops), place(), prop::sample::select(vec![0_u32, 9, 10]))
        .prop_map(|(op, (rs, offset), rt)| word(op, rs, rt, 0, offset))
}

fn reserved() -> impl Strategy<Value = Reserved> {
    let address = prop_oneof![Just(0_u64), Just(0x2000), Just(0x2004), Just(0x2008), Just(1 << 63 | 3)];
    (0_u64..3, address, 0_u64..2).prop_map(|(status, address, owner)| Reserved { status, address, owner })
}

proptest! {
    #[test]
    fn reservations_are_those_of_the_vm(
        accesses in prop::collection::vec(access(), 1..24),
        reserved in prop_oneof![Just(Reserved::default()), reserved()],
        cuts in prop::collection::vec(1_u32..6, 8),
    ) {
        let mut program = vec![word(Op::Ori, 0, 8, 0, 0x2000), word(Op::Daddiu, 0, 10, 0, 0x8765)];
        program.extend(&accesses);
        let mut machine = machine_with(&program, reserved, 7);
        let mut tree = StateTree::of(machine.state());
        let mut left = program.len() as u32;
        for cut in cuts.into_iter().chain([u32::MAX]) {
            let steps = cut.min(left);
            left -= steps;
            let recorded = record(&mut machine, &mut tree, steps);
            prop_assert_eq!(check_segment(&recorded), Ok(()));
            prop_assert_eq!(tree.root(), StateTree::of(machine.state()).root());
        }
    }
}

/// A message: its bus, its fields, and whether it is sent.
type Said = (String, Vec<u32>, bool);

/// The messages of a row of a segment with that many steps, if the row is not refused.
fn messages(row: &SegmentRow<Val>, steps: u32) -> Option<Vec<Said>> {
    let mut public = vec![Val::ZERO; public::COUNT];
    public[public::STEPS] = Val::from_u32(steps);
    let mut said = Vec::new();
    let mut refused = false;
    let failed = evaluate(AnyTable::Segment, row.cells(), &[Val::ONE], &public, |message| {
        let fields: Vec<u32> = message.fields.iter().map(PrimeField32::as_canonical_u32).collect();
        if message.bus == "range" {
            refused |= fields[1] > range::MOST_BITS as u32 || fields[0] >= 1 << fields[1];
        } else {
            said.push((message.bus.to_owned(), fields, message.count == Val::ONE));
        }
    });
    (failed.is_none() && !refused).then_some(said)
}

/// A number that limbs below 2^16 stand for. Other rows send no other words.
fn number(limbs: &[u32]) -> Option<u64> {
    limbs.iter().rev().try_fold(0, |word, &limb| (limb < 1 << 16).then(|| word << 16 | u64::from(limb)))
}

/// Checks what a row says of the cells that hold times, by what they are for.
fn check(said: &[Said], steps: u32) -> Result<(), String> {
    let end = FIRST_TIME + SLOTS * steps;
    // The value of a cell in the messages that have it at that time, before and after. `None` if no other row says so.
    let passed = |cell: u32, [from, to]: [u32; 2]| {
        let at = |time: u32, sent: bool| {
            let mut of = said.iter().filter(|(bus, fields, plus)| {
                bus == "sys" && fields[0] == cell && fields[5] == time && *plus == sent
            });
            match (of.next(), of.next()) {
                (Some((_, fields, _)), None) => Ok(number(&fields[1..5])),
                _ => Err(format!("cell {cell} is not accessed once at {time}")),
            }
        };
        let [old, new] = [at(from, false)?, at(to, true)?];
        match (old, new) {
            (None, _) => Ok(None),
            (_, None) => Err(format!("cell {cell} gets a limb of more than 16 bits")),
            (Some(old), Some(new)) => Ok(Some([old, new])),
        }
    };
    let cells = said.iter().filter(|(bus, ..)| bus == "sys").count();
    if cells != 2 * (2 + 4 + 1) {
        return Err("another number of accesses".to_owned());
    }
    let last = [end - 1, end];
    if passed(SystemCell::Region as u32, last)?.is_some_and(|[_, region]| region != 0) {
        return Err("a region is left".to_owned());
    }
    let reservation = SystemCell::Reservation as u32;
    let parts = [0, 1, 2].map(|part| passed(reservation + part, last));
    let ([status, address, owner], made) = (parts, passed(SystemCell::ReservedAt as u32, last)?);
    let (Some(status), Some(address), Some(owner), Some(made)) = (status?, address?, owner?, made) else {
        return Ok(());
    };
    let memory: Vec<&Said> = said.iter().filter(|(bus, ..)| bus == "mem").collect();
    let [(_, before, false), (_, after, true)] = memory[..] else { return Err("no word".to_owned()) };
    let Some(place) = number(&before[..4]).filter(|place| place % 8 == 0) else { return Ok(()) };
    if before[..8] != after[..8] || before[9] != after[9] || [before[8], after[8]] != last {
        return Err("changes the word".to_owned());
    }
    let stored = u64::from(before[9]);
    if stored >= end.into() || made[0] >= end.into() {
        return Ok(());
    }
    let left = |value: u64| if stored > made[0] { 0 } else { value };
    if place != address[0] & !7 || made[1] != 0 {
        return Err(format!("another word or time: {place:x} {made:?}"));
    }
    if [status, address, owner].into_iter().any(|[old, new]| new != left(old)) {
        return Err(format!("{status:?} {address:?} {owner:?} {made:?} {stored}"));
    }
    let cell = SystemCell::SinceSwitch as u32;
    let (Some(begin), Some(close)) = (passed(cell, [0, 1])?, passed(cell, last)?) else { return Ok(()) };
    // Another row has sent this: a row of the table `switch`, or this one.
    if close[0] >= 1 << 24 {
        return Ok(());
    }
    let first = u64::from(FIRST_TIME / SLOTS + SWITCH_OFFSET);
    if begin[0] + begin[1] != first
        || close[0] + close[1] != first + u64::from(steps)
        || close[1] > QUANTUM.into()
    {
        return Err(format!("steps since the last switch: {begin:?}, {close:?}"));
    }
    Ok(())
}

/// Changes each cell of a row, alone and with each other one.
fn mutate(row: &SegmentRow<Val>, steps: u32) -> TestCaseResult {
    let check = |row: &SegmentRow<Val>| match messages(row, steps).map(|said| check(&said, steps)) {
        Some(Err(why)) => Err(TestCaseError::fail(format!("{why} in {row:?}"))),
        _ => Ok(()),
    };
    let changes = [1, 2, 1 << 12, 1 << 16, 0x1234_5678].map(Val::from_u32);
    let changes: Vec<Val> = changes.into_iter().flat_map(|change| [change, -change]).collect();
    let mut cells = row.cells().to_vec();
    for cell in 0..cells.len() {
        for &change in &changes {
            cells[cell] += change;
            check(SegmentRow::of(&cells))?;
            for other in cell + 1..cells.len() {
                for change in [Val::ONE, Val::NEG_ONE] {
                    cells[other] += change;
                    check(SegmentRow::of(&cells))?;
                    cells[other] -= change;
                }
            }
            cells[cell] -= change;
        }
    }
    // What is left is not what the time says, with all cells made for that.
    let mut other = *row;
    other.reservation.lost = Val::ONE - row.reservation.lost;
    let lost = other.reservation.lost == Val::ONE;
    let kept = |old: Val| if lost { Val::ZERO } else { old };
    let cells = &mut other.reservation;
    cells.left_status = kept(cells.status);
    cells.left_address = cells.address.map(kept);
    cells.left_owner = cells.owner.map(kept);
    prop_assert_eq!(messages(&other, steps), None);
    mutate_gap(&other, steps)?;
    // Other limbs that are the same number modulo the field's order.
    for times in 1..3 {
        let alias = |limbs: [Val; 2]| {
            let [low, high] = limbs.map(|limb| u64::from(limb.as_canonical_u32()));
            let number = (high << 16 | low) + times * u64::from(Val::ORDER_U32);
            [number & 0xffff, number >> 16].map(Val::from_u64)
        };
        let mut other = *row;
        other.since_after = alias(row.since_after);
        check(&other)?;
        let mut other = *row;
        other.switch_before = alias(row.switch_before);
        check(&other)?;
        let mut other = *row;
        other.since = alias(row.since);
        check(&other)?;
    }
    Ok(())
}

/// No gap makes the wrong answer right.
fn mutate_gap(row: &SegmentRow<Val>, steps: u32) -> TestCaseResult {
    let [low, high] = row.reservation.time;
    let since = low + high * Val::from_u32(1 << 16) - row.reservation.stored;
    for gap in [since, -since, -since - Val::ONE, since + Val::ONE] {
        let whole = gap.as_canonical_u32();
        for gap in [[whole & 0xfff, whole >> 12], [whole, 0]] {
            let mut other = *row;
            other.reservation.gap = gap.map(Val::from_u32);
            prop_assert_eq!(messages(&other, steps), None);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn each_cell_of_a_row_counts(
        steps in prop_oneof![Just(1_u32 << 21), 1_u32..5, 100..200_000_u32],
        [since, run] in [0_u32..=QUANTUM, 0_u32..=QUANTUM],
        reserved in prop_oneof![
            Just(Reserved::default()),
            reserved(),
            any::<[u64; 2]>().prop_map(|[address, owner]| Reserved { status: 2, address, owner }),
        ],
        times in [any::<prop::sample::Index>(), any::<prop::sample::Index>()],
        kind in 0..4,
        word in any::<u64>(),
    ) {
        let Reserved { status, address, owner } = reserved;
        let [made, stored] = times.map(|time| time.index(steps as usize) as u32);
        let (time, stored) = match kind {
            0 => (SLOTS * (made + 1), SLOTS * (stored + 1) + 2),
            1 => (SLOTS * (made + 1), SLOTS * (made + 1) + 2),
            2 => (0, SLOTS * (stored + 1) + 2),
            _ => (SLOTS * (made + 1), 0),
        };
        let first = FIRST_TIME / SLOTS + SWITCH_OFFSET;
        let run = run.min(steps + since);
        let row = SegmentRow::new(&Border {
            sink: (0, 0, 0),
            since: [since, run],
            switch: [first - since, first + steps - run],
            reservation: LastReservation { status, address, owner, time, word, stored },
            region: word as u32 >> 3,
        });
        let said = messages(&row, steps);
        prop_assert_eq!(said.map(|said| check(&said, steps)), Some(Ok(())));
        mutate(&row, steps)?;
    }
}

/// Only the first row has a part in the segment: any other one says nothing, even with the cells of the first one.
#[test]
fn item_a10_there_is_one_segment_row() {
    let mut machine = machine_with(&[word(Op::Daddiu, 0, 8, 0, 1)], Reserved::default(), 3);
    let mut tree = StateTree::of(machine.state());
    let recorded = record(&mut machine, &mut tree, 1);
    let public = recorded.statement.public_values();
    let rows: Vec<_> = recorded.tables.rows(AnyTable::Segment).collect();
    assert_eq!(rows.len(), 1);
    let messages = |fixed: Val| {
        let mut messages = 0;
        let _failed = evaluate(AnyTable::Segment, rows[0], &[fixed], &public, |_| messages += 1);
        messages
    };
    assert!(messages(Val::ONE) > 20);
    assert_eq!(messages(Val::ZERO), 0);
}
