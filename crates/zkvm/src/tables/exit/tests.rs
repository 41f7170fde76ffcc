//! Rows of ends of programs and threads are right, and no cell of them can be changed.

use crate::{
    air::AnyTable,
    statement::SystemCell,
    testing::{Setup, call, check_call, check_call_mixes, is_right},
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

/// What says that a thread is the only one does not say so of one of several, and the other way round.
#[test]
fn rows_do_not_mix() -> Result<(), TestCaseError> {
    let mut setups = Vec::new();
    for stacks in [[1, 0], [2, 0], [1, 1], [1, 2], [0, 1], [0, 2]] {
        for call in [5058, 5205] {
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
