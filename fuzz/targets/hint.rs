//! Hint strings: what parses is written back as it was, but for the case of its digits.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tribunal_preimage::Hint;

fuzz_target!(|text: &[u8]| {
    if let Ok(hint) = Hint::parse(text) {
        assert_eq!(hint.encode(), text.to_ascii_lowercase());
    }
});
