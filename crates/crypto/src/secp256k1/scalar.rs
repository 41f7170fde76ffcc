//! Scalars: integers modulo the order of the curve's group, by which points are multiplied.

use super::limbs::{self, Limbs};

/// The order of the group, a prime.
const ORDER: Limbs = [0xbfd2_5e8c_d036_4141, 0xbaae_dce6_af48_a03b, 0xffff_ffff_ffff_fffe, u64::MAX];
/// Half of the order, rounded down.
const HALF_ORDER: Limbs = [0xdfe9_2f46_681b_20a0, 0x5d57_6e73_57a4_501d, u64::MAX, u64::MAX >> 1];
/// 2^256 modulo the order.
const FOLD: Limbs = [0x402d_a173_2fc9_bebf, 0x4551_2319_50b7_5fc4, 1, 0];

/// A cube root of one modulo the order. To multiply a point by it, multiply `x` by a cube root of one in the field
/// ([`super::point::ENDOMORPHISM`]).
const LAMBDA: Scalar =
    Scalar([0xdf02_967c_1b23_bd72, 0x122e_22ea_2081_6678, 0xa526_1c02_8812_645a, 0x5363_ad4c_c05c_30e0]);
/// The second components, negated, of the two short vectors (a, b) with a + b LAMBDA = 0 modulo the order.
const SHORT: [Scalar; 2] = [
    Scalar([0x6f54_7fa9_0abf_e4c3, 0xe443_7ed6_010e_8828, 0, 0]),
    Scalar([0xd765_cda8_3db1_562c, 0x8a28_0ac5_0774_346d, 0xffff_ffff_ffff_fffe, u64::MAX]),
];
/// The multipliers that tell how often each vector fits into a scalar: 2^384 times these, divided by the order, rounded.
const SHARES: [Limbs; 2] = [
    [0xe893_209a_45db_b031, 0x3daa_8a14_71e8_ca7f, 0xe86c_90e4_9284_eb15, 0x3086_d221_a7d4_6bcd],
    [0x1571_b4ae_8ac4_7f71, 0x2212_08ac_9df5_06c6, 0x6f54_7fa9_0abf_e4c4, 0xe443_7ed6_010e_8828],
];

/// A scalar, below the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Scalar(Limbs);

/// A scalar as absolute value and sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Signed {
    pub(super) absolute: u128,
    pub(super) negative: bool,
}

impl Scalar {
    /// A number, reduced modulo the order.
    pub(super) fn reduced(limbs: Limbs) -> Self {
        match limbs::sub(&limbs, &ORDER) {
            (reduced, 0) => Self(reduced),
            _ => Self(limbs),
        }
    }

    /// The scalar of a number; `None` if it is zero or not below the order.
    pub(super) fn positive(limbs: Limbs) -> Option<Self> {
        (limbs != [0; 4] && limbs::less(&limbs, &ORDER)).then_some(Self(limbs))
    }

    pub(super) fn mul(self, other: Self) -> Self {
        let (mut low, mut high) = limbs::mul(&self.0, &other.0);
        // The part above 2^256 is multiplied by FOLD. FOLD has 129 bits, so that part shrinks each time.
        while high != [0; 4] {
            let (folded, above) = limbs::mul(&high, &FOLD);
            let (sum, carry) = limbs::add(&low, &folded);
            low = sum;
            high = limbs::add(&above, &[carry, 0, 0, 0]).0;
        }
        Self::reduced(low)
    }

    pub(super) fn neg(self) -> Self {
        if self.0 == [0; 4] { self } else { Self(limbs::sub(&ORDER, &self.0).0) }
    }

    fn sub(self, other: Self) -> Self {
        match limbs::sub(&self.0, &other.0) {
            (difference, 0) => Self(difference),
            (difference, _) => Self(limbs::add(&difference, &ORDER).0),
        }
    }

    /// The inverse; zero for zero.
    pub(super) fn invert(self) -> Self {
        Self(limbs::invert(&self.0, &ORDER))
    }

    /// Two scalars of half the length: the first plus LAMBDA times the second is this one. They are the remainder of
    /// (self, 0) after the short vectors were subtracted as often as they fit.
    pub(super) fn split(self) -> [Signed; 2] {
        let [first, second] = SHARES.map(|share| {
            let (_, high) = limbs::mul(&self.0, &share);
            // Rounding: the highest bit that is dropped.
            let rounded = [high[2], high[3], 0, 0];
            Self(limbs::add(&rounded, &[high[1] >> 63, 0, 0, 0]).0)
        });
        let by_lambda = Self::sum(first.mul(SHORT[0]), second.mul(SHORT[1]));
        [self.sub(by_lambda.mul(LAMBDA)).signed(), by_lambda.signed()]
    }

    fn sum(a: Self, b: Self) -> Self {
        a.sub(b.neg())
    }

    /// The scalar or, if that is smaller, its negative. Only for scalars of which one of the two is short.
    fn signed(self) -> Signed {
        let negative = limbs::less(&HALF_ORDER, &self.0);
        let [low, high, ..] = if negative { self.neg().0 } else { self.0 };
        Signed { absolute: u128::from(high) << 64 | u128::from(low), negative }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn joined(part: Signed) -> Scalar {
        let scalar = Scalar([part.absolute as u64, (part.absolute >> 64) as u64, 0, 0]);
        if part.negative { scalar.neg() } else { scalar }
    }

    fn edges() -> impl Strategy<Value = Limbs> {
        let limb = || prop_oneof![Just(0), Just(1), Just(u64::MAX), any::<u64>()];
        [limb(), limb(), limb(), limb()]
    }

    proptest! {
        #[test]
        fn the_halves_make_the_whole(limbs in prop_oneof![edges(), Just(HALF_ORDER), Just(ORDER)]) {
            let scalar = Scalar::reduced(limbs);
            let [first, second] = scalar.split().map(joined);
            prop_assert_eq!(Scalar::sum(first, second.mul(LAMBDA)), scalar);
        }

        #[test]
        fn a_number_times_its_inverse_is_one(limbs in edges()) {
            let scalar = Scalar::reduced(limbs);
            let one = Scalar([u64::from(scalar.0 != [0; 4]), 0, 0, 0]);
            prop_assert_eq!(scalar.mul(scalar.invert()), one);
        }
    }
}
