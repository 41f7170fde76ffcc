//! The constraints.

use super::ValueRow;
use crate::{
    bus::Buses,
    stark::Val,
    tables::{
        NotFixed, Table,
        region::{FIRST_DATA, RegionCells, big_endian},
    },
    word::pairs,
};
use p3_field::PrimeCharacteristicRing;

/// The table of bytes of regions.
pub(crate) struct Value;

impl Table for Value {
    const NAME: &'static str = "value";
    type Row<T: Copy> = ValueRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &ValueRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let real: B::Expr = row.real.into();
        builder.assert_bool(row.real);
        builder.assert_bool(row.local);
        builder.assert_bools(row.given);
        // At least one byte is there, and those that are there are the first ones.
        builder.assert_zero(row.given[0] - real.clone());
        for byte in 1..8 {
            builder.assert_zero(row.given[byte] * (B::Expr::ONE - row.given[byte - 1].into()));
        }
        for byte in 0..8 {
            builder.assert_zero(row.bytes[byte] * (B::Expr::ONE - row.given[byte].into()));
            builder.assert_zero(row.given[byte] * row.local.into() - row.streamed[byte].into());
        }
        // Only the last word has fewer than eight.
        let given: B::Expr = row.given.into_iter().map(Into::into).sum();
        let rest: B::Expr = row.rest.into();
        builder.assert_zero((real.clone() - row.given[7].into()) * (rest.clone() - given.clone()));

        for ([one, other], both) in pairs(row.bytes).into_iter().zip(row.both) {
            builder.byte(one.into(), other.into(), both.into(), &real);
        }
        let [region, word]: [B::Expr; 2] = [row.region, row.word].map(Into::into);
        let [a, b, c, d] = big_endian(row.bytes.map(Into::into));
        builder.receive("region", [region.clone(), word.clone(), a, b, c, d], &real);

        let [local, position]: [B::Expr; 2] = [row.local, row.position].map(Into::into);
        let received = [region.clone(), word.clone(), rest.clone(), local.clone(), position.clone()];
        builder.receive("value", received, &real);
        let next = [region, word + B::Expr::ONE, rest - given.clone(), local, position + given];
        builder.send("value", next, &real);
        for (place, (byte, streamed)) in row.bytes.into_iter().zip(row.streamed).enumerate() {
            builder.send("stream", [row.position + Val::from_usize(place), byte.into()], &streamed.into());
        }
    }
}

/// Begins and ends the chain of rows that take the bytes of a region. `position` is the place of its first byte in the
/// stream, if the key is local.
pub(crate) fn chain<B: Buses>(
    builder: &mut B,
    cells: &RegionCells<B::Var>,
    [region, local, position]: [B::Expr; 3],
    real: &B::Expr,
) {
    let length = cells.length::<B>();
    let begin =
        [region.clone(), B::Expr::from_usize(FIRST_DATA), length.clone(), local.clone(), position.clone()];
    builder.send("value", begin, real);
    builder.receive("value", [region, cells.words.into(), B::Expr::ZERO, local, position + length], real);
}
