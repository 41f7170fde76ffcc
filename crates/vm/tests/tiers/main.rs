//! Exact steps, the interpreter and compiled code, on random programs: every state is the same.

mod compare;
mod program;

use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn all_tiers_agree(
        bytes in prop::collection::vec(any::<u8>(), 16..500),
        distances in prop::collection::vec(any::<u16>(), 1..20),
    ) {
        compare::compare(&bytes, &distances);
    }

    #[test]
    fn all_tiers_agree_on_long_programs(
        bytes in prop::collection::vec(any::<u8>(), 1000..4000),
        distances in prop::collection::vec(any::<u16>(), 1..20),
    ) {
        compare::compare(&bytes, &distances);
    }
}
