//! The environment of a block's transactions.

use alloy_consensus::Header;
use alloy_primitives::U256;
use op_revm::OpSpecId;
use revm::{
    context::{BlockEnv, CfgEnv},
    context_interface::block::BlobExcessGasAndPrice,
};
use tribunal_rollup::RollupConfig;

/// Price of blob gas on L2, in wei. L2 has no blobs, and the blob fields of the header do not change the price.
const BLOB_BASE_FEE: u128 = 1;

/// The EVM's rules at `timestamp`.
pub(crate) const fn spec(config: &RollupConfig, timestamp: u64) -> OpSpecId {
    if config.is_karst_active(timestamp) {
        OpSpecId::KARST
    } else if config.is_jovian_active(timestamp) {
        OpSpecId::JOVIAN
    } else if config.is_isthmus_active(timestamp) {
        OpSpecId::ISTHMUS
    } else if config.is_holocene_active(timestamp) {
        OpSpecId::HOLOCENE
    } else if config.is_granite_active(timestamp) {
        OpSpecId::GRANITE
    } else if config.is_fjord_active(timestamp) {
        OpSpecId::FJORD
    } else if config.is_ecotone_active(timestamp) {
        OpSpecId::ECOTONE
    } else if config.is_canyon_active(timestamp) {
        OpSpecId::CANYON
    } else if config.is_regolith_active(timestamp) {
        OpSpecId::REGOLITH
    } else {
        OpSpecId::BEDROCK
    }
}

pub(crate) fn configuration(config: &RollupConfig, spec: OpSpecId) -> CfgEnv<OpSpecId> {
    CfgEnv::new_with_spec(spec).with_chain_id(config.l2_chain_id)
}

/// The block environment, from the header that is being built.
pub(crate) fn block(header: &Header) -> BlockEnv {
    BlockEnv {
        number: U256::from(header.number),
        beneficiary: header.beneficiary,
        timestamp: U256::from(header.timestamp),
        gas_limit: header.gas_limit,
        basefee: header.base_fee_per_gas.unwrap_or_default(),
        difficulty: U256::ZERO,
        prevrandao: Some(header.mix_hash),
        blob_excess_gas_and_price: Some(BlobExcessGasAndPrice {
            excess_blob_gas: 0,
            blob_gasprice: BLOB_BASE_FEE,
        }),
        ..BlockEnv::default()
    }
}
