//! The constraints.

use super::AdviceKeyRow;
use crate::{
    bus::Buses,
    tables::{NotFixed, Table, value::chain},
};
use p3_field::PrimeCharacteristicRing;

/// The first byte of the key.
const TYPE: u32 = 3;

/// The bits of an index.
pub(crate) const INDEX_BITS: usize = 28;

/// The region of the index 0. It is the second half of all regions.
pub(crate) const ADVICE: u32 = 1 << INDEX_BITS;

/// The table of keys of advice.
pub(crate) struct AdviceKey;

impl Table for AdviceKey {
    const NAME: &'static str = "advice-key";
    type Row<T: Copy> = AdviceKeyRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &AdviceKeyRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let real: B::Expr = row.real.into();
        builder.assert_bool(row.real);
        let [low, high]: [B::Expr; 2] = row.index.map(Into::into);
        builder.range(low.clone(), 16, &real);
        builder.range(high.clone(), INDEX_BITS - 16, &real);
        let zero = || B::Expr::ZERO;
        let key = [
            [zero(), zero(), zero(), B::Expr::from_u32(TYPE << 8)],
            [zero(), zero(), zero(), zero()],
            [zero(), zero(), zero(), zero()],
            [low.clone(), high.clone(), zero(), zero()],
        ];
        let region = low + high * B::Expr::from_u32(1 << 16) + B::Expr::from_u32(ADVICE);
        row.cells.receive(builder, region.clone(), key, &real);
        chain(builder, &row.cells, [region, zero(), zero()], &real);
    }
}
