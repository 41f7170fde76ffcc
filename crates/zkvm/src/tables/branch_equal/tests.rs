//! Rows of random instructions are right, and no cell of them can be changed.

use crate::{
    air::AnyTable,
    testing::{check_and_mutate, instruction},
};
use proptest::prelude::*;
use tribunal_mips::Op;

proptest! {
    #[test]
    fn each_cell_of_a_row_counts(case in instruction(&[Op::Beq, Op::Bne])) {
        check_and_mutate(AnyTable::BranchEqual, &case)?;
    }
}
