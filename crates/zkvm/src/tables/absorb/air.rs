//! The constraints.

use super::{AbsorbRow, BLOCK};
use crate::{
    bus::Buses,
    stark::Val,
    tables::{NotFixed, Table, region::big_endian},
};
use core::array;
use p3_field::PrimeCharacteristicRing;

/// The words of a block.
const WORDS: usize = BLOCK / 8;

/// The table of blocks.
pub(crate) struct Absorb;

impl Table for Absorb {
    const NAME: &'static str = "absorb";
    type Row<T: Copy> = AbsorbRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &AbsorbRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let real: B::Expr = row.real.into();
        builder.assert_bool(row.real);
        // The bytes that are there are the first ones. An empty row has none.
        builder.assert_bools(row.given);
        let before = |byte: usize| if byte == 0 { row.real } else { row.given[byte - 1] };
        for byte in 0..BLOCK {
            builder.assert_zero(row.given[byte] * (B::Expr::ONE - before(byte).into()));
            builder.assert_zero(row.bytes[byte] * (B::Expr::ONE - row.given[byte].into()));
        }
        // A block that is full is not the last one: there is always a byte of padding.
        let full: B::Expr = row.given[BLOCK - 1].into();
        let last = real.clone() - full.clone();
        let given: B::Expr = row.given.into_iter().map(Into::into).sum();
        builder.assert_zero(last.clone() * (row.rest.into() - given.clone()));

        // After the last byte comes 1, then zeros, and the last byte of the block has its highest bit set.
        let padded = |byte: usize| {
            let end = before(byte).into() - row.given[byte].into();
            let highest = if byte == BLOCK - 1 { last.clone() * Val::from_u8(1 << 7) } else { B::Expr::ZERO };
            row.bytes[byte].into() + end + highest
        };
        let mixed: [B::Expr; BLOCK] = array::from_fn(|byte| {
            let [one, other, both]: [B::Expr; 3] =
                [padded(byte), row.state[byte].into(), row.both[byte].into()];
            builder.byte(one.clone(), other.clone(), both.clone(), &real);
            one + other - both.double()
        });

        // The words of the region that have a byte in this block. The first five are the key and the length.
        for word in 0..WORDS {
            let number =
                row.block * Val::from_usize(WORDS) + Val::from_usize(super::super::region::FIRST_DATA + word);
            let bytes: [B::Expr; 8] = array::from_fn(|byte| row.bytes[8 * word + byte].into());
            let [a, b, c, d] = big_endian(bytes);
            builder.receive("region", [row.region.into(), number, a, b, c, d], &row.given[8 * word].into());
        }

        let capacity = || row.capacity.into_iter().map(Into::into);
        let after = || row.after.into_iter().map(Into::into);
        let state: [B::Expr; BLOCK] = row.state.map(Into::into);
        let [region, block, rest]: [B::Expr; 3] = [row.region, row.block, row.rest].map(Into::into);
        let received = [region.clone(), block.clone(), rest.clone()];
        let received = received.into_iter().chain(little_endian(&state)).chain(capacity());
        builder.receive_many("absorb", received, &real);
        let permuted = little_endian(&mixed).chain(capacity()).chain(after());
        builder.receive_many("keccak", permuted, &real);
        let next = [region.clone(), block + B::Expr::ONE, rest - given];
        builder.send_many("absorb", next.into_iter().chain(after()), &full);
        let digest = [region].into_iter().chain(after().take(16));
        builder.send_many("digest", digest, &last);
    }
}

/// The limbs of bytes, in the order of Keccak: the first byte of two is the lower one.
fn little_endian<E: PrimeCharacteristicRing>(bytes: &[E; BLOCK]) -> impl Iterator<Item = E> {
    bytes.as_chunks::<2>().0.iter().map(|[low, high]| low.clone() + high.clone() * E::from_u16(1 << 8))
}
