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
