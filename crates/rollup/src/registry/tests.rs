use alloc::{string::ToString, vec::Vec};

use super::*;
use crate::EcotoneScalars;

/// Ids of all rows, derivable or not.
fn ids() -> Vec<u64> {
    let unsupported = SUPERCHAINS.iter().flat_map(|superchain| superchain.unsupported).map(|chain| chain.id);
    rollups().map(|(id, _)| id).chain(unsupported).collect()
}

#[test]
fn every_chain_is_valid_and_its_l1_is_known() {
    for (id, name) in rollups() {
        let config = rollup_config(id).unwrap();
        assert_eq!(config.l2_chain_id, id);
        assert_eq!(config.validate(), Ok(()), "{name}");
        assert!(l1_config(config.l1_chain_id).is_some(), "{name}");
    }
}

#[test]
fn no_id_has_two_rows() {
    let mut ids = ids();
    let rows = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), rows);
}

#[test]
fn a_chain_without_config_is_an_error_that_says_why() {
    assert_eq!(rollup_config(1), Err(RollupError::UnknownChain { chain_id: 1 }));
    let error = rollup_config(252).unwrap_err();
    assert_eq!(
        error.to_string(),
        "chain 252 (Fraxtal) is not supported: its data is not on L1 (data availability alt-da)"
    );
}

#[test]
fn names_are_of_chains_in_the_registry() {
    let ids = ids();
    for (name, id) in names::NAMES {
        assert!(ids.contains(&id), "{name}");
        assert_eq!(chain_id(name), Some(id));
    }
    assert_eq!(chain_id("sepolia"), None);
}

/// A fork of Base that was scheduled after it left the registry would be unknown.
#[test]
fn a_chain_that_left_the_registry_has_rules_until_then() {
    let time = 1_777_315_046; // 2026-04-27, 18:37:26 UTC
    for id in [8453, 84532] {
        let config = rollup_config(id).unwrap();
        // As the host serves it, and the client reads it, beside an L1 config that is given.
        let served = RollupConfig::from_json(&serde_json::to_vec(&config).unwrap()).unwrap();
        for config in [config, served] {
            assert_eq!(config.require_supported(time - 1), Ok(()));
            for timestamp in [time, REVISION_TIME] {
                let ended = RollupError::LeftRegistry { time, timestamp };
                assert_eq!(config.require_supported(timestamp), Err(ended.clone()));
                assert_eq!(config.require_known_forks(timestamp), Err(ended));
            }
        }
    }
    assert_eq!(rollup_config(10).unwrap().require_supported(REVISION_TIME), Ok(()));
}

#[test]
fn op_mainnet() {
    let config = rollup_config(10).unwrap();
    assert_eq!(config.genesis.system_config.scalar, U256::from(684_000));
    assert_eq!(config.forks.get(Fork::Karst), Some(1_783_526_401));
    assert!(config.keep_karst_upgrade_gas);
    assert!(config.is_first_canyon_block(1_704_992_401));
    assert!(!config.is_first_canyon_block(1_704_992_403));
    assert!(!config.is_first_regolith_block(0));
}

#[test]
fn unichain_starts_with_ecotone_scalars() {
    let config = rollup_config(130).unwrap().genesis.system_config;
    let scalars = EcotoneScalars { base_fee_scalar: 2000, blob_base_fee_scalar: 900_000 };
    assert_eq!(config.ecotone_scalars(), Some(scalars));
}
