//! What a proof of an oracle segment says, and the chain of these segments.

use crate::{
    air::AnyTable,
    hash::{Digest, empty_space},
    machine::Invalid,
    stark::Val,
};
use alloc::vec::Vec;
use core::iter;
use p3_field::PrimeCharacteristicRing;
use p3_keccak::Keccak256Hash;
use p3_symmetric::CryptographicHasher;

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

/// A local key (type 1) and its value. It is an input of the run: a proof says what follows from it, and nothing about where
/// it comes from.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LocalInput {
    /// The key. Its first byte is 1.
    pub key: [u8; 32],
    /// The value.
    pub value: Vec<u8>,
}

/// The digest of local keys and their values; see [`OracleStatement::locals`]. Two lists have two digests: their number and
/// all lengths are part of what is hashed.
pub(crate) fn locals_digest(inputs: &[LocalInput]) -> [u8; 32] {
    let mut stream = (inputs.len() as u64).to_be_bytes().to_vec();
    for LocalInput { key, value } in inputs {
        stream.extend(key);
        stream.extend((value.len() as u64).to_be_bytes());
        stream.extend(value);
    }
    Keccak256Hash {}.hash_iter(stream)
}

/// Which pre-images an oracle segment has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[repr(usize)]
pub enum OracleKind {
    /// Local ones (type 1), those whose key is their keccak256 (type 2), and advice (type 3).
    Keccak,
    /// Those whose key is their SHA-256 (type 4).
    Sha256,
}

/// The tables of each kind of oracle segment.
pub(crate) const ORACLE_TABLES: [&[AnyTable]; 2] = [AnyTable::ORACLE, AnyTable::ORACLE_SHA256];

impl OracleKind {
    /// Its tables.
    #[cfg(feature = "record")]
    pub(crate) const fn tables(self) -> &'static [AnyTable] {
        ORACLE_TABLES[self as usize]
    }
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

/// Why the proofs of a run's pre-images are not valid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidOracle {
    /// There is no segment. Even a run without pre-images has one, which says that there are no local keys.
    #[error("the proof has no oracle segments")]
    Empty,
    /// A segment does not begin where the one before it ends, or the first one not with the empty space.
    #[error("oracle segment {0} does not begin where the one before it ends")]
    Gap(usize),
    /// The first segment says nothing about local keys, or another one does.
    #[error("oracle segment {0} has local keys that only the first one has, or the first one has none")]
    Locals(usize),
    /// The proof lists other local keys or values than those that are proven.
    #[error("the local keys and values are not those that the oracle segments prove")]
    Values,
    /// A segment's proof is not valid.
    #[error("oracle segment {0}: {1}")]
    Segment(usize, Invalid),
}

/// What follows from statements about all oracle segments of a run: the root of its pre-images, and the digest of its local
/// keys.
pub(crate) fn chain<'a>(
    statements: impl IntoIterator<Item = &'a OracleStatement>,
) -> Result<(Digest, [u8; 32]), InvalidOracle> {
    let mut end = None;
    for (number, statement) in statements.into_iter().enumerate() {
        let (before, locals) = match end {
            None => (empty_space(), statement.locals),
            Some((root, locals)) if statement.locals.is_none() => (root, Some(locals)),
            Some(_) => return Err(InvalidOracle::Locals(number)),
        };
        if statement.before != before {
            return Err(InvalidOracle::Gap(number));
        }
        end = Some((statement.after, locals.ok_or(InvalidOracle::Locals(number))?));
    }
    end.ok_or(InvalidOracle::Empty)
}

#[cfg(test)]
mod tests {
    use super::*;
    use p3_field::PrimeCharacteristicRing;

    #[test]
    fn segments_are_a_chain_from_the_empty_space_and_only_the_first_has_local_keys() {
        let [one, two] = [[Val::ONE; 8], [Val::TWO; 8]];
        let first = OracleStatement { before: empty_space(), after: one, locals: Some([7; 32]) };
        let second = OracleStatement { before: one, after: two, locals: None };
        assert_eq!(chain([&first]), Ok((one, [7; 32])));
        assert_eq!(chain([&first, &second]), Ok((two, [7; 32])));
        assert_eq!(chain([]), Err(InvalidOracle::Empty));
        assert_eq!(chain([&second]), Err(InvalidOracle::Gap(0)));
        assert_eq!(chain([&first, &second, &second]), Err(InvalidOracle::Gap(2)));
        assert_eq!(chain([&second, &first]), Err(InvalidOracle::Gap(0)));
        let late = OracleStatement { locals: Some([8; 32]), ..second };
        assert_eq!(chain([&first, &late]), Err(InvalidOracle::Locals(1)));
        let without = OracleStatement { locals: None, ..first };
        assert_eq!(chain([&without, &second]), Err(InvalidOracle::Locals(0)));
    }
}
