//! The sequencer: builds L2 blocks with transactions of every type.

use alloy_consensus::{Header, Sealed};
use alloy_primitives::{Address, B256, Bytes, address};
use op_alloy_rpc_types_engine::OpPayloadAttributes;
use std::sync::Arc;
use tribunal_executor::Executor;
use tribunal_rollup::{
    L1ChainConfig, L2BlockInfo, RollupConfig, SystemConfig, deposits::user_deposits,
    l1_info::l1_info_deposit, upgrade_transactions,
};

use crate::{
    error::TestkitError,
    l1::L1Chain,
    preimages::Preimages,
    rng::Rng,
    state::{Precompiles, State},
    transactions::TransactionMaker,
};

const FEE_VAULT: Address = address!("0x4200000000000000000000000000000000000011");

/// A block of the devnet's L2.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    pub(crate) header: Sealed<Header>,
    pub(crate) info: L2BlockInfo,
    /// The transactions that the batcher posts: all except the deposits.
    pub(crate) batched: Vec<Bytes>,
    pub(crate) output_root: B256,
}

/// Builds blocks on top of each other.
pub(crate) struct Sequencer {
    config: Arc<RollupConfig>,
    l1_config: Arc<L1ChainConfig>,
    system_config: SystemConfig,
    executor: Executor<State, Precompiles>,
    preimages: Preimages,
    maker: Option<TransactionMaker>,
    parent: L2BlockInfo,
}

impl Sequencer {
    /// Starts at `genesis`, whose L1 origin is the rollup's first. Without a maker of transactions, blocks hold deposits
    /// only.
    pub(crate) fn new(
        config: Arc<RollupConfig>,
        l1_config: Arc<L1ChainConfig>,
        genesis: Sealed<Header>,
        preimages: Preimages,
        maker: Option<TransactionMaker>,
    ) -> Self {
        let parent = L2BlockInfo {
            block_info: tribunal_rollup::BlockInfo {
                hash: genesis.seal(),
                number: genesis.number,
                parent_hash: genesis.parent_hash,
                timestamp: genesis.timestamp,
            },
            l1_origin: config.genesis.l1,
            seq_num: 0,
        };
        let executor = Executor::new(
            Arc::clone(&config),
            State(preimages.clone()),
            Precompiles(preimages.clone()),
            genesis,
        );
        let system_config = config.genesis.system_config;
        Self { config, l1_config, system_config, executor, preimages, maker, parent }
    }

    /// Timestamp of the next block, in seconds.
    pub(crate) fn next_timestamp(&self) -> u64 {
        self.parent.block_info.timestamp + self.config.block_time
    }

    /// Genesis as a block, for claims whose agreed block it is.
    pub(crate) fn genesis(&mut self, header: Sealed<Header>) -> Result<Block, TestkitError> {
        Ok(Block { header, info: self.parent, batched: Vec::new(), output_root: self.output_root()? })
    }

    /// Builds the next block: the L1 origin advances as soon as its timestamp allows.
    pub(crate) fn build(&mut self, rng: &mut Rng, l1: &L1Chain) -> Result<Block, TestkitError> {
        let timestamp = self.next_timestamp();
        let origin = self.parent.l1_origin.number;
        let next_origin = l1.header(origin + 1).filter(|header| header.timestamp <= timestamp);
        let (l1_header, seq_num, deposits) = match next_origin {
            Some(header) => {
                let receipts = l1.receipts(header.number);
                let deposits = user_deposits(receipts, header.seal(), self.config.deposit_contract_address)?;
                self.system_config.update_with_receipts(receipts, &self.config, header.timestamp)?;
                (header, 0, deposits)
            }
            None => (
                l1.header(origin).ok_or(TestkitError::NoOrigin(origin))?,
                self.parent.seq_num + 1,
                Vec::new(),
            ),
        };
        let info_deposit = l1_info_deposit(
            &self.config,
            &self.l1_config,
            &self.system_config,
            seq_num,
            l1_header,
            l1_header.seal(),
            timestamp,
        )?;
        let (upgrades, upgrade_gas) = upgrade_transactions(&self.config, timestamp)?;
        let activates = !upgrades.is_empty() || self.activates_a_fork(timestamp);
        // Activation blocks hold deposits only.
        let batched: Vec<Bytes> = match &mut self.maker {
            Some(maker) if !activates => {
                let set_code = self.config.is_isthmus_active(timestamp);
                (0..rng.range(0, 6)).map(|_| maker.make(rng, set_code)).collect()
            }
            _ => Vec::new(),
        };
        let mut transactions = vec![info_deposit];
        transactions.extend(deposits);
        transactions.extend(upgrades);
        transactions.extend(batched.iter().cloned());
        let attributes = self.attributes(timestamp, l1_header, transactions, upgrade_gas);
        let l1_origin = alloy_eips::BlockNumHash { number: l1_header.number, hash: l1_header.seal() };
        self.execute(attributes, batched, l1_origin, seq_num)
    }

    fn execute(
        &mut self,
        attributes: OpPayloadAttributes,
        batched: Vec<Bytes>,
        l1_origin: alloy_eips::BlockNumHash,
        seq_num: u64,
    ) -> Result<Block, TestkitError> {
        let transactions = attributes.transactions.clone().unwrap_or_default();
        let built = self.executor.build_block(attributes)?;
        self.preimages.ordered_trie(&transactions);
        let header = built.header;
        self.preimages.keccak(alloy_rlp::encode(header.inner()));
        self.parent = L2BlockInfo {
            block_info: tribunal_rollup::BlockInfo {
                hash: header.seal(),
                number: header.number,
                parent_hash: header.parent_hash,
                timestamp: header.timestamp,
            },
            l1_origin,
            seq_num,
        };
        Ok(Block { header, info: self.parent, batched, output_root: self.output_root()? })
    }

    fn output_root(&mut self) -> Result<B256, TestkitError> {
        let output = self.executor.output_root()?;
        Ok(self.preimages.keccak(output.encode().to_vec()))
    }

    fn activates_a_fork(&self, timestamp: u64) -> bool {
        crate::options::FORKS.iter().any(|fork| self.config.is_activation_block(*fork, timestamp))
    }

    fn attributes(
        &self,
        timestamp: u64,
        l1: &Sealed<Header>,
        transactions: Vec<Bytes>,
        upgrade_gas: u64,
    ) -> OpPayloadAttributes {
        let config = &self.config;
        let system = &self.system_config;
        let mut attributes = OpPayloadAttributes {
            transactions: Some(transactions),
            no_tx_pool: Some(true),
            gas_limit: Some(system.gas_limit + upgrade_gas),
            eip_1559_params: config.is_holocene_active(timestamp).then(|| system.eip1559_params().into()),
            min_base_fee: config.is_jovian_active(timestamp).then_some(system.min_base_fee),
            ..Default::default()
        };
        let inner = &mut attributes.payload_attributes;
        inner.timestamp = timestamp;
        inner.prev_randao = l1.mix_hash;
        inner.suggested_fee_recipient = FEE_VAULT;
        inner.withdrawals = Some(Vec::new());
        inner.parent_beacon_block_root =
            config.is_ecotone_active(timestamp).then(|| l1.parent_beacon_block_root.unwrap_or_default());
        attributes
    }
}
