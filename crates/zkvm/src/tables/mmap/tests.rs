//! Rows of `mmap` and `gettid` are right, and no cell of them can be changed.

use crate::{
    air::AnyTable,
    calls::HEAP_END,
    statement::SystemCell,
    testing::{Setup, call, check_call, check_call_mixes, is_right, value},
};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

proptest! {
    // The VM makes each step several thousand times.
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.div_ceil(16), ..Default::default() })]

    #[test]
    fn each_cell_of_a_row_counts(mut setup in call(&[5009, 5178]), heap in value(), thread in value()) {
        setup.cells[SystemCell::Heap as usize] = heap;
        setup.cells[SystemCell::Thread as usize] = thread;
        check_call(Some(AnyTable::Mmap), &setup)?;
    }

    #[test]
    fn so_it_is_at_the_end_of_the_heap(
        heap in prop_oneof![0x1000_0000_0000..HEAP_END, value()],
        over in prop_oneof![-2_i64..3, -0x1002_i64..-0xffd, 0xffe_i64..0x1003, Just(1 << 16), Just(1 << 32), Just(-1 << 32)],
    ) {
        let mut setup = Setup::call(5009, [0, HEAP_END.wrapping_sub(heap).wrapping_add_signed(over), 0]);
        setup.cells[SystemCell::Heap as usize] = heap;
        check_call(Some(AnyTable::Mmap), &setup)?;
    }
}

#[test]
fn edges() -> Result<(), TestCaseError> {
    let heaps = [
        0,
        1,
        0x1000_0000_0000,
        HEAP_END - 0x1000,
        HEAP_END - 1,
        HEAP_END,
        HEAP_END + 1,
        0x6001_0000_0000,
        u64::MAX,
    ];
    let lengths =
        [0, 1, 0xfff, 0x1000, 0x1001, 0xf001, 0xffff, 1 << 16, HEAP_END, 1 << 48, u64::MAX - 0xfff, u64::MAX];
    for heap in heaps {
        for length in lengths {
            let mut setup = Setup::call(5009, [0, length, 0]);
            setup.cells[SystemCell::Heap as usize] = heap;
            is_right(Some(AnyTable::Mmap), &setup)?;
        }
    }
    Ok(())
}

/// What proves one result does not prove another one.
#[test]
fn rows_do_not_mix() -> Result<(), TestCaseError> {
    let mut calls = Vec::new();
    let heaps = [0x1000_0000_0000, HEAP_END - 0x1000, HEAP_END, HEAP_END + 0x1_0000_0000, 1 << 48, u64::MAX];
    for heap in heaps {
        for arguments in [[0, 0xff1, 0], [0x2000, 1, 0]] {
            let mut setup = Setup::call(5009, arguments);
            setup.cells[SystemCell::Heap as usize] = heap;
            calls.push(setup);
        }
    }
    calls.push(Setup::call(5178, [0, 1, 2]));
    for one in &calls {
        for other in &calls {
            check_call_mixes(AnyTable::Mmap, one, other)?;
        }
    }
    Ok(())
}
