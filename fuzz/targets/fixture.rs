//! Fixture files: a stream of records, compressed or not, and the JSON of claims.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::path::Path;
use tribunal_host::{fixture, parse_claims};

fuzz_target!(|data: &[u8]| {
    let path = Path::new("fuzz");
    let _ = fixture::parse(path, data);
    // Mutations of compressed data seldom get past the checksum: records are also tried as such.
    if let Ok(compressed) = zstd::bulk::compress(data, 1) {
        let _ = fixture::parse(path, &compressed);
    }
    let _ = parse_claims(path, data);
});
