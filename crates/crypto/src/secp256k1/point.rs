//! Points of the curve `y^2 = x^3 + 7`, and linear combinations of them.

use super::{field::Field, limbs::Limbs, scalar::Signed};
use alloc::vec::Vec;

/// The generator of the group.
pub(super) const GENERATOR: Affine = Affine {
    x: Field::new([
        0x59f2_815b_16f8_1798,
        0x029b_fcdb_2dce_28d9,
        0x55a0_6295_ce87_0b07,
        0x79be_667e_f9dc_bbac,
    ]),
    y: Field::new([
        0x9c47_d08f_fb10_d4b8,
        0xfd17_b448_a685_5419,
        0x5da4_fbfc_0e11_08a8,
        0x483a_da77_26a3_c465,
    ]),
};
/// A cube root of one: `(x, y)` times LAMBDA (see [`super::scalar`]) is `(ENDOMORPHISM x, y)`.
pub(super) const ENDOMORPHISM: Field =
    Field::new([0xc139_6c28_7195_01ee, 0x9cf0_4975_12f5_8995, 0x6e64_479e_ac34_34e9, 0x7ae9_6a2b_657c_0710]);

/// An affine point, which is never the neutral element.
#[derive(Debug, Clone, Copy)]
pub(super) struct Affine {
    pub(super) x: Field,
    pub(super) y: Field,
}

impl Affine {
    /// The point with this `x` (below the prime) and a `y` that is odd or even.
    pub(super) fn decompress(x: Limbs, odd: bool) -> Option<Self> {
        let x = Field::new(x);
        let root = (x.square() * x + Field::new([7, 0, 0, 0])).sqrt()?;
        // No point has y = 0, so one root is odd and the other even.
        Some(Self { x, y: if root.is_odd() == odd { root } else { -root } })
    }
}

/// A point in Jacobian coordinates: `(x / z^2, y / z^3)`, or the neutral element if `z` is zero.
#[derive(Debug, Clone, Copy)]
pub(super) struct Jacobian {
    x: Field,
    y: Field,
    z: Field,
}

impl Jacobian {
    const NEUTRAL: Self = Self { x: Field::ONE, y: Field::ONE, z: Field::ZERO };

    /// The affine point; `None` for the neutral element.
    pub(super) fn affine(&self) -> Option<Affine> {
        (!self.z.is_zero()).then(|| self.scaled(self.z.invert()))
    }

    /// The affine point, from the inverse of `z`.
    fn scaled(&self, inverse: Field) -> Affine {
        let square = inverse.square();
        Affine { x: self.x * square, y: self.y * square * inverse }
    }

    /// Twice the point ([dbl-2009-l](https://www.hyperelliptic.org/EFD/g1p/auto-shortw-jacobian-0.html)).
    fn double(&self) -> Self {
        let (xx, yy) = (self.x.square(), self.y.square());
        let yyyy = yy.square();
        let d = ((self.x + yy).square() - xx - yyyy).double();
        let e = xx.double() + xx;
        let x = e.square() - d.double();
        Self { x, y: e * (d - x) - yyyy.double().double().double(), z: (self.y * self.z).double() }
    }

    /// The sum with an affine point.
    fn add(&self, other: &Affine) -> Self {
        if self.z.is_zero() {
            return Self { x: other.x, y: other.y, z: Field::ONE };
        }
        let zz = self.z.square();
        let h = other.x * zz - self.x;
        let r = other.y * zz * self.z - self.y;
        if h.is_zero() {
            // Equal x: the same point or its negative.
            return if r.is_zero() { self.double() } else { Self::NEUTRAL };
        }
        let hh = h.square();
        let (hhh, v) = (h * hh, self.x * hh);
        let x = r.square() - hhh - v.double();
        Self { x, y: r * (v - x) - self.y * hhh, z: self.z * h }
    }
}

/// The odd multiples of a point: 1, 3, 5 and so on. None is neutral, because the order is a large prime.
#[derive(Debug, Clone)]
pub(super) struct OddMultiples(Vec<Affine>);

impl OddMultiples {
    /// The first `count`.
    pub(super) fn of(point: &Affine, count: usize) -> Self {
        let first = Jacobian::NEUTRAL.add(point);
        // Twice the point, in affine form, because it is added to each multiple.
        let double = first.double();
        let step = double.scaled(double.z.invert());
        let mut multiples: Vec<Jacobian> = Vec::with_capacity(count);
        let mut last = first;
        for _ in 0..count {
            multiples.push(last);
            last = last.add(&step);
        }
        Self(all_affine(&multiples))
    }

    /// The window width in bits: digits are odd and below 2^width / 2.
    fn width(&self) -> u32 {
        self.0.len().ilog2() + 2
    }

    /// The point multiplied by an odd digit.
    fn times(&self, digit: i8) -> Option<Affine> {
        let multiple = *self.0.get(usize::from(digit.unsigned_abs() / 2))?;
        Some(if digit < 0 { Affine { y: -multiple.y, ..multiple } } else { multiple })
    }
}

/// The affine form of these points, none of which is neutral, with one inversion: that of the product of all `z`. The
/// inverse of each `z` is that inverse times the other `z`.
fn all_affine(points: &[Jacobian]) -> Vec<Affine> {
    let mut product = Field::ONE;
    let before: Vec<Field> = points
        .iter()
        .map(|point| {
            let before = product;
            product = product * point.z;
            before
        })
        .collect();
    let mut inverse = product.invert();
    let mut affine: Vec<Affine> = points
        .iter()
        .zip(before)
        .rev()
        .map(|(point, before)| {
            let scaled = point.scaled(inverse * before);
            inverse = inverse * point.z;
            scaled
        })
        .collect();
    affine.reverse();
    affine
}

/// The most [`digits`] of a number of 128 bits.
const DIGITS: usize = 130;

/// The windowed non-adjacent form of a number: odd digits times powers of two, with at least `width - 1` zeros after each.
fn digits(number: Signed, width: u32) -> [i8; DIGITS] {
    let mut digits = [0; DIGITS];
    let (mut rest, mut place) = (number.absolute, 0);
    while rest != 0 {
        let zeros = rest.trailing_zeros();
        rest >>= zeros;
        place += zeros as usize;
        let low = (rest & ((1 << width) - 1)) as i32;
        // Round to the nearer multiple of 2^width.
        let up = low >> (width - 1);
        let digit = low - (up << width);
        digits[place] = (if number.negative { -digit } else { digit }) as i8;
        rest = (rest >> width) + up as u128;
        place += width as usize;
    }
    digits
}

/// The sum of points, each multiplied by `parts[0] + LAMBDA * parts[1]`.
pub(super) fn sum_of_multiples(terms: &[(&OddMultiples, [Signed; 2])]) -> Jacobian {
    let terms: Vec<_> =
        terms.iter().map(|(point, parts)| (*point, parts.map(|part| digits(part, point.width())))).collect();
    let mut sum = Jacobian::NEUTRAL;
    for place in (0..DIGITS).rev() {
        if !sum.z.is_zero() {
            sum = sum.double();
        }
        for (point, [plain, by_lambda]) in &terms {
            if let Some(multiple) = multiple_at(point, plain, place) {
                sum = sum.add(&multiple);
            }
            if let Some(multiple) = multiple_at(point, by_lambda, place) {
                sum = sum.add(&Affine { x: multiple.x * ENDOMORPHISM, ..multiple });
            }
        }
    }
    sum
}

#[inline(always)]
fn multiple_at(point: &OddMultiples, digits: &[i8; DIGITS], place: usize) -> Option<Affine> {
    match digits[place] {
        0 => None,
        digit => point.times(digit),
    }
}
