//! The constraints.

use super::{SHA256_BLOCK, Sha256BlockRow};
use crate::{
    bus::Buses,
    stark::Val,
    tables::{
        NotFixed, Table,
        region::{FIRST_DATA, big_endian},
    },
};
use core::array;
use p3_field::PrimeCharacteristicRing;

/// The words of a region in a block.
const WORDS: usize = SHA256_BLOCK / 8;

/// The last byte before which 0x80 and the length still fit into a block.
const FITS: usize = 55;

/// The table of blocks.
pub(crate) struct Sha256Block;

impl Table for Sha256Block {
    const NAME: &'static str = "sha256-block";
    type Row<T: Copy> = Sha256BlockRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &Sha256BlockRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let real: B::Expr = row.real.into();
        builder.assert_bools([row.real, row.open]);
        builder.assert_zero(row.open * (B::Expr::ONE - real.clone()));
        // The bytes that are there are the first ones. An empty row has none, nor has one after the byte 0x80.
        builder.assert_bools(row.given);
        let before = |byte: usize| if byte == 0 { row.open } else { row.given[byte - 1] };
        for byte in 0..SHA256_BLOCK {
            builder.assert_zero(row.given[byte] * (B::Expr::ONE - before(byte).into()));
            builder.assert_zero(row.bytes[byte] * (B::Expr::ONE - row.given[byte].into()));
        }
        // Unless the block is full, nothing comes after its bytes.
        let full: B::Expr = row.given[SHA256_BLOCK - 1].into();
        let given: B::Expr = row.given.into_iter().map(Into::into).sum();
        let rest: B::Expr = row.rest.into();
        builder.assert_zero((real.clone() - full.clone()) * (rest.clone() - given.clone()));
        // It is the last block if the length fits into it.
        let goes_on: B::Expr = row.given[FITS].into();
        let last = real.clone() - goes_on.clone();
        for (ending, bits) in row.ending.into_iter().zip(row.bits) {
            builder.assert_zero(last.clone() * bits.into() - ending.into());
        }

        for (pair, both) in row.bytes.as_chunks::<2>().0.iter().zip(row.both) {
            builder.byte(pair[0].into(), pair[1].into(), both.into(), &real);
        }
        for word in 0..WORDS {
            let number = row.block * Val::from_usize(WORDS) + Val::from_usize(FIRST_DATA + word);
            let [a, b, c, d] = big_endian(array::from_fn(|byte| row.bytes[8 * word + byte].into()));
            let message = [row.region.into(), number, a, b, c, d];
            builder.receive("region", message, &row.given[8 * word].into());
        }

        let padded: [B::Expr; SHA256_BLOCK] = array::from_fn(|byte| {
            let end = before(byte).into() - row.given[byte].into();
            row.bytes[byte].into() + end * Val::from_u8(0x80)
        });
        let mut limbs: [B::Expr; SHA256_BLOCK / 2] = limbs_of(&padded);
        // The last two words: their limbs are those of the length, with the fourth one, which is 0, before the third one.
        let [low, high, third] = row.ending;
        limbs[28] += third.into();
        limbs[30] += low.into();
        limbs[31] += high.into();

        let state = |state: [B::Var; 16]| state.into_iter().map(Into::<B::Expr>::into);
        let compressed = state(row.before).chain(limbs).chain(state(row.after));
        builder.receive_many("sha256", compressed, &real);
        let [region, block]: [B::Expr; 2] = [row.region, row.block].map(Into::into);
        let bits: [B::Expr; 3] = row.bits.map(Into::into);
        let received = [region.clone(), block.clone(), rest.clone(), row.open.into()];
        let received = received.into_iter().chain(bits.clone()).chain(state(row.before));
        builder.receive_many("sha256-block", received, &real);
        let next = [region.clone(), block + B::Expr::ONE, rest - given, full];
        let next = next.into_iter().chain(bits).chain(state(row.after));
        builder.send_many("sha256-block", next, &goes_on);
        let digest = [region].into_iter().chain(state(row.after));
        builder.send_many("sha256-digest", digest, &last);
    }
}

/// The limbs of 32-bit words of these bytes: the first byte of a word is the highest, and the lower limb comes first.
pub(crate) fn limbs_of<E: PrimeCharacteristicRing, const BYTES: usize, const LIMBS: usize>(
    bytes: &[E; BYTES],
) -> [E; LIMBS] {
    array::from_fn(|limb| {
        let first = 4 * (limb / 2) + 2 - 2 * (limb % 2);
        bytes[first].clone() * E::from_u16(1 << 8) + bytes[first + 1].clone()
    })
}
