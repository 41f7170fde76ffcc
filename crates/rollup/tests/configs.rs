//! Configs written by op-node, geth and Kona, of chains that are built in and of others.

use std::fs;

use alloy_consensus::Header;
use tribunal_fixtures::{fixture, folders};
use tribunal_rollup::{BlockInfo, Fork, L1ChainConfig, RollupConfig, RollupError, registry};

#[test]
fn devnets_read_the_same_in_both_forms() {
    let Some(devnets) = fixture("devnets") else { return };
    for devnet in folders(&devnets) {
        let read = |name: &str| RollupConfig::from_json(&fs::read(devnet.join(name)).unwrap()).unwrap();
        let (op_node, kona) = (read("rollup-op-node.json"), read("rollup.json"));
        assert!(registry::rollup_config(op_node.l2_chain_id).is_err());
        assert_eq!(op_node, kona, "{devnet:?}");
        let again = serde_json::to_vec(&kona).unwrap();
        assert_eq!(RollupConfig::from_json(&again), Ok(kona), "{devnet:?}");

        let json = fs::read(devnet.join("l1-genesis-config.json")).unwrap();
        let l1 = L1ChainConfig::from_json(&json).unwrap();
        assert_eq!(L1ChainConfig::unknown_fields(&json), [""; 0]);
        for name in ["rollup.json", "rollup-op-node.json"] {
            assert_eq!(
                RollupConfig::unknown_fields(&fs::read(devnet.join(name)).unwrap()),
                [""; 0],
                "{name}"
            );
        }
        assert_eq!(l1.chain_id, op_node.l1_chain_id);
        assert!(l1.blob_params(u64::MAX).is_some());
        assert_eq!(op_node.require_supported(u64::MAX), Ok(()));
        assert_eq!(l1.require_known_forks(u64::MAX), Ok(()));
    }
}

/// geth refuses these L1 configs, and op-node those without any schedule.
#[test]
fn an_l1_fork_without_blob_parameters_is_refused() {
    let Some(folder) = fixture("faults/l1-config-without-schedule") else { return };
    for (name, fork) in [("jovian-1", "cancun"), ("karst-1", "cancun")] {
        let json = fs::read(folder.join(format!("{name}-without-blobSchedule.json"))).unwrap();
        assert_eq!(L1ChainConfig::from_json(&json), Err(RollupError::NoBlobSchedule { fork }), "{name}");
    }
}

#[test]
fn an_unknown_fork_is_kept() {
    let Some(folder) = fixture("faults/unknown-fork") else { return };
    let json = fs::read(folder.join("rollup-with-zeus_time-0.json")).unwrap();
    let config = RollupConfig::from_json(&json).unwrap();
    let error = config.require_supported(config.genesis.l2_time).unwrap_err();
    assert!(error.to_string().contains("`zeus_time`: 0"), "{error}");
    assert_eq!(RollupConfig::unknown_fields(&json), ["zeus_time"]);
}

/// Real blocks pass the conditions on the genesis, also of OP Mainnet, whose first block is not block 0.
#[test]
fn real_blocks_fit_the_genesis_of_their_chain() {
    let Some(blocks) = fixture("l2-blocks") else { return };
    for block in folders(&blocks) {
        let fixture: serde_json::Value =
            serde_json::from_slice(&fs::read(block.join("fixture.json")).unwrap()).unwrap();
        let chain_id = fixture["rollup_config"]["l2_chain_id"].as_u64().unwrap();
        let header: Header = serde_json::from_value(fixture["parent_header"].clone()).unwrap();
        let parent = BlockInfo {
            hash: header.hash_slow(),
            number: header.number,
            parent_hash: header.parent_hash,
            timestamp: header.timestamp,
        };
        let config = registry::rollup_config(chain_id).unwrap();
        assert_eq!(config.require_l2_block(&parent), Ok(()), "{block:?}");
        let later = BlockInfo { number: parent.number + 1, ..parent };
        assert!(config.require_l2_block(&later).is_err(), "{block:?}");
    }
}

#[test]
fn known_chains_are_what_kona_recorded() {
    let Some(blocks) = fixture("l2-blocks") else { return };
    for block in folders(&blocks) {
        let fixture: serde_json::Value =
            serde_json::from_slice(&fs::read(block.join("fixture.json")).unwrap()).unwrap();
        let recorded: RollupConfig = serde_json::from_value(fixture["rollup_config"].clone()).unwrap();
        let mut known = registry::rollup_config(recorded.l2_chain_id).unwrap();
        // The recordings are older than the later forks.
        for fork in Fork::ALL {
            if fork >= Fork::Isthmus && recorded.forks.get(fork).is_none() {
                known.forks.set(fork, None);
            }
        }
        known.keep_karst_upgrade_gas = false;
        if recorded.pectra_blob_schedule_time.is_none() {
            known.pectra_blob_schedule_time = None;
        }
        assert_eq!(recorded, known, "{block:?}");
    }
}
