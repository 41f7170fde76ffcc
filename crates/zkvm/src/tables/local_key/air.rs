//! The constraints.

use super::LocalKeyRow;
use crate::{
    bus::Buses,
    stark::Val,
    tables::{NotFixed, Table, region::big_endian, value::chain},
};
use core::{array, iter};
use p3_field::PrimeCharacteristicRing;

/// The first byte of the key.
const TYPE: u8 = 1;

/// Where the first key is in the stream: after the count.
pub(crate) const STREAM_START: usize = 8;

/// The bytes of a key and a length in the stream.
const HEADER: usize = 40;

/// The table of local keys.
pub(crate) struct LocalKey;

impl Table for LocalKey {
    const NAME: &'static str = "local-key";
    type Row<T: Copy> = LocalKeyRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &LocalKeyRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let real: B::Expr = row.real.into();
        builder.assert_bool(row.real);
        builder.assert_zero(real.clone() * (row.key[0] - Val::from_u8(TYPE)));

        let [key_pairs, length_pairs] = [row.key.as_chunks::<2>().0, row.length.as_chunks::<2>().0];
        let pairs = key_pairs.iter().chain(length_pairs);
        for (&[one, other], both) in pairs.zip(row.both.into_iter().chain(row.length_both)) {
            builder.byte(one.into(), other.into(), both.into(), &real);
        }
        let limb = |[high, low]: [B::Var; 2]| high * Val::from_u16(1 << 8) + low;
        let key: [B::Expr; 16] = array::from_fn(|place| limb(key_pairs[place]));
        for (pair, cell) in length_pairs.iter().rev().zip(row.cells.length) {
            builder.assert_zero(real.clone() * (limb(*pair) - cell.into()));
        }
        increases(builder, row, &key, &real);

        let region = row.number + B::Expr::ONE;
        let words = array::from_fn(|word| big_endian(array::from_fn(|byte| row.key[8 * word + byte].into())));
        row.cells.receive(builder, region.clone(), words, &real);
        let value = row.position + Val::from_usize(HEADER);
        chain(builder, &row.cells, [region.clone(), B::Expr::ONE, value.clone()], &real);

        let header = row.key.into_iter().map(Into::into);
        let header = header.chain(iter::repeat_n(B::Expr::ZERO, 4)).chain(row.length.map(Into::into));
        for (place, byte) in header.enumerate() {
            builder.send("stream", [row.position + Val::from_usize(place), byte], &real);
        }

        let received = [row.number, row.position].into_iter().chain(row.previous).map(Into::into);
        builder.receive_many("locals", received, &real);
        let next = [region, value + row.cells.length::<B>()].into_iter().chain(key);
        builder.send_many("locals", next, &real);
    }
}

/// Asserts that the key is greater than the one before it.
fn increases<B: Buses>(builder: &mut B, row: &LocalKeyRow<B::Var>, key: &[B::Expr; 16], real: &B::Expr) {
    builder.assert_bools(row.differs);
    let mut found = B::Expr::ZERO;
    let mut by = B::Expr::ZERO;
    for ((limb, previous), differs) in key.iter().zip(row.previous).zip(row.differs) {
        found += differs.into();
        let difference = limb.clone() - previous.into();
        // The limbs before it are the same.
        builder.assert_zero((real.clone() - found.clone()) * difference.clone());
        by += differs * difference;
    }
    builder.assert_zero(found - real.clone());
    builder.assert_zero(by - row.by.into());
    // All limbs are below 2^16, so the difference is positive.
    builder.range(row.by - B::Expr::ONE, 16, real);
}
