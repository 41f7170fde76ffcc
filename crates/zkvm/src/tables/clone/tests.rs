//! Rows of calls that create a thread are right, and no cell of them can be changed.

use crate::{
    air::AnyTable,
    calls::CLONE_FLAGS,
    statement::SystemCell,
    testing::{Setup, check_call, value},
};
use proptest::prelude::*;

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
