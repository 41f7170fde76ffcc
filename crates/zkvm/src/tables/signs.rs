//! The signs of operands and results that are words or their lower halves.

use crate::{bus::Buses, row::rows, stark::Val, word::Word};
use p3_field::PrimeCharacteristicRing;

/// Which half of a word counts: at most one of these is 1, and none in an empty row.
pub(crate) struct Mode<E> {
    /// 1 if the lower halves of the operands count, and the upper half of a result repeats the sign of the lower one.
    pub(crate) narrow: E,
    /// 1 if all of a word counts.
    pub(crate) wide: E,
}

/// The sign of an operand.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct Sign<T> {
    /// The limb that has the sign; 0 if the operand has none.
    pub(crate) limb: T,
    /// 1 if the operand is negative; 0 if it has no sign.
    pub(crate) negative: T,
}

/// A new word that may be the sign-extension of its lower half.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct Extended<T> {
    pub(crate) word: Word<T>,
    /// Bit 31 if the lower half is extended, and 0 otherwise.
    pub(crate) sign: T,
}

rows!(Sign, Extended);

impl<T: Copy> Sign<T> {
    /// Asserts the sign of an operand. `signed` says in which modes operands have signs, and is part of the row's mode.
    pub(crate) fn eval<B: Buses<Var = T>>(&self, operand: Word<T>, signed: &Mode<B::Expr>, builder: &mut B)
    where
        T: Into<B::Expr>,
    {
        let Mode { narrow, wide } = signed;
        let any = narrow.clone() + wide.clone();
        let [_, low, _, high] = operand.map(Into::into);
        builder.assert_eq(self.limb, narrow.clone() * low + wide.clone() * high);
        builder.assert_bool(self.negative);
        builder.assert_zero((B::Expr::ONE - any.clone()) * self.negative.into());
        // Without its sign, the limb has 15 bits. With the wrong sign, it would be negative, or have 16.
        builder.range(self.limb.into() - self.negative.into() * Val::from_u32(1 << 15), 15, &any);
    }
}

impl<T: Copy> Extended<T> {
    /// Asserts that the limbs are below 2^16 and that the upper half repeats the sign of the lower one if `narrow` is 1.
    /// It asserts so if `real` is 1, and `narrow` is 0 otherwise.
    pub(crate) fn eval<B: Buses<Var = T>>(&self, narrow: &B::Expr, builder: &mut B, real: &B::Expr)
    where
        T: Into<B::Expr>,
    {
        builder.assert_bool(self.sign);
        builder.assert_zero((B::Expr::ONE - narrow.clone()) * self.sign.into());
        let [first, second, upper @ ..] = self.word.map(Into::<B::Expr>::into);
        let without_sign = second - self.sign.into() * Val::from_u32(1 << 15);
        builder.range(first, 16, real);
        builder.variable_range(without_sign, B::Expr::from_u8(16) - narrow.clone(), real);
        for limb in upper {
            builder.assert_zero(narrow.clone() * (limb.clone() - self.sign.into() * Val::from_u16(u16::MAX)));
            builder.range(limb, 16, real);
        }
    }
}

#[cfg(feature = "record")]
mod trace {
    use super::{Extended, Sign};
    use crate::{
        stark::Val,
        word::{limbs, word},
    };
    use p3_field::PrimeCharacteristicRing;

    impl Sign<Val> {
        /// The sign of an operand that has one.
        pub(crate) fn new(operand: u64, narrow: bool) -> Self {
            let [_, low, _, high] = limbs(operand);
            let limb = if narrow { low } else { high };
            Self { limb: Val::from_u16(limb), negative: Val::from_bool(limb >> 15 == 1) }
        }

        /// The cells of an operand without a sign.
        pub(crate) const fn none() -> Self {
            Self { limb: Val::ZERO, negative: Val::ZERO }
        }
    }

    impl Extended<Val> {
        pub(crate) fn new(result: u64, narrow: bool) -> Self {
            Self { word: word(result), sign: Val::from_bool(narrow && result >> 31 & 1 == 1) }
        }
    }
}
