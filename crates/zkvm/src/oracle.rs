//! What a proof of an oracle segment says, and the chain of these segments.

use crate::{hash::Digest, stark::Val};
use alloc::vec::Vec;
use core::iter;
use p3_field::PrimeCharacteristicRing;

/// What a proof of an oracle segment says: the pre-images of one space are in the other one, and those that are added match
/// their keys.
///
/// Also, the local keys that it adds are exactly those that the digest tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct OracleStatement {
    /// The root of the oracle's space before it.
    pub before: Digest,
    /// The root after it.
    pub after: Digest,
    /// The digest of the local keys, if this is the first segment: keccak256 of their number (8 bytes), and of each in
    /// increasing order its key (32 bytes), its length (8 bytes) and its bytes. Only the first segment has local keys.
    pub locals: Option<[u8; 32]>,
}

/// Where each public value is.
pub(crate) mod public {
    pub(crate) const ROOT_IN: usize = 0;
    pub(crate) const ROOT_OUT: usize = ROOT_IN + 8;
    /// 1 if there is a digest of local keys.
    pub(crate) const LOCALS: usize = ROOT_OUT + 8;
    /// The digest, two bytes a limb, the first byte the lower one; else zeros.
    pub(crate) const DIGEST: usize = LOCALS + 1;
    /// How many there are.
    pub(crate) const COUNT: usize = DIGEST + 16;
}

impl OracleStatement {
    /// The public values, in the order of [`public`].
    pub(crate) fn public_values(&self) -> Vec<Val> {
        let digest = self.locals.unwrap_or_default();
        let limbs = digest.as_chunks::<2>().0.iter().map(|bytes| Val::from_u16(u16::from_le_bytes(*bytes)));
        let roots = self.before.into_iter().chain(self.after);
        roots.chain(iter::once(Val::from_bool(self.locals.is_some()))).chain(limbs).collect()
    }
}
