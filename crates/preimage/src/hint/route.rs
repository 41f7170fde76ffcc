//! The routes of hints: their names, what they carry, and which pre-images they announce.
//!
//! Hosts differ in what some routes carry. The length of the payload tells which form it has; [`HintType::accepts`] knows
//! all forms.
//!
//! Specification: [hinting routes](https://specs.optimism.io/fault-proof/index.html#pre-image-hinting-routes).

use alloc::{vec, vec::Vec};
use alloy_primitives::hex;
use core::fmt;

use crate::PreimageKeyType;

/// The largest payload of a hint whose form sets no bound, in bytes.
pub const MAX_PAYLOAD: usize = 16 << 20;

macro_rules! routes {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $shape:literal, $accepts:expr;)*) => {
        /// The route of a hint.
        ///
        /// `++` joins fields; numbers are big-endian u64. An L2 route may end with a chain id, which multi-chain hosts use.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum HintType {
            $($(#[$doc])* $variant,)*
        }

        impl HintType {
            /// All routes.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The route's name on the wire.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// What the route carries, for people.
            pub(super) const fn shape(self) -> &'static str {
                match self {
                    $(Self::$variant => $shape,)*
                }
            }

            /// Whether the route can carry a payload of `length` bytes.
            #[must_use]
            pub const fn accepts(self, length: usize) -> bool {
                match self {
                    $(Self::$variant => $accepts.contains(length),)*
                }
            }
        }
    };
}

/// Admissible lengths of a payload.
enum Lengths {
    Exactly(usize),
    Either(usize, usize),
    OneOf([usize; 4]),
    AtLeast(usize),
}

use Lengths::{AtLeast, Either, Exactly, OneOf};

impl Lengths {
    const fn contains(&self, length: usize) -> bool {
        match *self {
            Exactly(only) => length == only,
            Either(one, other) => length == one || length == other,
            OneOf([a, b, c, d]) => length == a || length == b || length == c || length == d,
            AtLeast(least) => length >= least && length <= MAX_PAYLOAD,
        }
    }
}

routes! {
    /// The header of an L1 block: block hash.
    L1BlockHeader = "l1-block-header", "32 (block hash)", Exactly(32);
    /// The transactions of an L1 block: block hash.
    L1Transactions = "l1-transactions", "32 (block hash)", Exactly(32);
    /// The receipts of an L1 block: block hash.
    L1Receipts = "l1-receipts", "32 (block hash)", Exactly(32);
    /// A blob: versioned hash ++ L1 time; an older form has the blob's index between the two.
    L1Blob = "l1-blob", "40 (versioned hash ++ time) or 48 (versioned hash ++ index ++ time)", Either(40, 48);
    /// A precompile's result, as Kona's programs ask: address ++ gas ++ input.
    L1Precompile = "l1-precompile", "at least 28 (address ++ gas ++ input)", AtLeast(28);
    /// A precompile's result, as the specification and op-program have it: address ++ gas ++ input.
    L1PrecompileV2 = "l1-precompile-v2", "at least 28 (address ++ gas ++ input)", AtLeast(28);
    /// The header of an L2 block: block hash.
    L2BlockHeader = "l2-block-header", "32 or 40 (block hash ++ chain id)", Either(32, 40);
    /// The transactions of an L2 block: block hash.
    L2Transactions = "l2-transactions", "32 or 40 (block hash ++ chain id)", Either(32, 40);
    /// The receipts of an L2 block: block hash. Interop only.
    L2Receipts = "l2-receipts", "32 or 40 (block hash ++ chain id)", Either(32, 40);
    /// Contract code: code hash.
    L2Code = "l2-code", "32 or 40 (code hash ++ chain id)", Either(32, 40);
    /// A node of the state or of a storage trie: node hash.
    L2StateNode = "l2-state-node", "32 or 40 (node hash ++ chain id)", Either(32, 40);
    /// The output behind an output root: output root.
    L2Output = "l2-output", "32 or 40 (output root ++ chain id)", Either(32, 40);
    /// The output behind the agreed output root, as Kona's programs ask: output root.
    StartingL2Output = "starting-l2-output", "32 (output root)", Exactly(32);
    /// The nodes on the way to an account: block ++ address. The block is a number, or the hash of the block before the
    /// one that is built.
    L2AccountProof = "l2-account-proof",
        "28 (block number ++ address), 52 (block hash ++ address), or 8 more (++ chain id)",
        OneOf([28, 36, 52, 60]);
    /// The nodes on the way to a storage slot: block ++ address ++ slot. The block is a number, or a hash as for accounts.
    L2AccountStorageProof = "l2-account-storage-proof",
        "60 (block number ++ address ++ slot), 84 (block hash ++ address ++ slot), or 8 more (++ chain id)",
        OneOf([60, 68, 84, 92]);
    /// The state that a block's execution reads: parent block hash ++ payload attributes as JSON; op-program: a JSON
    /// object with both.
    L2PayloadWitness = "l2-payload-witness", "at least 34 (parent block hash ++ JSON, or JSON)", AtLeast(34);
    /// A canonical block hash by number: block number ++ head block hash ++ chain id. op-program's.
    L2BlockHashLookup = "l2-block-hash-lookup", "48 (block number ++ head block hash ++ chain id)", Exactly(48);
    /// All that building a block needs: agreed block hash ++ block hash ++ chain id. Interop only.
    L2BlockData = "l2-block-data", "72 (agreed block hash ++ block hash ++ chain id)", Exactly(72);
    /// The state that both parties agree on: its hash. Interop only.
    AgreedPreState = "agreed-pre-state", "32 (hash)", Exactly(32);
}

impl HintType {
    /// The route with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|route| route.name() == name)
    }

    /// Whether answering a hint of this route can produce a pre-image under a key of type `key_type`.
    #[must_use]
    pub const fn announces(self, key_type: PreimageKeyType) -> bool {
        match key_type {
            PreimageKeyType::Local | PreimageKeyType::GlobalGeneric => false,
            PreimageKeyType::Sha256 | PreimageKeyType::Blob => matches!(self, Self::L1Blob),
            PreimageKeyType::Precompile => matches!(self, Self::L1Precompile | Self::L1PrecompileV2),
            // The blob and precompile routes have nothing under a Keccak-256 that a program asks for.
            PreimageKeyType::Keccak256 => {
                !matches!(self, Self::L1Blob | Self::L1Precompile | Self::L1PrecompileV2)
            }
        }
    }

    /// Whether only programs for a set of interoperating chains send it.
    #[must_use]
    pub const fn is_interop(self) -> bool {
        matches!(self, Self::L2Receipts | Self::L2BlockData | Self::AgreedPreState)
    }

    /// The hint as it travels: name, space, `0x` and the concatenated `parts` in hexadecimal.
    #[must_use]
    pub fn encode(self, parts: &[&[u8]]) -> Vec<u8> {
        let start = self.name().len() + 3;
        let payload: usize = parts.iter().map(|part| part.len()).sum();
        let mut text = vec![0; start + 2 * payload];
        let (head, mut rest) = text.split_at_mut(start);
        let (name, separator) = head.split_at_mut(start - 3);
        name.copy_from_slice(self.name().as_bytes());
        separator.copy_from_slice(b" 0x");
        for part in parts {
            let (digits, tail) = rest.split_at_mut(2 * part.len());
            // The only error is a length that does not fit, and it does.
            let _ = hex::encode_to_slice(part, digits);
            rest = tail;
        }
        text
    }
}

impl fmt::Display for HintType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(route: HintType) -> Vec<usize> {
        (0..200).filter(|length| route.accepts(*length)).collect()
    }

    /// Older programs name the block of a proof by its number, newer ones by its hash, and one host serves both.
    #[test]
    fn proofs_name_their_block_by_number_or_hash() {
        assert_eq!(lengths(HintType::L2AccountProof), [28, 36, 52, 60]);
        assert_eq!(lengths(HintType::L2AccountStorageProof), [60, 68, 84, 92]);
    }

    #[test]
    fn other_routes_have_one_or_two_lengths_or_only_a_least_one() {
        assert_eq!(lengths(HintType::L1BlockHeader), [32]);
        assert_eq!(lengths(HintType::L1Blob), [40, 48]);
        assert_eq!(lengths(HintType::L2StateNode), [32, 40]);
        assert_eq!(lengths(HintType::L1Precompile), (28..200).collect::<Vec<_>>());
        assert!(HintType::L2PayloadWitness.accepts(MAX_PAYLOAD));
        assert!(!HintType::L2PayloadWitness.accepts(MAX_PAYLOAD + 1));
    }
}
