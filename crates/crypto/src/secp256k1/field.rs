//! The field of the curve's coordinates: integers modulo the prime 2^256 - 2^32 - 977.

use super::limbs::{self, Limbs};
use core::ops::{Add, Mul, Neg, Sub};

/// The prime.
pub(super) const PRIME: Limbs = [0xffff_fffe_ffff_fc2f, u64::MAX, u64::MAX, u64::MAX];
/// 2^256 modulo the prime.
const FOLD: u64 = 0x1_0000_03d1;

/// An element of the field. It may be any representative below 2^256, so that few sums need a full reduction.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field(Limbs);

impl Field {
    pub(super) const ZERO: Self = Self([0; 4]);
    pub(super) const ONE: Self = Self([1, 0, 0, 0]);

    pub(super) const fn new(limbs: Limbs) -> Self {
        Self(limbs)
    }

    /// The representative below the prime.
    pub(super) fn canonical(self) -> Limbs {
        match limbs::sub(&self.0, &PRIME) {
            (reduced, 0) => reduced,
            _ => self.0,
        }
    }

    pub(super) fn is_zero(self) -> bool {
        self.0 == [0; 4] || self.0 == PRIME
    }

    pub(super) fn is_odd(self) -> bool {
        self.canonical()[0] & 1 == 1
    }

    #[inline(never)]
    pub(super) fn square(self) -> Self {
        reduce(limbs::square(&self.0))
    }

    pub(super) fn double(self) -> Self {
        self + self
    }

    /// The inverse; zero for zero.
    pub(super) fn invert(self) -> Self {
        Self(limbs::invert(&self.canonical(), &PRIME))
    }

    /// A square root, if the element has one.
    pub(super) fn sqrt(self) -> Option<Self> {
        // The prime is 3 modulo 4, so the root is the power of (prime + 1) / 4. In binary that exponent is 223 ones, a zero,
        // 22 ones, four zeros, two ones and two zeros. Each name says how many ones the exponent has.
        let ones_2 = self.square() * self;
        let ones_3 = ones_2.square() * self;
        let ones_6 = ones_3.squared(3) * ones_3;
        let ones_9 = ones_6.squared(3) * ones_3;
        let ones_11 = ones_9.squared(2) * ones_2;
        let ones_22 = ones_11.squared(11) * ones_11;
        let ones_44 = ones_22.squared(22) * ones_22;
        let ones_88 = ones_44.squared(44) * ones_44;
        let ones_176 = ones_88.squared(88) * ones_88;
        let ones_220 = ones_176.squared(44) * ones_44;
        let ones_223 = ones_220.squared(3) * ones_3;
        let root = ((ones_223.squared(23) * ones_22).squared(6) * ones_2).squared(2);
        (root.square() - self).is_zero().then_some(root)
    }

    fn squared(self, times: u32) -> Self {
        (0..times).fold(self, |element, _| element.square())
    }
}

impl Add for Field {
    type Output = Self;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        let (mut sum, mut carry) = limbs::add(&self.0, &other.0);
        while carry != 0 {
            (sum, carry) = limbs::add(&sum, &[FOLD, 0, 0, 0]);
        }
        Self(sum)
    }
}

impl Sub for Field {
    type Output = Self;

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        let (mut difference, mut borrow) = limbs::sub(&self.0, &other.0);
        while borrow != 0 {
            (difference, borrow) = limbs::sub(&difference, &[FOLD, 0, 0, 0]);
        }
        Self(difference)
    }
}

impl Neg for Field {
    type Output = Self;

    fn neg(self) -> Self {
        Self::ZERO - self
    }
}

impl Mul for Field {
    type Output = Self;

    #[inline(never)]
    fn mul(self, other: Self) -> Self {
        reduce(limbs::mul(&self.0, &other.0))
    }
}

/// Reduces a product.
#[inline(always)]
fn reduce((mut low, high): (Limbs, Limbs)) -> Field {
    // Folds the part above 2^256 in, times FOLD. A second time folds in what is above then: less than 2^34 * FOLD.
    let mut carry = 0;
    for (low, high) in low.iter_mut().zip(high) {
        (*low, carry) = limbs::mul_limbs(high, FOLD, *low, carry);
    }
    let (first, second) = limbs::mul_limbs(carry, FOLD, 0, 0);
    let (mut low, mut carry) = limbs::add(&low, &[first, second, 0, 0]);
    while carry != 0 {
        (low, carry) = limbs::add(&low, &[FOLD, 0, 0, 0]);
    }
    Field(low)
}
