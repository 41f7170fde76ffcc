//! Rows of ends of programs and threads are right, and no cell of them can be changed.

use super::ExitRow;
use crate::{
    air::AnyTable,
    calls::CLONE_FLAGS,
    row::Row,
    statement::SystemCell,
    testing::{Setup, call, check_call, check_call_mixes, is_right, refuses, value},
    trace::{Call, Operand, Then, Written},
};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

proptest! {
    // The VM makes each step several thousand times.
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.div_ceil(8), ..Default::default() })]

    #[test]
    fn each_cell_of_a_row_counts(
        mut setup in call(&[5058, 5205]),
        stacks in prop_oneof![Just([1_u64, 0]), [1_u64..4, 0_u64..4]],
        right in any::<bool>(),
    ) {
        [setup.cells[SystemCell::Left as usize], setup.cells[SystemCell::Right as usize]] = stacks;
        if right {
            setup.cells.swap(SystemCell::Left as usize, SystemCell::Right as usize);
            setup.cells[SystemCell::Direction as usize] = 1;
        }
        check_call(Some(AnyTable::Exit), &setup)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.div_ceil(8), ..Default::default() })]

    #[test]
    fn each_cell_of_a_row_of_clone_counts(
        flags in prop_oneof![value(), (0_u64..64).prop_map(|bit| u64::from(CLONE_FLAGS) ^ 1 << bit)],
        others in [value(), value()],
    ) {
        check_call(Some(AnyTable::Exit), &Setup::call(5055, [flags, others[0], others[1]]))?;
    }
}

/// A call of `clone` with these flags that ends the program, whatever they are.
fn clone(flags: u64) -> Call {
    let operand = |value: u64| Operand { register: 0, value, before: 0 };
    Call {
        time: 4000,
        pc: 8,
        next_pc: 9,
        number: 5055,
        arguments: [flags, 2, 3].map(operand),
        v0: Written { register: 2, old: 5055, new: 5055, before: 3999 },
        a3: Written::default(),
        then: Then::Ends,
    }
}

/// Each bit of the flags counts, and no other flags are those of a thread.
#[test]
fn each_flag_of_clone_counts() -> Result<(), TestCaseError> {
    for bit in 0..64 {
        let setup = Setup::call(5055, [u64::from(CLONE_FLAGS) ^ 1 << bit, 2, 3]);
        let row = is_right(Some(AnyTable::Exit), &setup)?;
        let of_thread = ExitRow::new(&clone(CLONE_FLAGS.into()), [Written::default(); 2]);
        for factors in [row.own.as_ref().map(|own| ExitRow::of(&own.1).factors), None] {
            let mut forged = of_thread;
            forged.factors = factors.unwrap_or_default();
            refuses(AnyTable::Exit, &forged, "breaks constraint");
        }
    }
    Ok(())
}

/// What says that a thread is the only one does not say so of one of several, and the other way round.
#[test]
fn rows_do_not_mix() -> Result<(), TestCaseError> {
    let mut setups = Vec::new();
    for stacks in [[1, 0], [2, 0], [1, 1], [1, 2], [0, 1], [0, 2]] {
        for call in [5058, 5205, 5055] {
            let mut setup = Setup::call(call, [0x1ff, 2, 3]);
            [setup.cells[SystemCell::Left as usize], setup.cells[SystemCell::Right as usize]] = stacks;
            setup.cells[SystemCell::Direction as usize] = u64::from(stacks[0] == 0);
            is_right(Some(AnyTable::Exit), &setup)?;
            setups.push(setup);
        }
    }
    for one in &setups {
        for other in &setups {
            check_call_mixes(AnyTable::Exit, one, other)?;
        }
    }
    Ok(())
}
