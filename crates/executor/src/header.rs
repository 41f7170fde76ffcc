//! The header fields that follow from attributes and parent.

use alloy_consensus::{EMPTY_OMMER_ROOT_HASH, Header, Sealed};
use alloy_eips::eip7685::EMPTY_REQUESTS_HASH;
use op_alloy_rpc_types_engine::OpPayloadAttributes;
use tribunal_mpt::{EMPTY_ROOT, ordered};
use tribunal_rollup::RollupConfig;

use crate::{ExecutorError, InvalidBlock, base_fee};

/// The largest gas limit of any block, 2^63 - 1.
const MAX_GAS_LIMIT: u64 = i64::MAX as u64;

/// The header with the fields that are known before execution. Those that follow from execution (gas used, roots of
/// state, receipts and withdrawals, bloom, data footprint) are empty.
pub(crate) fn begin(
    config: &RollupConfig,
    parent: &Sealed<Header>,
    attributes: &OpPayloadAttributes,
) -> Result<Header, ExecutorError> {
    let payload = &attributes.payload_attributes;
    let timestamp = payload.timestamp;
    check(config, parent, attributes)?;
    let ecotone = config.is_ecotone_active(timestamp).then_some(0);
    Ok(Header {
        parent_hash: parent.seal(),
        ommers_hash: EMPTY_OMMER_ROOT_HASH,
        beneficiary: payload.suggested_fee_recipient,
        transactions_root: ordered::root(attributes.transactions.as_deref().unwrap_or_default()),
        number: parent.number.saturating_add(1),
        gas_limit: attributes.gas_limit.unwrap_or_default(),
        timestamp,
        extra_data: base_fee::extra_data(
            config,
            timestamp,
            attributes.eip_1559_params,
            attributes.min_base_fee,
        )?,
        mix_hash: payload.prev_randao,
        base_fee_per_gas: Some(base_fee::next_base_fee(config, parent, timestamp)?),
        withdrawals_root: config.is_canyon_active(timestamp).then_some(EMPTY_ROOT),
        blob_gas_used: ecotone,
        excess_blob_gas: ecotone,
        parent_beacon_block_root: payload.parent_beacon_block_root,
        requests_hash: config.is_isthmus_active(timestamp).then_some(EMPTY_REQUESTS_HASH),
        ..Header::default()
    })
}

fn check(
    config: &RollupConfig,
    parent: &Sealed<Header>,
    attributes: &OpPayloadAttributes,
) -> Result<(), InvalidBlock> {
    let payload = &attributes.payload_attributes;
    let timestamp = payload.timestamp;
    if timestamp <= parent.timestamp {
        return Err(InvalidBlock::Timestamp { timestamp, parent: parent.timestamp });
    }
    let has_beacon_root = payload.parent_beacon_block_root.is_some();
    let complaint = match attributes.gas_limit {
        None => Some("no gas limit"),
        Some(limit) if limit > MAX_GAS_LIMIT => Some("the gas limit is out of range"),
        _ if has_beacon_root && !config.is_ecotone_active(timestamp) => Some("a beacon root before Ecotone"),
        _ if !has_beacon_root && config.is_ecotone_active(timestamp) => Some("no beacon root"),
        _ if payload.withdrawals.as_ref().is_some_and(|list| !list.is_empty()) => Some("withdrawals"),
        _ => None,
    };
    complaint.map_or(Ok(()), |complaint| Err(InvalidBlock::Attributes(complaint)))
}
