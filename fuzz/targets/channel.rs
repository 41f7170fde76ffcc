//! The data of a channel: it decompresses to no more than the limit, and yields a finite list of batches.
#![no_main]

use alloy_primitives::Bytes;
use libfuzzer_sys::fuzz_target;
use tribunal_rollup::batch::BatchReader;

const LIMIT: u64 = 1 << 20;

fuzz_target!(|data: &[u8]| {
    for fjord in [false, true] {
        let Ok(mut reader) = BatchReader::new(Bytes::copy_from_slice(data), LIMIT, fjord) else { continue };
        let mut batches = 0;
        while let Ok(Some(_)) = reader.next_batch() {
            batches += 1;
            assert!(batches <= LIMIT);
        }
    }
});
