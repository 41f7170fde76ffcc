//! The constraints.

use super::OracleWriteRow;
use crate::{
    bus::Buses,
    hash::EMPTY_LEAF,
    tables::{NotFixed, Table},
};

/// The table of leaves of the oracle's space that are written.
pub(crate) struct OracleWrite;

impl Table for OracleWrite {
    const NAME: &'static str = "oracle-write";
    type Row<T: Copy> = OracleWriteRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &OracleWriteRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let real: B::Expr = row.real.into();
        builder.assert_bool(row.real);
        // Before the segment the leaf was zeros without a mark. So nothing is written twice, in no two segments either.
        row.leaf.in_tree(builder, Some(EMPTY_LEAF), &real);
        // Each word is received once, by a row that proves its limbs to be below 2^16.
        for word in 0..4 {
            builder.send("region", row.leaf.word::<B>(word), &real);
        }
    }
}
