//! The attributes queue: makes the payload attributes of an L2 block from its batch.
//! See the [specification](https://specs.optimism.io/protocol/derivation.html#payload-attributes-derivation).

use alloc::vec::Vec;

use alloy_consensus::Header;
use alloy_primitives::{Address, B64, B256, Bytes, address};
use op_alloy_rpc_types_engine::OpPayloadAttributes;
use tribunal_rollup::{
    BlockInfo, L1ChainConfig, L2BlockInfo, LogFilter, RollupConfig, SystemConfig, batch::SingularBatch,
    l1_info_deposit, upgrade_transactions, user_deposits,
};

use crate::{
    error::DeriveError,
    providers::{ChainProvider, L2ChainProvider},
    stages::batches::DEPOSIT_TX_TYPE,
};

/// The sequencer's fee vault: the fee recipient of every L2 block.
const SEQUENCER_FEE_VAULT: Address = address!("4200000000000000000000000000000000000011");

/// The payload attributes of the next L2 block.
#[derive(Clone, Debug, PartialEq)]
pub struct AttributesWithParent {
    /// The attributes.
    pub attributes: OpPayloadAttributes,
    /// The L2 block on which to build.
    pub parent: L2BlockInfo,
    /// The L1 block whose data completed the batch. Its timestamp decides what happens if the block is invalid: from
    /// Holocene the block is built with its deposits only, before it is dropped.
    pub derived_from: BlockInfo,
    /// Whether the block and the pending ones before it become safe at once. `false` within a span batch before Holocene:
    /// such blocks are pending until the last block of the span is valid.
    pub is_last_in_span: bool,
}

/// `attributes` with its deposits only.
pub fn deposits_only(attributes: OpPayloadAttributes) -> OpPayloadAttributes {
    let transactions = attributes.transactions.map(|mut transactions| {
        transactions.retain(|transaction| transaction.first() == Some(&DEPOSIT_TX_TYPE));
        transactions
    });
    OpPayloadAttributes { transactions, ..attributes }
}

/// Makes payload attributes.
#[derive(Clone, Debug)]
pub(crate) struct AttributesQueue {
    /// Hash and header of the last L1 origin: consecutive blocks often share it.
    origin: Option<(B256, Header)>,
    /// Match the L1 events that the first block of an epoch includes: deposits and system config updates.
    events: [LogFilter; 2],
}

impl AttributesQueue {
    /// An empty queue for the chain of `config`.
    pub(crate) fn new(config: &RollupConfig) -> Self {
        Self { origin: None, events: [config.deposit_filter(), config.config_update_filter()] }
    }

    /// The attributes of the block of `batch` on top of `parent`.
    /// See the [specification](https://specs.optimism.io/protocol/derivation.html#building-individual-payload-attributes).
    pub(crate) fn build(
        &mut self,
        config: &RollupConfig,
        l1_config: &L1ChainConfig,
        batch: SingularBatch,
        parent: &L2BlockInfo,
        l1: &mut impl ChainProvider,
        l2: &mut impl L2ChainProvider,
    ) -> Result<OpPayloadAttributes, DeriveError> {
        let hash = batch.epoch_hash;
        let misfit = |reason| DeriveError::Misfit { origin: hash, parent: parent.block_info.hash, reason };
        let timestamp = parent.block_info.timestamp.saturating_add(config.block_time);
        if batch.parent_hash != parent.block_info.hash {
            return Err(misfit("the parent hash differs"));
        }
        if batch.timestamp != timestamp {
            return Err(misfit("the timestamp is not that of the next block"));
        }
        config.require_supported(timestamp).map_err(DeriveError::Unsupported)?;
        let mut system_config =
            l2.system_config_by_number(parent.block_info.number).map_err(DeriveError::provider)?;
        let events = self.events;
        let origin = self.origin(hash, l1)?;
        let mut transactions = Vec::new();
        let seq_num = if parent.l1_origin.number == batch.epoch_num {
            if parent.l1_origin.hash != hash {
                return Err(misfit("the L1 origin has the parent's number and another hash"));
            }
            parent.seq_num.saturating_add(1)
        } else {
            if parent.l1_origin.hash != origin.parent_hash {
                return Err(misfit("the L1 origin does not follow that of the parent"));
            }
            if events.iter().any(|event| event.may_match(&origin.logs_bloom)) {
                transactions = apply_events(config, hash, origin, &mut system_config, l1)?;
            }
            0
        };
        if timestamp < origin.timestamp {
            return Err(misfit("the timestamp is before that of the L1 origin"));
        }
        let l1_info = l1_info_deposit(config, l1_config, &system_config, seq_num, origin, hash, timestamp)
            .map_err(|source| DeriveError::L1Info { block: hash, source })?;
        transactions.insert(0, l1_info);
        let (upgrades, upgrade_gas) =
            upgrade_transactions(config, timestamp).map_err(DeriveError::Upgrades)?;
        transactions.extend(upgrades);
        transactions.extend(batch.transactions);
        Ok(assemble(config, timestamp, origin, &system_config, upgrade_gas, transactions))
    }

    fn origin(&mut self, hash: B256, l1: &mut impl ChainProvider) -> Result<&Header, DeriveError> {
        let known = self.origin.take().filter(|(known, _)| *known == hash);
        let origin = match known {
            Some(origin) => origin,
            None => (hash, l1.header_by_hash(hash).map_err(DeriveError::provider)?),
        };
        Ok(&self.origin.insert(origin).1)
    }
}

/// The user deposits of an L1 block, for the first L2 block of its epoch. Applies its system config updates.
fn apply_events(
    config: &RollupConfig,
    hash: B256,
    origin: &Header,
    system_config: &mut SystemConfig,
    l1: &mut impl ChainProvider,
) -> Result<Vec<Bytes>, DeriveError> {
    let failed = |source| DeriveError::Receipts { block: hash, source };
    let receipts = l1.receipts_by_hash(hash).map_err(DeriveError::provider)?;
    system_config.update_with_receipts(&receipts, config, origin.timestamp).map_err(failed)?;
    user_deposits(&receipts, hash, config.deposit_contract_address).map_err(failed)
}

fn assemble(
    config: &RollupConfig,
    timestamp: u64,
    origin: &Header,
    system_config: &SystemConfig,
    upgrade_gas: u64,
    transactions: Vec<Bytes>,
) -> OpPayloadAttributes {
    let mut attributes = OpPayloadAttributes {
        transactions: Some(transactions),
        no_tx_pool: Some(true),
        gas_limit: Some(system_config.gas_limit.saturating_add(upgrade_gas)),
        eip_1559_params: config.is_holocene_active(timestamp).then(|| eip_1559_params(system_config)),
        min_base_fee: config.is_jovian_active(timestamp).then_some(system_config.min_base_fee),
        ..Default::default()
    };
    let payload = &mut attributes.payload_attributes;
    payload.timestamp = timestamp;
    payload.prev_randao = origin.mix_hash;
    payload.suggested_fee_recipient = SEQUENCER_FEE_VAULT;
    payload.withdrawals = config.is_canyon_active(timestamp).then(Vec::new);
    payload.parent_beacon_block_root =
        config.is_ecotone_active(timestamp).then(|| origin.parent_beacon_block_root.unwrap_or_default());
    attributes
}

/// Denominator and elasticity, four bytes each.
fn eip_1559_params(system_config: &SystemConfig) -> B64 {
    let mut params = B64::ZERO;
    params[..4].copy_from_slice(&system_config.eip1559_denominator.to_be_bytes());
    params[4..].copy_from_slice(&system_config.eip1559_elasticity.to_be_bytes());
    params
}
