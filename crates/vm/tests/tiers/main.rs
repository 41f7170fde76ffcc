//! Exact steps, the interpreter and compiled code, on random programs: every state is the same.

mod checkpoints;
mod compare;
mod preimages;
mod program;
mod statistics;

use proptest::prelude::*;
use tribunal_vm::NoOracle;

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn all_tiers_agree(
        bytes in prop::collection::vec(any::<u8>(), 16..500),
        distances in prop::collection::vec(any::<u16>(), 1..20),
    ) {
        compare::compare(|| program::state(&bytes), &distances);
    }

    #[test]
    fn all_tiers_agree_on_long_programs(
        bytes in prop::collection::vec(any::<u8>(), 1000..4000),
        distances in prop::collection::vec(any::<u16>(), 1..20),
    ) {
        compare::compare(|| program::state(&bytes), &distances);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn a_run_that_is_resumed_goes_on_as_before(
        bytes in prop::collection::vec(any::<u8>(), 16..1000),
        lengths in prop::collection::vec(any::<u16>(), 1..8),
    ) {
        checkpoints::resume_everywhere(program::state(&bytes), || Box::new(NoOracle), &lengths);
    }
}

/// `op rt, offset(base)`.
fn access(opcode: u32, rt: u32, offset: i16, base: u32) -> u32 {
    opcode << 26 | base << 21 | rt << 16 | u32::from(offset as u16)
}

const LD: u32 = 0x37;
const SD: u32 = 0x3f;
const LLD: u32 = 0x34;
const LH: u32 = 0x21;
const LHU: u32 = 0x25;
const SH: u32 = 0x29;
/// `bnez $zero`: a block ends, and is followed by another.
const NEVER: u32 = 0x1400_0000;
/// `daddiu $1, $1, 1`.
const COUNT: u32 = 0x6421_0001;

#[test]
fn a_block_asks_for_pages_that_the_one_before_did_not_store_to() {
    // Around the end of a page; the first block stores before it, the second behind it.
    let end = 18;
    let words =
        vec![access(LD, 3, 24, end), access(SD, 1, -24, end), NEVER, COUNT, access(SD, 1, 16, end), COUNT];
    compare::compare(|| program::looping(words.clone(), 0), &[50, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
}

#[test]
fn a_block_does_not_follow_a_pointer_into_another_segment() {
    let end = 19;
    let words = vec![
        access(SD, 1, 16, end),
        NEVER,
        COUNT,
        access(LD, 3, -8, end),
        access(LD, 4, 8, end),
        NEVER,
        COUNT,
        access(LD, 5, 16, end),
        access(LD, 6, 24, end),
    ];
    compare::compare(|| program::looping(words.clone(), 0), &[60, 7, 11]);
}

#[test]
fn halfwords_are_grouped_at_even_and_odd_addresses() {
    // At the end of a page, of a segment, and at an odd address.
    for place in [18, 19, 23] {
        let words = vec![
            COUNT,
            access(SH, 1, 6, place),
            access(LH, 3, 6, place),
            access(SH, 1, 9, place),
            access(LHU, 4, 7, place),
            access(LH, 5, 13, place),
            NEVER,
            COUNT,
            access(SH, 1, -2, place),
            access(LHU, 6, -3, place),
        ];
        compare::compare(|| program::looping(words.clone(), 0), &[50, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    }
}

#[test]
fn a_store_beside_a_reserved_word_takes_nothing_back_but_one_to_it_does() {
    let data = 17;
    for offset in [0, 8] {
        let words = vec![
            access(LLD, 3, 0, data),
            NEVER,
            COUNT,
            access(SD, 1, 16, data),
            access(SD, 1, 24, data),
            NEVER,
            COUNT,
            access(SD, 1, offset, data),
        ];
        compare::compare(|| program::looping(words.clone(), 0), &[60, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 13]);
    }
}
