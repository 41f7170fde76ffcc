//! The constraints.

use super::Sha256Row;
use crate::{
    bus::Buses,
    tables::{NotFixed, Table},
};
use alloc::vec::Vec;
use p3_air::{Air, utils::pack_bits_le};
use p3_sha256_air::{NUM_SHA256_COLS, Sha256Air};
use p3_uni_stark::SubAirBuilder;

/// The words of a block.
const WORDS: usize = 16;

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

        // Each word is two limbs, the lower one first. All limbs are below 2^16, because they are sums of bits.
        let columns = row.columns();
        let pack = |bits: &[B::Var]| -> B::Expr { pack_bits_le::<B::Expr, _, _>(bits.iter().copied()) };
        let limbs = |words: &[[B::Var; 32]]| -> Vec<B::Expr> {
            words.iter().flat_map(|word| [pack(&word[..16]), pack(&word[16..])]).collect()
        };
        let before = columns.h_in.as_flattened().iter().map(|limb| (*limb).into());
        let message = before.chain(limbs(&columns.w[..WORDS])).chain(limbs(&columns.h_out));
        builder.send_many("sha256", message, &row.real.into());
    }
}
