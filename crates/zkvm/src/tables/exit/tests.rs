//! Rows of ends of programs are right, and no cell of them can be changed.

use crate::{
    air::AnyTable,
    statement::SystemCell,
    testing::{Setup, call, check_call},
};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

proptest! {
    // The VM makes each step several thousand times.
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.div_ceil(8), ..Default::default() })]

    #[test]
    fn each_cell_of_a_row_counts(mut setup in call(&[5058, 5205]), right in any::<bool>()) {
        if right {
            // The only thread is on the right stack.
            setup.cells.swap(SystemCell::Left as usize, SystemCell::Right as usize);
            setup.cells[SystemCell::Direction as usize] = 1;
        }
        check_call(Some(AnyTable::Exit), &setup)?;
    }
}

/// The exit of one of several threads does not end the program, and `exit_group` does.
#[test]
fn several_threads() -> Result<(), TestCaseError> {
    for stack in [SystemCell::Left, SystemCell::Right] {
        let mut setup = Setup::call(5205, [0x1ff, 2, 3]);
        setup.cells[stack as usize] += 1;
        check_call(Some(AnyTable::Exit), &setup)?;
        setup.cpu.set(2, 5058);
        let refused = check_call(Some(AnyTable::Exit), &setup);
        assert!(matches!(refused, Err(TestCaseError::Reject(_))), "{refused:?}");
    }
    Ok(())
}
