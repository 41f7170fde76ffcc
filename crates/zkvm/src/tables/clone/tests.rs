//! Rows of calls that create a thread are right, and no cell of them can be changed.

use crate::{
    air::AnyTable,
    calls::CLONE_FLAGS,
    statement::SystemCell,
    testing::{Setup, check_call, value},
};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

proptest! {
    // The VM makes each step several thousand times.
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.div_ceil(8), ..Default::default() })]

    #[test]
    fn each_cell_of_a_row_counts(
        stack in value(),
        other in value(),
        next in prop_oneof![value(), Just(u64::MAX), (1_u64..4).prop_map(|limbs| (1 << (16 * limbs)) - 1)],
        thread in value(),
    ) {
        let mut setup = Setup::call(5055, [CLONE_FLAGS.into(), stack, other]);
        setup.cells[SystemCell::NextThread as usize] = next;
        setup.cells[SystemCell::Thread as usize] = thread;
        setup.cpu.set(29, other ^ stack);
        check_call(Some(AnyTable::CloneThread), &setup)?;
    }
}

/// Other flags end the program, and have no row.
#[test]
fn other_flags() {
    for bit in 0..64 {
        let refused = check_call(None, &Setup::call(5055, [u64::from(CLONE_FLAGS) ^ 1 << bit, 2, 3]));
        assert!(matches!(refused, Err(TestCaseError::Reject(_))), "{refused:?}");
    }
}
