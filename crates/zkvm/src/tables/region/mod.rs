//! What the tables of keys share: the words of a region that are not its bytes.

#[cfg(feature = "record")]
use crate::trace::Preimage;
use crate::{bus::Buses, row::rows, stark::Val};
use core::array;
use p3_field::PrimeCharacteristicRing;

/// The word that holds the length.
pub(crate) const LENGTH: usize = 4;

/// The first word that holds bytes.
pub(crate) const FIRST_DATA: usize = LENGTH + 1;

/// The bits of a length.
pub(crate) const LENGTH_BITS: usize = 30;

/// The length of a region, and the zeros after its end.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct RegionCells<T> {
    /// The length in bytes, in two limbs.
    pub(crate) length: [T; 2],
    /// The number of words that the region needs.
    pub(crate) words: T,
    /// 1 for each word that its last leaf has besides.
    pub(crate) zeros: [T; 3],
}

rows!(RegionCells);

impl<T: Copy> RegionCells<T> {
    /// Receives the words of a region but for its bytes. `key` is the key's words.
    ///
    /// That `words` is right needs no constraint. Each word of a leaf is received once. Those up to the last byte are received
    /// here and by the rows that take the bytes, so the three words here can only be the rest of the last leaf.
    pub(crate) fn receive<B: Buses<Var = T>>(
        &self,
        builder: &mut B,
        region: B::Expr,
        key: [[B::Expr; 4]; 4],
        real: &B::Expr,
    ) where
        T: Into<B::Expr> + Copy,
    {
        let [low, high] = self.length.map(Into::into);
        builder.range(low.clone(), 16, real);
        builder.range(high.clone(), LENGTH_BITS - 16, real);
        let length = [low, high, B::Expr::ZERO, B::Expr::ZERO];
        for (number, [a, b, c, d]) in key.into_iter().chain([length]).enumerate() {
            builder.receive("region", [region.clone(), B::Expr::from_usize(number), a, b, c, d], real);
        }
        builder.assert_bools(self.zeros);
        let mut before = real.clone();
        for (number, zero) in self.zeros.into_iter().enumerate() {
            let zero: B::Expr = zero.into();
            builder.assert_zero(zero.clone() * (B::Expr::ONE - before));
            let word = self.words.into() + B::Expr::from_usize(number);
            let [a, b, c, d] = array::from_fn(|_| B::Expr::ZERO);
            builder.receive("region", [region.clone(), word, a, b, c, d], &zero);
            before = zero;
        }
    }

    /// The length.
    pub(crate) fn length<B: Buses<Var = T>>(&self) -> B::Expr
    where
        T: Into<B::Expr>,
    {
        let [low, high] = self.length.map(Into::into);
        low + high * B::Expr::from_u32(1 << 16)
    }
}

#[cfg(feature = "record")]
impl RegionCells<Val> {
    /// The cells of a region.
    pub(crate) fn new(region: &Preimage) -> Self {
        let length = region.bytes.len() as u32;
        let words = region.words();
        Self {
            length: [length & 0xffff, length >> 16].map(Val::from_u32),
            words: Val::from_u32(words),
            zeros: array::from_fn(|number| Val::from_bool(words + (number as u32) < 4 * region.leaves())),
        }
    }
}

/// The limbs of a word of these bytes, of which the first one is the highest.
pub(crate) fn big_endian<E: PrimeCharacteristicRing>(bytes: [E; 8]) -> [E; 4] {
    array::from_fn(|limb| bytes[6 - 2 * limb].clone() * E::from_u16(1 << 8) + bytes[7 - 2 * limb].clone())
}
