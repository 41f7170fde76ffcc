//! Rows of calls that yield are right, and no cell of them can be changed.

use super::YieldsRow;
use crate::{
    air::AnyTable,
    row::Row,
    stark::Val,
    testing::{Setup, call, check_call, check_call_mixes, is_right, refuses, value},
};
use p3_field::PrimeCharacteristicRing;
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

/// The address is rounded in one way, also if both halves of the word are the same.
#[test]
fn halves_that_are_the_same() -> Result<(), TestCaseError> {
    for expected in [5, 6, 0] {
        for address in [0x2000, 0x2004, 0x200d, 0x1_0000] {
            check_call(Some(AnyTable::Yields), &wait(address, 5 << 32 | 5, expected))?;
        }
    }
    Ok(())
}

/// Flags that are no bits, though their sum is one.
#[test]
fn flags_are_bits() -> Result<(), TestCaseError> {
    let Some((_, own)) = is_right(Some(AnyTable::Yields), &Setup::call(5023, [0, 128, 0]))?.own else {
        return Err(TestCaseError::fail("no row"));
    };
    for flags in [[1, 0, -1, 0, 1, 0], [1, 0, 1, -1, 0, 0], [2, -1, 0, 0, 0, 0], [1, 0, 0, 0, -1, 1]] {
        let mut forged = *YieldsRow::of(&own);
        let [a, b, c, d, e, f] = flags.map(Val::from_i32);
        [forged.sched_yield, forged.nanosleep, forged.waits] = [a, b, c];
        [forged.fails, forged.wakes, forged.unknown] = [d, e, f];
        refuses(AnyTable::Yields, &forged, "breaks constraint");
    }
    Ok(())
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
