//! Boot values: where they come from, and what is said of bad ones.

mod common;

use common::FakeOracle;
use serde_json::json;
use tribunal_preimage::{
    PreimageKey, PreimageOracleError,
    local_key::{
        L2_CHAIN_ID,
        kona::{CUSTOM_L1, L1_CONFIG, ROLLUP_CONFIG},
    },
};
use tribunal_proof::{BootInfo, ProofError};
use tribunal_rollup::{RollupError, registry};

fn known_chain() -> FakeOracle {
    let mut oracle = FakeOracle::default();
    for number in 1..=3u8 {
        oracle.set_local(number.into(), [number; 32]);
    }
    oracle.set_local(4, 77u64.to_be_bytes());
    oracle.set_local(L2_CHAIN_ID, 10u64.to_be_bytes());
    oracle
}

fn own_chain() -> FakeOracle {
    let mut oracle = known_chain();
    oracle.set_local(L2_CHAIN_ID, 0u64.to_be_bytes());
    let rollup = json!({
        "genesis": {
            "l1": { "hash": format!("0x{:064x}", 1), "number": 5 },
            "l2": { "hash": format!("0x{:064x}", 2), "number": 0 },
            "l2_time": 1_700_000_000,
            "system_config": {
                "batcherAddr": format!("0x{:040x}", 3),
                "overhead": format!("0x{:064x}", 0),
                "scalar": format!("0x{:064x}", 1),
                "gasLimit": 30_000_000
            }
        },
        "block_time": 2,
        "max_sequencer_drift": 600,
        "seq_window_size": 3600,
        "channel_timeout": 300,
        "l1_chain_id": 777_777,
        "l2_chain_id": 888_888,
        "regolith_time": 0,
        "canyon_time": 0,
        "batch_inbox_address": format!("0x{:040x}", 4),
        "deposit_contract_address": format!("0x{:040x}", 5),
        "l1_system_config_address": format!("0x{:040x}", 6),
        "protocol_versions_address": format!("0x{:040x}", 0),
        "chain_op_config": { "eip1559Elasticity": 6, "eip1559Denominator": 50, "eip1559DenominatorCanyon": 250 }
    });
    oracle.set_local(ROLLUP_CONFIG, rollup.to_string());
    let l1 = json!({
        "chainId": 777_777,
        "cancunTime": 0,
        "pragueTime": 1_700_000_100,
        "blobSchedule": {
            "cancun": { "target": 3, "max": 6, "baseFeeUpdateFraction": 3_338_477 },
            "prague": { "target": 6, "max": 9, "baseFeeUpdateFraction": 5_007_716 }
        }
    });
    oracle.set_local(L1_CONFIG, l1.to_string());
    oracle
}

#[test]
fn a_known_chain_needs_no_configs() {
    let oracle = known_chain();
    let boot = BootInfo::load(&oracle).unwrap();
    assert_eq!(boot.l1_head, [1; 32]);
    assert_eq!(boot.agreed_output_root, [2; 32]);
    assert_eq!(boot.claimed_output_root, [3; 32]);
    assert_eq!((boot.claimed_block_number, boot.chain_id), (77, 10));
    assert_eq!((boot.rollup_config.l2_chain_id, boot.rollup_config.l1_chain_id), (10, 1));
    assert_eq!(oracle.times(PreimageKey::new_local(ROLLUP_CONFIG)), 0);
    assert_eq!(oracle.times(PreimageKey::new_local(L1_CONFIG)), 0);
}

#[test]
fn a_chain_that_cannot_be_derived_is_refused_with_the_reason() {
    let mut oracle = known_chain();
    oracle.set_local(L2_CHAIN_ID, 252u64.to_be_bytes());
    let error = BootInfo::load(&oracle).unwrap_err();
    assert_eq!(
        error.to_string(),
        "chain 252 (Fraxtal) is not supported: its data is not on L1 (data availability alt-da)"
    );
}

#[test]
fn any_other_chain_brings_its_own() {
    let boot = BootInfo::load(&own_chain()).unwrap();
    assert_eq!(boot.chain_id, 0);
    assert_eq!(boot.rollup_config.l2_chain_id, 888_888);
    assert_eq!(boot.rollup_config.block_time, 2);
    assert_eq!(boot.rollup_config.genesis.l1.number, 5);
}

/// A rollup of its own on Sepolia.
fn own_rollup_on_sepolia() -> FakeOracle {
    let mut oracle = own_chain();
    let json = oracle.local(ROLLUP_CONFIG);
    let mut rollup: serde_json::Value = serde_json::from_slice(&json).unwrap();
    rollup["l1_chain_id"] = json!(11_155_111);
    oracle.set_local(ROLLUP_CONFIG, rollup.to_string());
    let l1 = json!({
        "chainId": 11_155_111,
        "cancunTime": 7,
        "blobSchedule": { "cancun": { "target": 3, "max": 6, "baseFeeUpdateFraction": 3_338_477 } }
    });
    oracle.set_local(L1_CONFIG, l1.to_string());
    oracle
}

/// As with kona-host: the program cannot tell whether the host has an L1 config.
#[test]
fn an_l1_that_is_built_in_needs_no_config() {
    let oracle = own_rollup_on_sepolia();
    let boot = BootInfo::load(&oracle).unwrap();
    assert_eq!(*boot.l1_config, registry::l1_config(11_155_111).unwrap());
    assert_eq!(oracle.times(PreimageKey::new_local(L1_CONFIG)), 0);
}

#[test]
fn an_l1_config_that_is_announced_is_used() {
    let mut oracle = own_rollup_on_sepolia();
    oracle.set_local(L2_CHAIN_ID, CUSTOM_L1.to_be_bytes());
    let boot = BootInfo::load(&oracle).unwrap();
    assert_eq!(boot.l1_config.blob_params(6), None);
    assert!(boot.l1_config.blob_params(7).is_some());
}

#[test]
fn chain_ids_that_contradict_each_other_are_named() {
    let mut oracle = own_chain();
    oracle.set_local(L2_CHAIN_ID, 888_889u64.to_be_bytes());
    let error = BootInfo::load(&oracle).unwrap_err().to_string();
    assert!(
        error.contains("888889 in the claim") && error.contains("888888 in the rollup config"),
        "{error}"
    );

    let mut oracle = own_chain();
    let l1 = String::from_utf8(oracle.local(L1_CONFIG)).unwrap();
    oracle.set_local(L1_CONFIG, l1.replace("777777", "777778"));
    let error = BootInfo::load(&oracle).unwrap_err().to_string();
    assert!(
        error.contains("777777 in the rollup config") && error.contains("777778 in the L1 config"),
        "{error}"
    );
}

#[test]
fn an_unknown_chain_is_named_with_the_config_that_it_needs() {
    let mut oracle = known_chain();
    oracle.set_local(L2_CHAIN_ID, 999_999u64.to_be_bytes());
    let error = BootInfo::load(&oracle).unwrap_err();
    let unknown = RollupError::UnknownChain { chain_id: 999_999 };
    assert!(
        matches!(&error, ProofError::NoConfig { reason, index: 6, .. } if **reason == unknown),
        "{error}"
    );
    assert!(
        error.to_string().contains("L2 chain id 999999 is not in the registry: give its rollup config"),
        "{error}"
    );

    let mut oracle = own_chain();
    oracle.remove_local(L1_CONFIG);
    let error = BootInfo::load(&oracle).unwrap_err();
    let unknown = RollupError::UnknownL1 { chain_id: 777_777 };
    assert!(
        matches!(&error, ProofError::NoConfig { reason, index: 7, .. } if **reason == unknown),
        "{error}"
    );
}

#[test]
fn a_value_that_is_missing_or_of_another_length_is_named() {
    for number in 1..=5 {
        let key = PreimageKey::new_local(number);
        let mut oracle = known_chain();
        let right = if number < 4 { 32 } else { 8 };
        for length in [0, right - 1, right + 1, 100] {
            oracle.set_local(number, vec![0; length]);
            let error = BootInfo::load(&oracle).unwrap_err();
            let named = match &error {
                ProofError::Oracle(error) => error.key() == Some(key),
                ProofError::Boot { index, .. } => *index == number,
                _ => false,
            };
            assert!(named, "{length} bytes for {number}: {error}");
        }
        oracle.remove_local(number);
        let error = BootInfo::load(&oracle).unwrap_err();
        assert_eq!(error.oracle_error(), Some(&PreimageOracleError::Missing(key)));
    }
}

#[test]
fn a_config_that_is_none_is_named() {
    for (number, name) in [(ROLLUP_CONFIG, "rollup config"), (L1_CONFIG, "L1 config")] {
        let mut oracle = own_chain();
        for json in ["", "{", "{}", "[]", "null", "7", "\u{feff}{}", "{\"l2_chain_id\":\"x\"}"] {
            oracle.set_local(number, json);
            let error = BootInfo::load(&oracle).unwrap_err();
            assert!(
                matches!(&error, ProofError::Boot { name: named, index, .. } if *named == name && *index == number),
                "{json}: {error:?}"
            );
            assert!(error.to_string().contains(&format!("local key {number}")));
        }
        oracle.set_local(number, [0xff, 0xfe]);
        assert!(matches!(BootInfo::load(&oracle), Err(ProofError::Boot { .. })));
        oracle.remove_local(number);
        let error = BootInfo::load(&oracle).unwrap_err();
        assert_eq!(error.oracle_error(), Some(&PreimageOracleError::Missing(PreimageKey::new_local(number))));
    }
}
