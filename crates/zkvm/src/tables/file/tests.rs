//! Rows of calls about descriptors are right, and no cell of them can be changed.

use crate::{
    air::AnyTable,
    calls::descriptor::{PREIMAGE_READ, PREIMAGE_WRITE},
    testing::{Setup, call, check_call, check_call_mixes, value},
};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

/// Descriptors at the edges of what is looked up, and of what is supported.
const DESCRIPTORS: [u64; 14] = [0, 1, 2, 3, 4, 7, 99, 100, 101, 127, 128, 0xffff, 1 << 16, 1 << 32];

proptest! {
    // The VM makes each step several thousand times.
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.div_ceil(32), ..Default::default() })]

    #[test]
    fn each_cell_of_a_row_counts(setup in call(&[5000, 5001, 5070, 5284])) {
        // Reads and writes of pre-images have tables of their own.
        prop_assume!(setup.cpu.register(2) > 5001 || ![PREIMAGE_READ, PREIMAGE_WRITE].contains(&setup.cpu.register(4)));
        check_call(Some(AnyTable::File), &setup)?;
    }

    #[test]
    fn so_it_is_for_lengths(
        descriptor in prop::sample::select(vec![1_u64, 2, 3, 4]),
        length in prop_oneof![value(), (1_u64 << 30) - 2..=(1 << 30) + 1, 0..1_u64 << 20],
    ) {
        // The VM reads as many bytes.
        let length = if length > 1 << 24 && length < (1 << 30) - 2 { length >> 8 } else { length };
        let number = if descriptor == 3 { 5000 } else { 5001 };
        check_call(Some(AnyTable::File), &Setup::call(number, [descriptor, 5, length]))?;
    }

    #[test]
    fn so_it_is_for_descriptors(
        descriptor in prop::sample::select(&DESCRIPTORS[..]),
        plus in prop_oneof![Just(0), Just(1_u64 << 16), Just(1 << 48)],
        number in prop::sample::select(vec![5000_u64, 5001, 5070]),
        command in prop_oneof![0_u64..5, Just(0x1_0001), Just(3 | 1 << 48), Just(0xffff)],
    ) {
        check_call(Some(AnyTable::File), &Setup::call(number, [descriptor + plus, command, 7]))?;
    }

    #[test]
    fn so_it_is_for_flags(flags in prop_oneof![value(), Just(0x80), Just(0x7f), Just(0x800), Just(0xff80)]) {
        check_call(Some(AnyTable::File), &Setup::call(5284, [1, flags, 3]))?;
    }
}

/// A write of more than 2^30 bytes is a fault, and one of 2^30 bytes is not.
#[test]
fn long_writes() -> Result<(), TestCaseError> {
    for descriptor in [1, 4] {
        let refused = check_call(Some(AnyTable::File), &Setup::call(5001, [descriptor, 0, (1 << 30) + 1]));
        assert!(matches!(refused, Err(TestCaseError::Reject(_))), "{refused:?}");
    }
    Ok(())
}

/// What proves one result does not prove another one.
#[test]
fn rows_do_not_mix() -> Result<(), TestCaseError> {
    let calls = [
        (5000, [0, 0, 5]),
        (5000, [3, 0, 1 << 40]),
        (5000, [100, 0, 5]),
        (5000, [300, 0, 5]),
        (5000, [1 << 16, 0, 5]),
        (5001, [1, 0, 5]),
        (5001, [9, 0, 1 << 33]),
        (5070, [1, 1, 0]),
        (5070, [1, 3, 0]),
        (5070, [50, 3, 0]),
        (5070, [1, 2, 0]),
        (5070, [1, 1 << 16 | 1, 0]),
        (5284, [0, 0x80, 0]),
        (5284, [0, 0x17f, 0]),
    ]
    .map(|(number, arguments)| Setup::call(number, arguments));
    for one in &calls {
        for other in &calls {
            check_call_mixes(AnyTable::File, one, other)?;
        }
    }
    Ok(())
}
