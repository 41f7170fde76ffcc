//! Pre-image keys: 32 bytes of which the first is the type.

use crate::{PreimageOracleError, blob_evaluation_point};
use alloc::string::String;
use alloy_primitives::{B256, Keccak256, hex, keccak256};
use core::{fmt, str::FromStr};

/// What a pre-image key is made from. The discriminant is the first byte of the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum PreimageKeyType {
    /// Known to this dispute only: the boot values, numbered.
    Local = 1,
    /// Keccak-256 of the pre-image.
    Keccak256 = 2,
    /// Vouched for by a contract; reserved.
    GlobalGeneric = 3,
    /// SHA-256 of the pre-image.
    Sha256 = 4,
    /// An element of a blob, by the Keccak-256 of the KZG commitment and the point of evaluation.
    Blob = 5,
    /// The result of a precompiled contract, by the Keccak-256 of its address, gas and input.
    Precompile = 6,
}

impl PreimageKeyType {
    /// All types, in the order of their first byte.
    pub const ALL: [Self; 6] =
        [Self::Local, Self::Keccak256, Self::GlobalGeneric, Self::Sha256, Self::Blob, Self::Precompile];

    /// The type with this first byte, if the protocol defines one (0 is never valid, 7 to 255 are reserved or private).
    #[must_use]
    pub const fn from_byte(byte: u8) -> Option<Self> {
        Some(match byte {
            1 => Self::Local,
            2 => Self::Keccak256,
            3 => Self::GlobalGeneric,
            4 => Self::Sha256,
            5 => Self::Blob,
            6 => Self::Precompile,
            _ => return None,
        })
    }
}

/// A typed pre-image key; the first byte is always one of [`PreimageKeyType`].
///
/// Aligned to eight bytes: the fault-proof machine takes at most the rest of one aligned word per write, so a key that
/// straddles words costs a fifth system call.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(C, align(8))]
pub struct PreimageKey([u8; 32]);

impl PreimageKey {
    /// A key of the given type: `hash` with its first byte replaced.
    #[must_use]
    pub const fn new(hash: [u8; 32], key_type: PreimageKeyType) -> Self {
        let mut bytes = hash;
        bytes[0] = key_type as u8;
        Self(bytes)
    }

    /// The key of the local value with this number (type 1, number as a big-endian integer in the last eight bytes).
    #[must_use]
    pub const fn new_local(number: u64) -> Self {
        let mut bytes = [0; 32];
        let number = number.to_be_bytes();
        let mut i = 0;
        while i < 8 {
            bytes[24 + i] = number[i];
            i += 1;
        }
        Self::new(bytes, PreimageKeyType::Local)
    }

    /// The key of the bytes with this Keccak-256 (type 2).
    #[must_use]
    pub fn new_keccak256(hash: impl Into<[u8; 32]>) -> Self {
        Self::new(hash.into(), PreimageKeyType::Keccak256)
    }

    /// The key of the bytes with this SHA-256 (type 4); also of the commitment behind a blob's versioned hash, which
    /// differs from the SHA-256 only in the byte that the type takes.
    #[must_use]
    pub fn new_sha256(hash: impl Into<[u8; 32]>) -> Self {
        Self::new(hash.into(), PreimageKeyType::Sha256)
    }

    /// The key of a blob element (type 5) from the Keccak-256 of commitment and point; see [`blob_element_key`].
    #[must_use]
    pub fn new_blob(hash: impl Into<[u8; 32]>) -> Self {
        Self::new(hash.into(), PreimageKeyType::Blob)
    }

    /// The key of a precompile result (type 6) from the Keccak-256 of the call; see [`precompile_key`].
    #[must_use]
    pub fn new_precompile(hash: impl Into<[u8; 32]>) -> Self {
        Self::new(hash.into(), PreimageKeyType::Precompile)
    }

    /// The type, from the first byte.
    #[must_use]
    pub const fn key_type(&self) -> PreimageKeyType {
        match PreimageKeyType::from_byte(self.0[0]) {
            Some(key_type) => key_type,
            // Every constructor writes or checks the first byte.
            None => unreachable!(),
        }
    }

    /// The 32 bytes as they travel.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl TryFrom<[u8; 32]> for PreimageKey {
    type Error = PreimageOracleError;

    fn try_from(bytes: [u8; 32]) -> Result<Self, Self::Error> {
        match PreimageKeyType::from_byte(bytes[0]) {
            Some(_) => Ok(Self(bytes)),
            None => Err(PreimageOracleError::UnknownKeyType(B256::new(bytes))),
        }
    }
}

impl From<PreimageKey> for [u8; 32] {
    fn from(key: PreimageKey) -> Self {
        key.0
    }
}

impl From<PreimageKey> for B256 {
    fn from(key: PreimageKey) -> Self {
        Self::new(key.0)
    }
}

impl FromStr for PreimageKey {
    type Err = PreimageOracleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let malformed = || PreimageOracleError::MalformedKey(text.chars().take(80).collect::<String>());
        let digits = text.strip_prefix("0x").ok_or_else(malformed)?;
        let mut bytes = [0; 32];
        // The decoder accepts a second prefix, a key does not.
        if digits.len() != 64 || hex::decode_to_slice(digits, &mut bytes).is_err() {
            return Err(malformed());
        }
        Self::try_from(bytes)
    }
}

impl fmt::LowerHex for PreimageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("0x")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Display for PreimageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::LowerHex::fmt(self, f)
    }
}

impl fmt::Debug for PreimageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PreimageKey({self})")
    }
}

/// The key of the element at `index_in_blob` of the blob with this compressed KZG commitment:
/// `keccak256(commitment ++ z)`, `z` being the point at which the blob's polynomial takes the element's value.
///
/// The index is taken modulo [`ELEMENTS_PER_BLOB`](crate::ELEMENTS_PER_BLOB).
///
/// Specification: [type 5](https://specs.optimism.io/fault-proof/index.html#type-5-global-eip-4844-point-evaluation-key).
#[must_use]
pub fn blob_element_key(commitment: &[u8; 48], index_in_blob: usize) -> PreimageKey {
    // At once, not piece by piece: a guest asks for thousands of these, and has a faster way for whole inputs.
    let mut input = [0; 80];
    let (first, second) = input.split_at_mut(48);
    first.copy_from_slice(commitment);
    second.copy_from_slice(blob_evaluation_point(index_in_blob).as_ref());
    PreimageKey::new_blob(keccak256(input))
}

/// The key of the result of a precompiled contract: `keccak256(address ++ gas ++ input)`, the gas as a big-endian u64.
///
/// The gas is the amount that the program charged for the call; the contract on L1 refuses to run with less.
#[must_use]
pub fn precompile_key(address: &[u8; 20], gas: u64, input: &[u8]) -> PreimageKey {
    let mut hasher = Keccak256::new();
    hasher.update(address);
    hasher.update(gas.to_be_bytes());
    hasher.update(input);
    PreimageKey::new_precompile(hasher.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, string::ToString};
    use proptest::prelude::*;

    #[test]
    fn local_keys_are_numbers() {
        let key = PreimageKey::new_local(0x0102);
        assert_eq!(key.to_string(), "0x0100000000000000000000000000000000000000000000000000000000000102");
        assert_eq!(key.key_type(), PreimageKeyType::Local);
    }

    #[test]
    fn every_type_has_its_byte() {
        for key_type in PreimageKeyType::ALL {
            assert_eq!(PreimageKeyType::from_byte(key_type as u8), Some(key_type));
            assert_eq!(PreimageKey::new([0xff; 32], key_type).key_type(), key_type);
        }
        assert_eq!((0..=255).filter_map(PreimageKeyType::from_byte).count(), 6);
    }

    #[test]
    fn unknown_types_are_named() {
        for byte in [0, 7, 128, 255] {
            let bytes = [byte; 32];
            assert_eq!(
                PreimageKey::try_from(bytes),
                Err(PreimageOracleError::UnknownKeyType(B256::new(bytes)))
            );
        }
    }

    #[test]
    fn odd_texts_are_refused() {
        let good = PreimageKey::new_local(1).to_string();
        for bad in ["", "0x", &good[2..], &good[..65], &format!("{good}0"), &format!("0x0x{}", &good[4..])] {
            assert!(matches!(bad.parse::<PreimageKey>(), Err(PreimageOracleError::MalformedKey(_))), "{bad}");
        }
        assert!(matches!(
            good.replacen("0x01", "0x07", 1).parse::<PreimageKey>(),
            Err(PreimageOracleError::UnknownKeyType(_))
        ));
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text in ".{0,80}") {
            let _ = text.parse::<PreimageKey>();
        }

        #[test]
        fn text_and_bytes_round_trip(hash: [u8; 32], type_byte in 1u8..=6) {
            let key = PreimageKey::new(hash, PreimageKeyType::from_byte(type_byte).unwrap());
            prop_assert_eq!(key.to_string().parse::<PreimageKey>().unwrap(), key);
            prop_assert_eq!(PreimageKey::try_from(*key.as_bytes()).unwrap(), key);
            prop_assert_eq!(&key.as_bytes()[1..], &hash[1..]);
        }
    }
}
