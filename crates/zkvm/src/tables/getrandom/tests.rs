//! Rows of `getrandom` are right, and no cell of them can be changed.

use super::GetRandomRow;
use crate::{
    air::AnyTable,
    row::Row,
    stark::Val,
    statement::SystemCell,
    testing::{Setup, Verdict, check_call, check_call_mixes, is_right, judge_own, value},
};
use p3_field::{PrimeCharacteristicRing, PrimeField32};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

const TABLE: Option<AnyTable> = Some(AnyTable::GetRandom);

/// The call at this time in the segment.
fn setup(version: u64, address: u64, most: u64, step_in: u64, time: u32) -> Setup {
    let mut setup = Setup::call(5313, [address, most, 0x1234_5678_9abc_def0]);
    setup.cells[SystemCell::Version as usize] = version;
    setup.memory.insert(address & !7, 0xa1a2_a3a4_a5a6_a7a8);
    (setup.step_in, setup.time) = (step_in, time);
    setup
}

proptest! {
    // The row has many cells, and so many more pairs of cells.
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.div_ceil(128), ..Default::default() })]

    #[test]
    fn each_cell_of_a_row_counts(
        version in prop_oneof![1 => Just(7_u64), 3 => Just(8)],
        address in prop_oneof![value(), 0x2000_u64..0x2010],
        most in prop_oneof![0_u64..10, value()],
        step_in in value(),
        time in prop_oneof![Just(4), 1_u32..1 << 22],
    ) {
        check_call(TABLE, &setup(version, address, most, step_in, time.max(4) & !3))?;
    }
}

/// Each number of bytes at each place of a word, at steps with all carries.
#[test]
fn each_part_of_a_word() -> Result<(), TestCaseError> {
    let mut step = 0xffff_u64;
    for place in 0..8 {
        for most in (0..10).chain([0xffff, 1 << 16, 1 << 48, u64::MAX]) {
            for version in [7, 8] {
                step = step.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(17);
                for step in [step, u64::MAX, 0x61c8_8646_80b5_83ea, 0x61c8_8646_80b5_83eb, 0] {
                    for time in [4, 0x3_fffc, (1 << 24) - 8] {
                        is_right(TABLE, &setup(version, 0xffff_fff8 + place, most, step, time))?;
                    }
                }
            }
        }
    }
    Ok(())
}

/// What proves one number of bytes does not prove another one, nor another step.
#[test]
fn rows_do_not_mix() -> Result<(), TestCaseError> {
    let calls = [
        setup(8, 0x2000, 8, 1 << 40, 4),
        setup(8, 0x2003, 5, 1 << 40, 400_000),
        setup(8, 0x2001, 1 << 16, 1 << 40, 8),
        setup(8, 0x2001, 0, 1 << 40, 12),
        setup(7, 0x2001, 3, 1 << 40, 12),
    ];
    for one in &calls {
        for other in &calls {
            check_call_mixes(AnyTable::GetRandom, one, other)?;
        }
    }
    Ok(())
}

/// The steps of the segment are not a number that is the same modulo the field's order.
#[test]
fn steps_are_small() -> Result<(), TestCaseError> {
    let with = |step_in: u64| is_right(TABLE, &setup(8, 0x2000, 8, step_in, 400));
    let (honest, other) = (with(0)?, with(Val::ORDER_U32.into())?);
    let Some((_, cells)) = &other.own else { return Ok(()) };
    let mut forged = *GetRandomRow::of(cells);
    forged.elapsed[0] += Val::ONE;
    forged.elapsed[1] += Val::from_u16(0x7f00);
    let verdict = judge_own(&honest, forged.cells());
    prop_assert!(matches!(&verdict, Verdict::Refused(why) if why.contains("range")), "{:?}", verdict);
    Ok(())
}
