//! Rows of calls whose result is looked up are right, and no cell of them can be changed.

use crate::{
    calls::NOTHING,
    testing::{Setup, call, check_call},
};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

const CONSTANT: &[u64] = &[5002, 5012, 5038, 5003, 5297];

proptest! {
    // The VM makes each step several thousand times.
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.div_ceil(8), ..Default::default() })]

    #[test]
    fn each_cell_of_a_row_counts(setup in call(CONSTANT)) {
        check_call(None, &setup)?;
    }
}

#[test]
fn each_call_that_does_nothing_has_a_result() -> Result<(), TestCaseError> {
    for number in NOTHING {
        check_call(None, &Setup::call(number.into(), [1, 2, 3]))?;
    }
    Ok(())
}
