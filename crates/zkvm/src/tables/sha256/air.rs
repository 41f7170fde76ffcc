//! The constraints.

use super::Sha256Row;
use crate::{
    bus::Buses,
    tables::{NotFixed, Table},
};
use p3_air::{Air, utils::pack_bits_le};
use p3_sha256_air::{NUM_SHA256_COLS, Sha256Air};
use p3_uni_stark::SubAirBuilder;

/// The table of compressions of SHA-256.
pub(crate) struct Sha256;

impl Table for Sha256 {
    const NAME: &'static str = "sha256";
    type Row<T: Copy> = Sha256Row<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &Sha256Row<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        builder.assert_bool(row.real);
        let mut compression = SubAirBuilder::<B, Sha256Air, B::Var>::new(builder, 1..1 + NUM_SHA256_COLS);
        Air::eval(&Sha256Air, &mut compression);

        // All limbs are below 2^16, because they are sums of bits.
        let columns = row.columns();
        let words = columns.w.iter().zip(row.block).chain(columns.h_out.iter().zip(row.after));
        for (bits, limbs) in words {
            for (half, limb) in bits.as_chunks::<16>().0.iter().zip(limbs) {
                builder.assert_eq(pack_bits_le::<B::Expr, _, _>(half.iter().copied()), limb);
            }
        }
        let limbs = columns.h_in.iter().chain(&row.block).chain(&row.after).flatten();
        builder.send_many("sha256", limbs.map(|limb| (*limb).into()), &row.real.into());
    }
}
