//! Rows of random instructions are right, and no cell of them can be changed.

use crate::{
    air::AnyTable,
    testing::{check_and_mutate, instruction},
};
use proptest::prelude::*;
use tribunal_mips::Op;

proptest! {
    #[test]
    fn each_cell_of_a_row_counts(
        (word, cpu, memory) in instruction(&[Op::Lui]),
        constant in prop_oneof![prop::sample::select(vec![0, 1, 0x7fff, 0x8000, 0xffff]), any::<u16>()],
    ) {
        let word = word & 0xffff_0000 | u32::from(constant);
        check_and_mutate(AnyTable::LoadConstant, &(word, cpu, memory))?;
    }
}
