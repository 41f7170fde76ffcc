//! The constraints.
//!
//! The bytes of the factors are multiplied as at school: a limb of the product is what the products of bytes add up to at
//! its two places, and the carry. All 16 limbs of the message are proven to be below 2^16 here, those of the factors
//! included, so the rows that receive it need not prove it.

use super::{ProductRow, columns::Factor};
use crate::{
    bus::Buses,
    stark::Val,
    tables::{NotFixed, Table},
    word::pairs,
};
use core::ops::Mul;
use p3_field::PrimeCharacteristicRing;

/// The bits of a carry. A place of the product is at most 8 times 255^2, so a limb and its carry are below 2^27.
const CARRY_BITS: usize = 11;

/// The table of products.
pub(crate) struct Product;

impl Table for Product {
    const NAME: &'static str = "product";
    type Row<T: Copy> = ProductRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &ProductRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        // A row without a product looks nothing up, so it must not be used.
        let real = row.real.into();
        builder.assert_bool(row.real);
        builder.assert_zero((B::Expr::ONE - real.clone()) * row.uses.into());

        let [a, b] = [row.a, row.b].map(|factor| limbs(&factor, builder, &real));
        let limbs_of_product = row.product.as_flattened();
        let mut carry = B::Expr::ZERO;
        for (limb, &result) in limbs_of_product.iter().enumerate() {
            let low = place(row, 2 * limb);
            let high: B::Expr = place(row, 2 * limb + 1);
            let sum = low + high * Val::from_u16(1 << 8) + carry;
            carry = row.carries.get(limb).map_or(B::Expr::ZERO, |&carry| carry.into());
            // Both sides are below 2^28, and so below the order of the field: they are equal as integers.
            builder.assert_eq(sum, result + carry.clone() * Val::from_u32(1 << 16));
            // The last limb is small if the others and the carries are right, as the product is below 2^128.
            if limb < row.carries.len() {
                builder.range(result.into(), 16, &real);
            }
        }
        for carry in row.carries {
            builder.range(carry.into(), CARRY_BITS, &real);
        }

        let [low, high] = row.product.map(|word| word.map(Into::into));
        builder.provide_product([a, b, low, high], row.uses.into());
    }
}

/// Proves that the bytes of a factor are bytes. Returns its limbs.
fn limbs<B: Buses>(factor: &Factor<B::Var>, builder: &mut B, real: &B::Expr) -> [B::Expr; 4] {
    let pairs = pairs(factor.bytes);
    for ([low, high], both) in pairs.into_iter().zip(factor.both) {
        builder.byte(low.into(), high.into(), both.into(), real);
    }
    pairs.map(|[low, high]| low.into() + high * Val::from_u16(1 << 8))
}

/// The sum of the products of bytes whose places add up to `place`.
fn place<T: Copy + Mul<T, Output = E>, E: PrimeCharacteristicRing>(row: &ProductRow<T>, place: usize) -> E {
    let (a, b) = (row.a.bytes, row.b.bytes);
    (0..8).filter(|&i| (i..i + 8).contains(&place)).map(|i| a[i] * b[place - i]).sum()
}
