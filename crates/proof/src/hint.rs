//! Hints: what a program tells its host it is about to ask for, as text.
//!
//! A hint is a name, one space and `0x`-prefixed hexadecimal data. Hosts differ in what some names carry, so a payload's
//! length tells its form; [`HintType::accepts`] has all of them.
//!
//! Specification: [hinting routes](https://specs.optimism.io/fault-proof/index.html#pre-image-hinting-routes).

use alloc::{string::String, vec, vec::Vec};
use alloy_primitives::hex;
use core::{fmt, str};
use thiserror::Error;

/// The largest payload of a hint that is not bounded by its form, in bytes.
pub const MAX_PAYLOAD: usize = 16 << 20;

/// Why bytes are not a hint.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HintError {
    /// No space between a name and its data.
    #[error("hint {0:?} is not a name and data")]
    Shape(String),
    /// A name that no route has.
    #[error("hint {0:?} has no route")]
    UnknownRoute(String),
    /// The data is not `0x` and an even number of hexadecimal digits.
    #[error("the data of hint {0} is not hexadecimal")]
    Hex(HintType),
    /// The data is too short or too long to be what the route carries.
    #[error("hint {route} carries {length} bytes, expected {}", route.shape())]
    Length {
        /// The route.
        route: HintType,
        /// The length of the data, in bytes.
        length: usize,
    },
}

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
            const fn shape(self) -> &'static str {
                match self {
                    $(Self::$variant => $shape,)*
                }
            }

            /// Whether a payload of `length` bytes can be what the route carries.
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
    AtLeast(usize),
}

use Lengths::{AtLeast, Either, Exactly};

impl Lengths {
    const fn contains(&self, length: usize) -> bool {
        match *self {
            Exactly(only) => length == only,
            Either(one, other) => length == one || length == other,
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
    /// The nodes on the way to an account: block number ++ address; op-program: block hash ++ address ++ chain id.
    L2AccountProof = "l2-account-proof",
        "28 (block number ++ address) or 60 (block hash ++ address ++ chain id)", Either(28, 60);
    /// The nodes on the way to a storage slot: block number ++ address ++ slot.
    L2AccountStorageProof = "l2-account-storage-proof", "60 (block number ++ address ++ slot)", Exactly(60);
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

/// A hint, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// Its route.
    pub ty: HintType,
    /// What it carries, of a length that the route accepts.
    pub data: Vec<u8>,
}

impl Hint {
    /// Reads a hint from its text form.
    ///
    /// # Errors
    /// [`HintError`], by the first of the checks that fails: shape, name, hexadecimal data, length.
    pub fn parse(text: &[u8]) -> Result<Self, HintError> {
        let space =
            text.iter().position(|byte| *byte == b' ').ok_or_else(|| HintError::Shape(excerpt(text)))?;
        let (name, data) = text.split_at(space);
        let ty = str::from_utf8(name)
            .ok()
            .and_then(HintType::from_name)
            .ok_or_else(|| HintError::UnknownRoute(excerpt(name)))?;
        let digits =
            data.strip_prefix(b" 0x").filter(|digits| digits.len() % 2 == 0).ok_or(HintError::Hex(ty))?;
        let length = digits.len() / 2;
        if !ty.accepts(length) {
            return Err(HintError::Length { route: ty, length });
        }
        let mut data = vec![0; length];
        // The decoder would accept a second prefix.
        if digits.starts_with(b"0x") || hex::decode_to_slice(digits, &mut data).is_err() {
            return Err(HintError::Hex(ty));
        }
        Ok(Self { ty, data })
    }

    /// The hint as it travels.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        self.ty.encode(&[&self.data])
    }
}

/// The start of `text`, short enough for a message.
fn excerpt(text: &[u8]) -> String {
    String::from_utf8_lossy(&text[..text.len().min(64)]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, string::ToString};
    use proptest::prelude::*;

    #[test]
    fn texts_are_those_of_the_specification() {
        let hash = [0xab; 32];
        assert_eq!(
            HintType::L1BlockHeader.encode(&[&hash]),
            format!("l1-block-header 0x{}", "ab".repeat(32)).into_bytes()
        );
        assert_eq!(
            HintType::L1Blob.encode(&[&hash, &7u64.to_be_bytes()]),
            format!("l1-blob 0x{}0000000000000007", "ab".repeat(32)).into_bytes()
        );
    }

    #[test]
    fn names_are_distinct_and_found() {
        for route in HintType::ALL {
            assert_eq!(HintType::from_name(route.name()), Some(*route));
        }
    }

    #[test]
    fn wrong_hints_are_told_apart() {
        let parse = |text: &str| Hint::parse(text.as_bytes()).unwrap_err();
        assert!(matches!(parse("l1-block-header"), HintError::Shape(_)));
        assert!(matches!(parse("l3-block-header 0x00"), HintError::UnknownRoute(_)));
        assert_eq!(parse("l1-receipts 00"), HintError::Hex(HintType::L1Receipts));
        assert_eq!(parse("l1-receipts 0x0"), HintError::Hex(HintType::L1Receipts));
        assert_eq!(
            parse(&format!("l1-receipts 0x{}", "zz".repeat(32))),
            HintError::Hex(HintType::L1Receipts)
        );
        assert_eq!(
            parse(&format!("l1-receipts 0x0x{}", "00".repeat(31))),
            HintError::Hex(HintType::L1Receipts)
        );
        let short = parse("l1-receipts 0x00");
        assert_eq!(short, HintError::Length { route: HintType::L1Receipts, length: 1 });
        assert_eq!(short.to_string(), "hint l1-receipts carries 1 bytes, expected 32 (block hash)");
    }

    fn hints() -> impl Strategy<Value = Hint> {
        proptest::sample::select(HintType::ALL.to_vec()).prop_flat_map(|ty| {
            let lengths: Vec<usize> = (0..100).filter(|length| ty.accepts(*length)).collect();
            proptest::sample::select(lengths)
                .prop_flat_map(|length| proptest::collection::vec(any::<u8>(), length))
                .prop_map(move |data| Hint { ty, data })
        })
    }

    proptest! {
        #[test]
        fn texts_round_trip(hint in hints(), cut in 0usize..100) {
            prop_assert_eq!(Hint::parse(&hint.encode()).unwrap(), hint.clone());
            let (one, other) = hint.data.split_at(cut.min(hint.data.len()));
            prop_assert_eq!(hint.ty.encode(&[one, other]), hint.encode());
        }

        #[test]
        fn parsing_never_panics(text in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Hint::parse(&text);
        }

        #[test]
        fn a_changed_hint_parses_to_something_else_or_not_at_all(hint in hints(), at: prop::sample::Index, byte: u8) {
            let mut text = hint.encode();
            let at = at.index(text.len());
            prop_assume!(!text[at].eq_ignore_ascii_case(&byte));
            text[at] = byte;
            prop_assert_ne!(Hint::parse(&text).ok(), Some(hint));
        }
    }
}
