//! The constraints.

use super::OracleBoundaryRow;
use crate::{
    bus::Buses,
    tables::{NotFixed, Table},
};
use p3_field::PrimeCharacteristicRing;

/// The table of leaves of the oracle's space that are read.
pub(crate) struct OracleBoundary;

impl Table for OracleBoundary {
    const NAME: &'static str = "oracle-boundary";
    type Row<T: Copy> = OracleBoundaryRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &OracleBoundaryRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let real: B::Expr = row.real.into();
        builder.assert_bool(row.real);
        // What the tree has here is this limb and the mark. A leaf that is not written has no mark, so this limb would be
        // negative. The other limbs are what the oracle segment proved that wrote them.
        builder.range(row.leaf.limbs[15].into(), 16, &real);
        row.leaf.in_tree(builder, None, &real);
        for (word, uses) in row.uses.into_iter().enumerate() {
            builder.assert_zero((B::Expr::ONE - real.clone()) * uses.into());
            builder.provide("oracle", row.leaf.word::<B>(word), uses.into());
        }
    }
}
