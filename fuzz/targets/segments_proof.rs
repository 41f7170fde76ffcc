//! Proofs of runs: none makes the reader or the verifier panic, and none that is not known is valid.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use tribunal_zkvm::{RunProof, Setup, stark::Parameters};

static FAST: LazyLock<Setup> = LazyLock::new(|| Setup::new(&Parameters::FAST));

fuzz_target!(|bytes: &[u8]| {
    // Most inputs would not get past the first line.
    let headed = [RunProof::HEADER, b"\x01", bytes].concat();
    for bytes in [bytes, &headed[..]] {
        if let Ok((proof, _)) = RunProof::from_bytes(bytes) {
            assert!(proof.verify(&FAST).is_err(), "a proof from nowhere is valid");
        }
    }
});
