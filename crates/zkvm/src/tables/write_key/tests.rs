//! Rows of writes to the pre-image key are right, and no cell of them can be changed.

use crate::{
    air::AnyTable,
    statement::SystemCell,
    testing::{Setup, check_call, check_call_mixes, is_right, value},
};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

fn setup(address: u64, most: u64, key: [u64; 4], word: u64) -> Setup {
    let mut setup = Setup::call(5001, [6, address, most]);
    setup.cells[..4].copy_from_slice(&key);
    setup.cells[SystemCell::Offset as usize] = 0x1234;
    setup.memory.insert(address & !7, word);
    setup
}

proptest! {
    // The row has many cells, and so many more pairs of cells.
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.div_ceil(128), ..Default::default() })]

    #[test]
    fn each_cell_of_a_row_counts(
        address in prop_oneof![value(), 0x2000_u64..0x2010],
        most in prop_oneof![0_u64..10, value()],
        key in any::<[u64; 4]>(),
        word in any::<u64>(),
    ) {
        check_call(Some(AnyTable::WriteKey), &setup(address, most, key, word))?;
    }
}

/// Each number of bytes at each place of a word.
#[test]
fn each_part_of_a_word() -> Result<(), TestCaseError> {
    for place in 0..8 {
        for most in (0..10).chain([0xffff, 1 << 16, 1 << 48, u64::MAX]) {
            let key = [0x0102_0304_0506_0708, 0x1112_1314_1516_1718, u64::MAX, 0x3132_3334_3536_3738];
            is_right(
                Some(AnyTable::WriteKey),
                &setup(0xffff_fff8 + place, most, key, 0xa1a2_a3a4_a5a6_a7a8),
            )?;
        }
    }
    Ok(())
}

/// What proves one number of bytes does not prove another one.
#[test]
fn rows_do_not_mix() -> Result<(), TestCaseError> {
    let calls = [(0, 8), (0, 3), (5, 3), (5, 1 << 16), (7, 0)].map(|(place, most)| {
        setup(0x2000 + place, most, [1, u64::MAX, 0x0102_0304_0506_0708, 4], 0xa1a2_a3a4_a5a6_a7a8)
    });
    for one in &calls {
        for other in &calls {
            check_call_mixes(AnyTable::WriteKey, one, other)?;
        }
    }
    Ok(())
}
