//! Step proofs: none makes the checker panic.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tribunal_vm::{StepProof, check_step};

fuzz_target!(|json: &[u8]| {
    if let Ok(proof) = serde_json::from_slice::<StepProof>(json) {
        let _ = check_step(&proof);
    }
});
