//! Rows of moved registers are right, and no cell of them can be changed.

use super::{MovedRegister, MovedRow, REGISTERS};
use crate::{
    air::AnyTable,
    row::Row,
    statement::record,
    testing::{Verdict, judge, mutate, value},
    trace::Written,
};
use proptest::prelude::*;

proptest! {
    #[test]
    fn each_cell_of_a_row_counts(
        register in 0..REGISTERS,
        [old, other] in [value(), value()],
        [leaves, comes] in prop_oneof![Just([true, true]), Just([true, false]), Just([false, true])],
        [to, from] in [0_u32..1 << 16, 0_u32..1 << 16],
    ) {
        let time = 4000;
        let cell = |old: u64, new: u64, gap: u32| Written { register, old, new, before: time + 2 - gap };
        let new = if comes { other } else { old };
        let row = MovedRow::new(&MovedRegister {
            time,
            register: cell(old, new, 1),
            to: leaves.then(|| (record::start(0, to), cell(0, old, 2))),
            from: comes.then(|| (record::start(1, from), cell(other, 0, 1000))),
        });
        let honest = judge(AnyTable::Moved, row.cells());
        prop_assert!(matches!(&honest, Verdict::Right(said) if !said.is_empty()), "{honest:x?}");
        mutate(AnyTable::Moved, row.cells())?;
        let empty = vec![Default::default(); row.cells().len()];
        prop_assert_eq!(judge(AnyTable::Moved, &empty), Verdict::Right(vec![]));
        mutate(AnyTable::Moved, &empty)?;
    }
}
