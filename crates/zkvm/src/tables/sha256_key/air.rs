//! The constraints.

use super::Sha256KeyRow;
use crate::{
    bus::Buses,
    stark::Val,
    tables::{NotFixed, Table, region::big_endian, sha256_block::limbs_of},
};
use core::{array, iter};
use p3_field::PrimeCharacteristicRing;

/// The first byte of the key, in place of the digest's.
const TYPE: u8 = 4;

/// The state before the first block.
pub(crate) const INITIAL: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// The table of keys that are digests of SHA-256.
pub(crate) struct Sha256Key;

impl Table for Sha256Key {
    const NAME: &'static str = "sha256-key";
    type Row<T: Copy> = Sha256KeyRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &Sha256KeyRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let real: B::Expr = row.real.into();
        builder.assert_bool(row.real);
        // The machine takes region 0 for none.
        builder.assert_zero(row.region * row.inverse.into() - real.clone());

        for (pair, both) in row.digest.as_chunks::<2>().0.iter().zip(row.both) {
            builder.byte(pair[0].into(), pair[1].into(), both.into(), &real);
        }
        let key = array::from_fn(|word| {
            big_endian(array::from_fn(|byte| match 8 * word + byte {
                0 => B::Expr::from_u8(TYPE),
                byte => row.digest[byte].into(),
            }))
        });
        row.cells.receive(builder, row.region.into(), key, &real);

        // The length in bits: its limbs times 8, below 2^16 again.
        for ([lower, upper], (bits, limb)) in
            row.length.into_iter().zip([(3, row.cells.length[0]), (1, row.cells.length[1])])
        {
            builder.range(lower.into(), 13, &real);
            builder.range(upper.into(), bits, &real);
            let joined = upper * Val::from_u16(1 << 13) + lower;
            builder.assert_zero(real.clone() * (joined - limb.into()));
        }
        let [[a, b], [c, d]]: [[B::Expr; 2]; 2] = row.length.map(|limb| limb.map(Into::into));
        let eight = || B::Expr::from_u8(8);
        let bits = [a * eight(), c * eight() + b, d];

        let begin = [row.region.into(), B::Expr::ZERO, row.cells.length::<B>(), B::Expr::ONE];
        let initial = INITIAL.into_iter().flat_map(|word| [word & 0xffff, word >> 16]).map(B::Expr::from_u32);
        builder.send_many("sha256-block", begin.into_iter().chain(bits).chain(initial), &real);
        let digest: [B::Expr; 16] = limbs_of(&row.digest.map(Into::<B::Expr>::into));
        builder.receive_many("sha256-digest", iter::once(row.region.into()).chain(digest), &real);
    }
}
