//! A leaf of the oracle's space that is written.
//!
//! The space holds the pre-images. The upper half of a leaf's index is its region, the lower half its place in the region. The
//! words of a region are the key (0 to 3), the length in bytes (4), and the bytes, padded with zeros. A word has eight of
//! these bytes, the first one highest.
//!
//! A leaf that is written has a mark: 2^16 is added to its last limb. One that is not written is all zeros. So a
//! pre-image that is not there cannot be read as zeros.

use crate::{
    bus::{Buses, NodeMessage},
    hash::{Digest, MARK},
    row::rows,
    stark::Val,
    tables::node::LEAVES,
};
#[cfg(feature = "record")]
use crate::{
    hash::{mark, permute},
    trace::leaf_limbs,
};
use core::array;
use p3_field::PrimeCharacteristicRing;

/// The number of the space.
pub(crate) const ORACLE_SPACE: u32 = 3;

/// The lower bits of a leaf's place in its region.
const LOW_BITS: usize = 14;

/// The upper bits. A place is below 2^28, so no number of a word reaches p.
const HIGH_BITS: usize = 14;

/// A leaf.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct OracleLeaf<T> {
    /// Its region. The tree proves it to be below 2^29.
    pub(crate) region: T,
    /// The lower and the upper bits of its place in the region.
    pub(crate) place: [T; 2],
    /// The limbs of its words, without the mark.
    pub(crate) limbs: [T; 16],
    /// The first half of the permutation of the limbs with the mark.
    pub(crate) permuted: [T; 8],
}

rows!(OracleLeaf);

impl<T: Copy> OracleLeaf<T> {
    /// A word's message: the region, the number of the word in it, and the limbs.
    pub(crate) fn word<B: Buses<Var = T>>(&self, word: usize) -> [B::Expr; 6]
    where
        T: Into<B::Expr>,
    {
        let number = self.index::<B>() * Val::from_u8(4) + Val::from_usize(word);
        let [a, b, c, d] = array::from_fn(|limb| self.limbs[4 * word + limb].into());
        [self.region.into(), number, a, b, c, d]
    }

    /// Receives the leaf's digests from the node above it, and proves its place to be small. `old` is its digest before the
    /// segment; if there is none, the segment does not change it.
    pub(crate) fn in_tree<B: Buses<Var = T>>(&self, builder: &mut B, old: Option<Digest>, real: &B::Expr)
    where
        T: Into<B::Expr>,
    {
        for (part, bits) in self.place.into_iter().zip([LOW_BITS, HIGH_BITS]) {
            builder.range(part.into(), bits, real);
        }
        // Each use of the limbs below is in a message that counts only in a real row, so the mark may be a constant.
        let limbs: [B::Expr; 16] = array::from_fn(|limb| {
            let mark = if limb == 15 { Val::from_u32(MARK) } else { Val::ZERO };
            self.limbs[limb].into() + B::Expr::from(mark)
        });
        let permuted: [B::Expr; 8] = self.permuted.map(Into::into);
        builder.receive_many("hash", limbs.clone().into_iter().chain(permuted.clone()), real);
        let digest: [B::Expr; 8] =
            array::from_fn(|element| permuted[element].clone() + limbs[element].clone());
        let message = NodeMessage {
            section: B::Expr::from_u32(LEAVES),
            level: B::Expr::ZERO,
            index: [B::Expr::from_u32(ORACLE_SPACE), self.region.into(), self.index::<B>()],
            old: old.map_or_else(|| digest.clone(), |old| old.map(B::Expr::from)),
            new: digest,
        };
        builder.receive_many("node", message.fields(), real);
    }

    /// The place of the leaf in its region.
    fn index<B: Buses<Var = T>>(&self) -> B::Expr
    where
        T: Into<B::Expr>,
    {
        let [low, high] = self.place.map(Into::into);
        low + high * B::Expr::from_u32(1 << LOW_BITS)
    }
}

#[cfg(feature = "record")]
impl OracleLeaf<Val> {
    /// The cells of a leaf.
    pub(crate) fn new(region: u32, place: u32, words: [u64; 4]) -> Self {
        let limbs = leaf_limbs(words);
        let permuted = permute(mark(limbs), &mut ());
        Self {
            region: Val::from_u32(region),
            place: [place & ((1 << LOW_BITS) - 1), place >> LOW_BITS].map(Val::from_u32),
            limbs,
            permuted: array::from_fn(|element| permuted[element]),
        }
    }
}
