//! Rows of calls that yield are right, and no cell of them can be changed.

use crate::{
    air::AnyTable,
    testing::{Setup, call, check_call, check_call_mixes, is_right, value},
};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

/// A wait for a word at that address.
fn wait(address: u64, word: u64, expected: u64) -> Setup {
    let mut setup = Setup::call(5194, [address, 128, expected]);
    setup.memory.insert(address & !7, word);
    setup
}

proptest! {
    // The VM makes each step several thousand times.
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.div_ceil(8), ..Default::default() })]

    #[test]
    fn each_cell_of_a_row_counts(
        setup in call(&[5023, 5034, 5194]),
        operation in prop_oneof![
            Just(128), Just(129), Just(128_u64 | 1 << 16), Just(129 | 1 << 32), Just(128 | 1 << 48), value(), 126_u64..132
        ],
    ) {
        let mut setup = setup;
        setup.cpu.set(5, operation);
        check_call(Some(AnyTable::Yields), &setup)?;
    }

    #[test]
    fn a_wait_compares_32_bits(
        address in prop_oneof![value(), 0x2000_u64..0x2010],
        word in value(),
        change in prop_oneof![Just(0), (0_u64..64).prop_map(|bit| 1 << bit), value()],
    ) {
        let half = if address & 4 == 0 { word >> 32 } else { word & 0xffff_ffff };
        check_call(Some(AnyTable::Yields), &wait(address, word, half ^ change))?;
    }
}

/// What proves one outcome does not prove another one.
#[test]
fn rows_do_not_mix() -> Result<(), TestCaseError> {
    let word = 0x1111_2222_3333_4444;
    let calls = [
        wait(0x2000, word, 0x1111_2222),
        wait(0x2004, word, 0x3333_4444),
        wait(0x2003, word, 0x3333_4444),
        wait(0x2004, word, 0x1111_2222),
        wait(0x2000, word, 0x1111_2223),
        wait(0x2000, word, 0x1112_2222),
        Setup::call(5194, [0x2000, 129, 5]),
        Setup::call(5194, [0x2000, 130, 5]),
        Setup::call(5194, [0x2000, 128 | 1 << 32, 5]),
        Setup::call(5194, [0x2000, 0, 5]),
        Setup::call(5023, [0, 128, 0]),
        Setup::call(5034, [0, 129, 0]),
    ];
    for one in &calls {
        is_right(Some(AnyTable::Yields), one)?;
        for other in &calls {
            check_call_mixes(AnyTable::Yields, one, other)?;
        }
    }
    Ok(())
}
