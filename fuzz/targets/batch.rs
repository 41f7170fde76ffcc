//! One batch of either kind: what was read of a singular one is written back, a span batch makes as many blocks as it says.
#![no_main]

use alloy_primitives::Bytes;
use libfuzzer_sys::fuzz_target;
use tribunal_rollup::batch::RawBatch;

fuzz_target!(|data: &[u8]| {
    match RawBatch::decode(&Bytes::copy_from_slice(data)) {
        Ok(RawBatch::Singular(batch)) => assert!(data.starts_with(&batch.encode())),
        Ok(RawBatch::Span(batch)) => {
            if let Ok(span) = batch.derive(2, 1_700_000_000, 10) {
                assert!(!span.batches.is_empty());
            }
        }
        Err(_) => {}
    }
});
