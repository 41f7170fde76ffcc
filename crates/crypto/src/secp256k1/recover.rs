//! Recovers the public key of a signature.

use super::{
    limbs,
    point::{Affine, GENERATOR, OddMultiples, sum_of_multiples},
    scalar::Scalar,
};

/// How many odd multiples of the generator are precomputed: every recovery uses them.
const OF_GENERATOR: usize = 32;
/// How many odd multiples of a signature's point are computed.
const OF_POINT: usize = 8;

/// Recovers keys. Make one and reuse it: it holds multiples of the curve's generator.
///
/// ```
/// let recoverer = tribunal_crypto::Recoverer::new();
/// assert_eq!(recoverer.recover(&[1; 32], &[0; 32], &[1; 32], false), None);
/// ```
#[derive(Debug, Clone)]
pub struct Recoverer {
    generator: OddMultiples,
}

impl Default for Recoverer {
    fn default() -> Self {
        Self::new()
    }
}

impl Recoverer {
    /// Precomputes the multiples of the generator.
    #[must_use]
    pub fn new() -> Self {
        Self { generator: OddMultiples::of(&GENERATOR, OF_GENERATOR) }
    }

    /// The public key (`x` and `y`, 32 bytes each, big-endian) that signed `hash` with the signature `r`, `s` (32 bytes
    /// each, big-endian), whose point has an odd or an even `y`. A high `s` is accepted.
    ///
    /// `None` if `r` or `s` is zero or not below the order of the group, if no point has the `x` coordinate `r`, or if the
    /// key would be the neutral element.
    #[must_use]
    pub fn recover(&self, hash: &[u8; 32], r: &[u8; 32], s: &[u8; 32], odd: bool) -> Option<[u8; 64]> {
        let (x, s) = (limbs::from_bytes(r), Scalar::positive(limbs::from_bytes(s))?);
        let inverse = Scalar::positive(x)?.invert();
        // The order is below the field's prime, and so is x.
        let point = OddMultiples::of(&Affine::decompress(x, odd)?, OF_POINT);
        // s R = hash G + r key
        let of_generator = Scalar::reduced(limbs::from_bytes(hash)).mul(inverse).neg();
        let of_point = s.mul(inverse);
        let key = sum_of_multiples(&[(&self.generator, of_generator.split()), (&point, of_point.split())]);
        let Affine { x, y } = key.affine()?;
        let mut bytes = [0; 64];
        let (first, second) = bytes.split_at_mut(32);
        first.copy_from_slice(&limbs::to_bytes(&x.canonical()));
        second.copy_from_slice(&limbs::to_bytes(&y.canonical()));
        Some(bytes)
    }
}
