//! Claims that the agreed block alone decides, and agreed outputs that are invalid.

mod common;

use alloy_consensus::Header;
use alloy_primitives::B256;
use common::FakeOracle;
use tribunal_mpt::ProviderError;
use tribunal_preimage::{PreimageKey, PreimageOracleError};
use tribunal_proof::{BootInfo, ProofError, Silent, Verdict, derive_verdict};
use tribunal_rollup::{OutputRoot, RollupError};

/// After Isthmus of OP Mainnet.
const TIMESTAMP: u64 = 1_760_000_001;
/// The block of OP Mainnet with that timestamp.
const NUMBER: u64 = 105_235_063 + (TIMESTAMP - 1_686_068_903) / 2;

fn header() -> Header {
    Header {
        number: NUMBER,
        timestamp: TIMESTAMP,
        state_root: [5; 32].into(),
        transactions_root: [4; 32].into(),
        withdrawals_root: Some([6; 32].into()),
        base_fee_per_gas: Some(1),
        blob_gas_used: Some(0),
        excess_blob_gas: Some(0),
        parent_beacon_block_root: Some([7; 32].into()),
        requests_hash: Some([8; 32].into()),
        ..Header::default()
    }
}

/// An oracle that agrees on this header, with an output that may contradict it; and the output root.
fn agreed_on(header: &Header, change: impl FnOnce(&mut OutputRoot)) -> (FakeOracle, B256) {
    let mut oracle = FakeOracle::default();
    let block_hash = oracle.add(&alloy_rlp::encode(header));
    let mut output = OutputRoot {
        state_root: header.state_root,
        withdrawals_storage_root: header.withdrawals_root.unwrap_or_default(),
        block_hash,
    };
    change(&mut output);
    let root = oracle.add(&output.encode());
    (oracle, root)
}

fn claim(mut oracle: FakeOracle, agreed: B256, claimed: B256, number: u64) -> Result<Verdict, ProofError> {
    oracle.set_local(1, [1; 32]);
    oracle.set_local(2, agreed);
    oracle.set_local(3, claimed);
    oracle.set_local(4, number.to_be_bytes());
    oracle.set_local(5, 10u64.to_be_bytes());
    let boot = BootInfo::load(&oracle)?;
    derive_verdict(&oracle, boot, &mut Silent)
}

#[test]
fn the_agreed_root_for_the_agreed_block_is_true() {
    let (oracle, root) = agreed_on(&header(), |_| {});
    let verdict = claim(oracle, root, root, NUMBER).unwrap();
    assert!(verdict.valid);
    assert_eq!(verdict.outcome.output_root, root);
    assert_eq!((verdict.outcome.number, verdict.outcome.hash), (NUMBER, header().hash_slow()));
    assert_eq!((verdict.outcome.l1_blocks, verdict.outcome.l2_blocks, verdict.outcome.gas_used), (0, 0, 0));
}

/// The first byte of a hash is no part of a pre-image key, so the right pre-image is found.
#[test]
fn an_agreed_root_with_another_first_byte_is_refused() {
    let (oracle, root) = agreed_on(&header(), |_| {});
    let mut other = root;
    other[0] ^= 1;
    let error = claim(oracle, other, other, NUMBER).unwrap_err();
    assert!(matches!(error, ProofError::Boot { index: 2, .. }), "{error}");
    assert!(error.to_string().contains(&root.to_string()), "{error}");
}

#[test]
fn any_other_root_for_it_is_false() {
    let (oracle, root) = agreed_on(&header(), |_| {});
    assert!(!claim(oracle, root, B256::repeat_byte(9), NUMBER).unwrap().valid);
}

#[test]
fn a_number_before_it_is_false_with_any_root() {
    for number in [0, 1, NUMBER - 1] {
        for other in [None, Some(B256::repeat_byte(9))] {
            let (oracle, root) = agreed_on(&header(), |_| {});
            let verdict = claim(oracle, root, other.unwrap_or(root), number).unwrap();
            assert!(!verdict.valid);
            assert_eq!(verdict.claimed_number, number);
        }
    }
}

/// A later number needs L1, and the first L2 transaction for the L1 origin: without them the claim is undecided.
#[test]
fn a_number_after_it_needs_derivation() {
    for number in [NUMBER + 1, u64::MAX] {
        let (oracle, root) = agreed_on(&header(), |_| {});
        let error = claim(oracle, root, root, number).unwrap_err();
        assert!(matches!(error.oracle_error(), Some(PreimageOracleError::Missing(_))), "{error}");
    }
}

#[test]
fn an_output_that_does_not_fit_its_block_is_refused() {
    let changes: [fn(&mut OutputRoot); 2] =
        [|output| output.state_root = B256::ZERO, |output| output.withdrawals_storage_root = B256::ZERO];
    for change in changes {
        let (oracle, root) = agreed_on(&header(), change);
        let error = claim(oracle, root, root, NUMBER).unwrap_err();
        assert!(
            matches!(&error, ProofError::AgreedOutput { output_root, .. } if *output_root == root),
            "{error}"
        );
    }
    let (oracle, root) = agreed_on(&header(), |output| output.block_hash = B256::repeat_byte(3));
    let error = claim(oracle, root, root, NUMBER).unwrap_err();
    let key = PreimageKey::new_keccak256([3; 32]);
    assert_eq!(error.oracle_error(), Some(&PreimageOracleError::Missing(key)));
}

/// Before Isthmus the header has no withdrawals storage root to compare with.
#[test]
fn before_isthmus_only_the_state_root_can_be_compared() {
    let blocks = 25_000_000;
    let before = Header { number: NUMBER - blocks, timestamp: TIMESTAMP - 2 * blocks, ..header() };
    let (oracle, root) = agreed_on(&before, |output| output.withdrawals_storage_root = B256::ZERO);
    assert!(claim(oracle, root, root, NUMBER - blocks).unwrap().valid);
}

/// With another number the same header is of another chain, or the config is.
#[test]
fn a_block_that_no_chain_of_the_config_has_is_refused() {
    for other in [
        Header { number: NUMBER + 1, ..header() },
        Header { timestamp: TIMESTAMP + 1, ..header() },
        Header { number: 5, ..header() },
    ] {
        let (oracle, root) = agreed_on(&other, |_| {});
        for number in [other.number - 1, other.number, other.number + 1] {
            let error = claim(oracle.clone(), root, root, number).unwrap_err();
            assert!(matches!(&error, ProofError::Config(RollupError::Genesis { .. })), "{error}");
        }
    }
}

#[test]
fn malformed_outputs_and_headers_are_named() {
    for bytes in [&[][..], &[0; 127], &[0; 129], &[1; 128]] {
        let mut oracle = FakeOracle::default();
        let root = oracle.add(bytes);
        let error = claim(oracle, root, root, NUMBER).unwrap_err();
        assert!(matches!(&error, ProofError::Malformed { hash, .. } if *hash == root), "{error}");
    }
    let mut trailing = alloy_rlp::encode(header());
    trailing.push(0);
    for bytes in [&[][..], &[0xc0], &[0xf9, 0xff, 0xff], &trailing] {
        let mut oracle = FakeOracle::default();
        let block_hash = oracle.add(bytes);
        let output = OutputRoot { state_root: B256::ZERO, withdrawals_storage_root: B256::ZERO, block_hash };
        let root = oracle.add(&output.encode());
        let error = claim(oracle, root, root, NUMBER).unwrap_err();
        assert!(matches!(&error, ProofError::Malformed { hash, .. } if *hash == block_hash), "{error}");
    }
}

/// The oracle's error is found at any depth, so that messages name the key.
#[test]
fn the_oracle_is_found_under_every_layer() {
    let missing = || PreimageOracleError::Missing(PreimageKey::new_keccak256([1; 32]));
    let boxed = || -> ProviderError { missing().into() };
    let nested: ProviderError = ProofError::Oracle(missing()).into();
    let trie = tribunal_mpt::TrieError::Provider { hash: B256::ZERO, source: boxed() };
    let errors = [
        ProofError::Oracle(missing()),
        ProofError::Provider(boxed()),
        ProofError::Provider(nested),
        ProofError::Trie { what: "test", block: B256::ZERO, source: trie },
    ];
    for error in errors {
        assert_eq!(error.oracle_error(), Some(&missing()), "{error:?}");
    }
}
