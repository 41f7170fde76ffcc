//! The constraints.

use super::HashedKeyRow;
use crate::{
    bus::Buses,
    stark::Val,
    tables::{NotFixed, Table, region::big_endian},
};
use core::{array, iter};
use p3_field::PrimeCharacteristicRing;

/// The first byte of the key, in place of the digest's.
const TYPE: u8 = 2;

/// The table of keys that are digests.
pub(crate) struct HashedKey;

impl Table for HashedKey {
    const NAME: &'static str = "hashed-key";
    type Row<T: Copy> = HashedKeyRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &HashedKeyRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let real: B::Expr = row.real.into();
        builder.assert_bool(row.real);
        // The machine takes region 0 for none.
        builder.assert_zero(row.region * row.inverse.into() - real.clone());

        let pairs = row.digest.as_chunks::<2>().0;
        for (&[one, other], both) in pairs.iter().zip(row.both) {
            builder.byte(one.into(), other.into(), both.into(), &real);
        }
        let key = array::from_fn(|word| {
            big_endian(array::from_fn(|byte| match 8 * word + byte {
                0 => B::Expr::from_u8(TYPE),
                byte => row.digest[byte].into(),
            }))
        });
        row.cells.receive(builder, row.region.into(), key, &real);

        let begin = [row.region.into(), B::Expr::ZERO, row.cells.length::<B>()];
        let zeros = iter::repeat_n(B::Expr::ZERO, 100);
        builder.send_many("absorb", begin.into_iter().chain(zeros), &real);
        let limbs = pairs.iter().map(|[low, high]| *high * Val::from_u16(1 << 8) + (*low).into());
        builder.receive_many("digest", iter::once(row.region.into()).chain(limbs), &real);
    }
}
