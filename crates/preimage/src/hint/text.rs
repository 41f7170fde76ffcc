//! A hint as text: a route's name, one space, and `0x`-prefixed hexadecimal data.

use alloc::{string::String, vec, vec::Vec};
use alloy_primitives::hex;
use core::str;
use thiserror::Error;

use super::HintType;

/// A hint that was parsed.
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
    /// The data is too short or too long for the route.
    #[error("hint {route} carries {length} bytes, expected {}", route.shape())]
    Length {
        /// The route.
        route: HintType,
        /// The length of the data, in bytes.
        length: usize,
    },
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
