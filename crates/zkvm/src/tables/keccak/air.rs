//! The constraints.

use super::KeccakRow;
use crate::{
    bus::Buses,
    tables::{NotFixed, Table},
};
use p3_air::Air;
use p3_keccak_air::{KeccakAir, U64_LIMBS};

/// The table of permutations of Keccak.
pub(crate) struct Keccak;

impl Table for Keccak {
    const NAME: &'static str = "keccak";
    type Row<T: Copy> = KeccakRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &KeccakRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        // It proves `export` to be a bit, and to be 0 in all rows but the last one of a permutation. There the input is that
        // of the first row, and the output is right. All limbs are below 2^16, because they are sums of bits.
        Air::<B>::eval(&KeccakAir {}, builder);
        let columns = row.columns();
        let input = columns.preimage.as_flattened().as_flattened().iter().copied();
        let lanes = (0..5).flat_map(|y| (0..5).map(move |x| (y, x)));
        let output =
            lanes.flat_map(|(y, x)| (0..U64_LIMBS).map(move |limb| columns.a_prime_prime_prime(y, x, limb)));
        builder.send_many("keccak", input.chain(output).map(Into::into), &columns.export.into());
    }
}
