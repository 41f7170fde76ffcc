//! Rows of random instructions are right, and no cell of them can be changed.

use crate::{
    air::AnyTable,
    testing::{check_and_mutate, instruction, instruction_at},
};
use proptest::prelude::*;
use tribunal_mips::Op;

const OPS: &[Op] = &[Op::Sd];

proptest! {
    #[test]
    fn each_cell_of_a_row_counts(case in instruction(OPS)) {
        check_and_mutate(AnyTable::StoreDouble, &case)?;
    }

    #[test]
    fn so_it_is_at_edges_of_addresses(case in instruction_at(OPS)) {
        check_and_mutate(AnyTable::StoreDouble, &case)?;
    }
}
