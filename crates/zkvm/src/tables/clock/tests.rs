//! Rows of `clock_gettime` are right, and no cell of them can be changed.

use crate::{
    air::AnyTable,
    testing::{Setup, call, check_call, check_call_mixes, is_right, value},
};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

const SECOND: u64 = 10_000_000;

/// The call, with words of memory where it stores, at this time in the segment.
fn with(mut setup: Setup, step_in: u64, time: u32) -> Setup {
    let first = setup.cpu.get(5) & !7;
    setup.memory.insert(first, 0x1122_3344_5566_7788);
    setup.memory.insert(first.wrapping_add(8), 0x99aa_bbcc_ddee_ff00);
    (setup.step_in, setup.time) = (step_in, time);
    setup
}

proptest! {
    // The row has many cells, and so many more pairs of cells.
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.div_ceil(128), ..Default::default() })]

    #[test]
    fn each_cell_of_a_row_counts(
        setup in call(&[5222]),
        clock in prop_oneof![Just(0), Just(1_u64), Just(1), 0_u64..4, value()],
        step_in in prop_oneof![value(), 0..3 * SECOND],
        time in prop_oneof![Just(4), 1_u32..1 << 22],
    ) {
        let mut setup = with(setup, step_in, time.max(4) & !3);
        setup.cpu.set(4, clock);
        check_call(Some(AnyTable::Clock), &setup)?;
    }
}

#[test]
fn edges() -> Result<(), TestCaseError> {
    let addresses = [0, 7, 0xfff8, 0xfff4, 0xffff_fff8, 0xffff_ffff_fff8, u64::MAX];
    let steps = [0, SECOND, 1 << 16, 1 << 32, 1 << 48, u64::MAX, u64::MAX / SECOND * SECOND];
    for clock in [0, 1, 2, 0xffff, 1 << 16, 1 << 32 | 1, u64::MAX] {
        for address in addresses {
            for (step, time) in
                steps.into_iter().flat_map(|step| [(step, 4), (step, 0x3fffc), (step, (1 << 24) - 8)])
            {
                for more in [0, -1_i64, -2] {
                    let before = step.wrapping_add_signed(more).wrapping_sub(u64::from(time / 4) - 1);
                    let setup = with(Setup::call(5222, [clock, address, 3]), before, time);
                    is_right(Some(AnyTable::Clock), &setup)?;
                }
            }
        }
    }
    Ok(())
}

/// The first step of a program counts itself.
#[test]
fn the_clock_shows_the_step_after_this_one() -> Result<(), TestCaseError> {
    let setup = with(Setup::call(5222, [1, 0x2000, 0]), 2 * SECOND - 1, 4);
    is_right(Some(AnyTable::Clock), &setup)?;
    Ok(())
}

/// What proves one time does not prove another one.
#[test]
fn rows_do_not_mix() -> Result<(), TestCaseError> {
    let clock = |clock: u64, steps: u64| with(Setup::call(5222, [clock, 0x2004, 0]), 0, steps as u32 * 4);
    let times =
        [clock(1, 1), clock(1, 70_000), clock(1, 3_999_999), clock(0, 5), clock(3, 5), clock(1 << 20, 5)];
    for one in &times {
        for other in &times {
            check_call_mixes(AnyTable::Clock, one, other)?;
        }
    }
    Ok(())
}
