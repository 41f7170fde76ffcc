//! Keccak-256 against another implementation.

use proptest::prelude::*;
use tribunal_crypto::keccak256;

#[test]
fn every_length_around_the_blocks() {
    let bytes: Vec<u8> = (0..1000u32).map(|i| (i * 7 + i / 256) as u8).collect();
    for len in 0..bytes.len() {
        assert_eq!(keccak256(&bytes[..len]), alloy_primitives::keccak256(&bytes[..len]).0, "{len} bytes");
    }
}

proptest! {
    #[test]
    fn any_bytes_at_any_alignment(bytes in prop::collection::vec(any::<u8>(), 0..700), skipped in 0usize..8) {
        let bytes = bytes.get(skipped..).unwrap_or_default();
        prop_assert_eq!(keccak256(bytes), alloy_primitives::keccak256(bytes).0);
    }
}
