//! Configurations written by op-node, geth and Kona, for chains we know and for chains we do not.

use std::fs;

use tribunal_fixtures::{fixture, folders};
use tribunal_rollup::{Fork, L1ChainConfig, RollupConfig, registry};

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

        let l1 = L1ChainConfig::from_json(&fs::read(devnet.join("l1-genesis-config.json")).unwrap()).unwrap();
        assert_eq!(l1.chain_id, op_node.l1_chain_id);
        assert!(l1.blob_params(u64::MAX).is_some());
        assert_eq!(op_node.require_supported(u64::MAX), Ok(()));
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
