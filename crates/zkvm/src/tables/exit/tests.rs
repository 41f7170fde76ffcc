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

/// Threads that wait are no part of the state tree yet, so neither the exit of one of several threads nor that of the program
/// can be proven.
#[test]
fn several_threads() {
    for (stack, call) in [(SystemCell::Left, 5205), (SystemCell::Right, 5205), (SystemCell::Left, 5058)] {
        let mut setup = Setup::call(call, [0x1ff, 2, 3]);
        setup.cells[stack as usize] += 1;
        let refused = check_call(Some(AnyTable::Exit), &setup);
        assert!(matches!(refused, Err(TestCaseError::Reject(_))), "{refused:?}");
    }
}
