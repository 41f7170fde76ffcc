//! The checker accepts every proof that the machine makes, and none that was changed.

use super::*;
use crate::testing::{machine, state};
use alloy_primitives::Bytes;
use proptest::prelude::*;

/// The machine's proof of the next step; `None` if that step is invalid.
fn prove(start: (crate::State, Vec<u8>)) -> Option<StepProof> {
    machine(start).prove_step().ok()
}

/// The number of parts of a proof that [`spoil`] can change.
const PARTS: usize = 5;

/// The proof with one bit flipped: bit `bit` of the byte that `at` chooses, in the part with the number `part`.
fn spoil(proof: &StepProof, part: usize, at: prop::sample::Index, bit: u8) -> StepProof {
    let mut spoilt = proof.clone();
    let flip = |bytes: &Bytes| {
        let mut bytes = bytes.to_vec();
        if !bytes.is_empty() {
            *at.get_mut(&mut bytes) ^= 1 << bit;
        }
        Bytes::from(bytes)
    };
    match part {
        0 => spoilt.pre[at.index(32)] ^= 1 << bit,
        1 => spoilt.post[at.index(32)] ^= 1 << bit,
        2 => spoilt.step ^= 1 << bit,
        3 => spoilt.state_data = flip(&proof.state_data),
        _ => spoilt.proof_data = flip(&proof.proof_data),
    }
    spoilt
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn proofs_of_the_machine_are_valid(start in state()) {
        if let Some(proof) = prove(start) {
            check_step(&proof).map_err(|error| TestCaseError::fail(error.to_string()))?;
            let text = serde_json::to_string(&proof).unwrap();
            prop_assert_eq!(serde_json::from_str::<StepProof>(&text).unwrap(), proof);
        }
    }

    #[test]
    fn invalid_steps_are_refused_with_the_error_of_the_machine(start in state()) {
        // The machine makes no proof of an invalid step, so this puts one together. Its Merkle proofs of words are
        // zeros.
        let mut machine = machine(start);
        let witness = machine.witness();
        let mut data = machine.state().thread_proof().unwrap().to_vec();
        let pc = machine.state().current_thread().unwrap().cpu.pc;
        data.extend(machine.memory_proof(pc));
        data.extend([0; 2 * crate::memory::PROOF_BYTES]);
        let step = machine.state().step;
        let Err(error) = machine.step() else { return Ok(()) };
        if error.fault.is_guest_fault() && !matches!(error.fault, Fault::PreimageOffset { .. }) {
            let proof = StepProof {
                step, pre: witness.hash(), post: B256::ZERO, state_data: witness.0.into(), proof_data: data.into(),
                oracle_key: None, oracle_value: None, oracle_offset: 0,
            };
            let found = check_step(&proof).unwrap_err();
            let is_same = found.to_string().contains(&error.fault.to_string());
            // A step that accesses memory already fails at the Merkle proof.
            prop_assert!(is_same || matches!(found, CheckError::Memory { .. }), "{} {}", found, error);
        }
    }
}

proptest! {
    #[test]
    fn changed_proofs_are_refused(start in state(), part in 0..PARTS, at: prop::sample::Index, bit in 0_u8..8) {
        if let Some(proof) = prove(start) {
            let spoilt = spoil(&proof, part, at, bit);
            // A Merkle proof is only checked if the step uses it.
            let is_merkle_proof =
                part == PARTS - 1 && at.index(proof.proof_data.len()) >= crate::THREAD_BYTES + 32;
            prop_assert!(check_step(&spoilt).is_err() || is_merkle_proof);
        }
    }

    #[test]
    fn no_proof_makes_the_checker_panic(
        start in state(), changes in prop::collection::vec((0..PARTS, any::<prop::sample::Index>(), 0_u8..8), 1..8),
        key in prop::option::of(prop::collection::vec(any::<u8>(), 0..40)), offset: u64,
    ) {
        if let Some(mut proof) = prove(start) {
            for (part, at, bit) in changes {
                proof = spoil(&proof, part, at, bit);
            }
            proof.oracle_key = key.clone().map(Bytes::from);
            proof.oracle_value = key.map(Bytes::from);
            proof.oracle_offset = offset;
            let _ = check_step(&proof);
        }
    }
}
