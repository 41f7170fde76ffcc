//! A small L1 and the L2 that follows from it, in memory.
//!
//! L1 blocks come every 12 seconds, L2 blocks every 6. The L1 origin of L2 block `n` is the L1 block `n / 2`, unless a test
//! says otherwise. Batcher transactions are deposits, as on an L1 that is itself a rollup, because those need no signature.
//! The hash of an L2 block depends on its number and the batcher's transactions in it.

use std::{cell::RefCell, rc::Rc, sync::Arc};

use alloy_consensus::Header;
use alloy_eips::eip4844::Blob;
use alloy_primitives::{Address, B256, Bytes, U256, address, keccak256};
use tribunal_derive::{
    AttributesWithParent, BlobProvider, ChainProvider, DerivationPipeline, DeriveError, L2ChainProvider,
    ProviderError, Step,
};
use tribunal_rollup::{
    BaseFeeConfig, BlockInfo, BlockNumHash, ChainGenesis, Fork, ForkTimes, L2BlockInfo, RollupConfig,
    SystemConfig,
    batch::{SingularBatch, SpanBatch, SpanBatchElement, join_batches},
    channel::{Frame, compress_zlib},
    deposits::DepositTx,
    l1_info::L1BlockInfoTx,
    registry,
};

const BATCHER: Address = address!("00000000000000000000000000000000000ba7c4");
const INBOX: Address = address!("ff00000000000000000000000000000000000010");
/// Timestamp of both genesis blocks.
pub(crate) const GENESIS_TIME: u64 = 1_000_000;

/// Both chains. Clones share them.
#[derive(Clone)]
pub(crate) struct Chain(Rc<RefCell<Blocks>>);

struct Blocks {
    config: RollupConfig,
    l1: Vec<(B256, Header, Vec<Bytes>)>,
    l2: Vec<(L2BlockInfo, Vec<Bytes>)>,
    /// Whether the L2 provider fails.
    broken: bool,
}

/// A derived block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Derived {
    pub(crate) number: u64,
    pub(crate) origin: u64,
    pub(crate) seq_num: u64,
    /// The batcher's transactions.
    pub(crate) transactions: Vec<Bytes>,
    pub(crate) is_last_in_span: bool,
    /// Number of the L1 block that completed it.
    pub(crate) derived_from: u64,
}

impl Chain {
    /// Two genesis blocks, and all forks up to `fork` in force.
    pub(crate) fn new(fork: Fork) -> Self {
        let forks = ForkTimes::all_until(fork);
        let config = RollupConfig {
            genesis: ChainGenesis {
                l1: BlockNumHash::default(),
                l2: BlockNumHash { number: 0, hash: l2_hash(0, &[]) },
                l2_time: GENESIS_TIME,
                system_config: SystemConfig {
                    batcher_address: BATCHER,
                    gas_limit: 30_000_000,
                    scalar: U256::from(1) << 248,
                    ..Default::default()
                },
            },
            block_time: 6,
            max_sequencer_drift: 30,
            seq_window_size: 6,
            channel_timeout: 5,
            granite_channel_timeout: 4,
            l1_chain_id: 1,
            l2_chain_id: 10,
            forks,
            keep_karst_upgrade_gas: false,
            pectra_blob_schedule_time: None,
            batch_inbox_address: INBOX,
            deposit_contract_address: address!("1000000000000000000000000000000000000001"),
            l1_system_config_address: address!("1000000000000000000000000000000000000002"),
            protocol_versions_address: None,
            superchain_config_address: None,
            chain_op_config: BaseFeeConfig::OPTIMISM,
            alt_da: None,
        };
        let chain = Self(Rc::new(RefCell::new(Blocks { config, l1: vec![], l2: vec![], broken: false })));
        chain.mine([]);
        let l1 = BlockNumHash { number: 0, hash: chain.l1_hash(0) };
        let mut blocks = chain.0.borrow_mut();
        blocks.config.genesis.l1 = l1;
        let block_info =
            BlockInfo { hash: l2_hash(0, &[]), number: 0, parent_hash: B256::ZERO, timestamp: GENESIS_TIME };
        blocks.l2.push((L2BlockInfo { block_info, l1_origin: l1, seq_num: 0 }, vec![]));
        drop(blocks);
        chain
    }

    /// Changes the config. Call this first.
    pub(crate) fn configure(self, change: impl FnOnce(&mut RollupConfig)) -> Self {
        change(&mut self.0.borrow_mut().config);
        self
    }

    /// Adds an L1 block with batcher data in it, one transaction for each piece.
    pub(crate) fn mine(&self, data: impl IntoIterator<Item = Bytes>) {
        let mut blocks = self.0.borrow_mut();
        let number = blocks.l1.len() as u64;
        let header = Header {
            number,
            parent_hash: blocks.l1.last().map_or(B256::ZERO, |(hash, ..)| *hash),
            timestamp: GENESIS_TIME + 12 * number,
            ..Default::default()
        };
        let transactions = data
            .into_iter()
            .map(|data| DepositTx { from: BATCHER, to: Some(INBOX), data, ..Default::default() }.encode());
        let transactions = transactions.collect();
        blocks.l1.push((header.hash_slow(), header, transactions));
    }

    /// Adds `count` L1 blocks without batcher data.
    pub(crate) fn mine_empty(&self, count: usize) {
        (0..count).for_each(|_| self.mine([]));
    }

    /// The hash of an L1 block.
    pub(crate) fn l1_hash(&self, number: u64) -> B256 {
        self.0.borrow().l1[number as usize].0
    }

    /// Makes the L2 provider fail from now on.
    pub(crate) fn break_l2(&self) {
        self.0.borrow_mut().broken = true;
    }

    /// A batch for L2 block `number` on top of an empty one.
    pub(crate) fn batch(&self, number: u64, transactions: &[Bytes]) -> SingularBatch {
        self.batch_on(number, transactions, &[])
    }

    /// A batch for L2 block `number` on top of one with `before`.
    pub(crate) fn batch_on(&self, number: u64, transactions: &[Bytes], before: &[Bytes]) -> SingularBatch {
        SingularBatch {
            parent_hash: l2_hash(number - 1, before),
            epoch_num: number / 2,
            epoch_hash: self.l1_hash(number / 2),
            timestamp: GENESIS_TIME + 6 * number,
            transactions: transactions.to_vec(),
        }
    }

    /// A span batch for the L2 blocks from `first` on, one for each list of transactions, on top of an empty block.
    pub(crate) fn span(&self, first: u64, blocks: &[&[Bytes]]) -> Vec<u8> {
        let mut span = SpanBatch {
            parent_check: *l2_hash(first - 1, &[]).first_chunk().unwrap(),
            first_block_starts_epoch: first.is_multiple_of(2),
            ..Default::default()
        };
        for (number, transactions) in (first..).zip(blocks) {
            span.l1_origin_check = *self.l1_hash(number / 2).first_chunk().unwrap();
            span.batches.push(SpanBatchElement {
                epoch_num: number / 2,
                timestamp: GENESIS_TIME + 6 * number,
                transactions: transactions.to_vec(),
            });
        }
        span.encode(GENESIS_TIME, 10).unwrap()
    }

    /// Derives from L2 block `agreed`, which must have been derived before (0 is always there).
    pub(crate) fn derive_from(&self, agreed: u64) -> Result<Vec<Derived>, DeriveError> {
        self.derive_judged(agreed, |_| true)
    }

    /// Derives to the end of L1. Panics on an error.
    pub(crate) fn derive(&self) -> Vec<Derived> {
        self.derive_from(0).unwrap()
    }

    /// Derives from L2 block `agreed`; `valid` decides whether a block is valid. The result leaves out blocks that are
    /// reverted.
    pub(crate) fn derive_judged(
        &self,
        agreed: u64,
        mut valid: impl FnMut(&Derived) -> bool,
    ) -> Result<Vec<Derived>, DeriveError> {
        self.0.borrow_mut().l2.truncate(agreed as usize + 1);
        let config = self.0.borrow().config.clone();
        let mut safe = self.0.borrow().l2[agreed as usize].0;
        let mut pending = safe;
        let (config, l1_config) = (Arc::new(config), Arc::new(registry::l1_config(1).unwrap()));
        let mut pipeline = DerivationPipeline::new(
            config.clone(),
            l1_config,
            self.clone(),
            self.clone(),
            self.clone(),
            safe,
        );
        let mut out = Vec::new();
        loop {
            let Step::Attributes(attributes) = pipeline.next_attributes(&pending)? else { return Ok(out) };
            let (mut derived, info) = self.build(&attributes);
            if !valid(&derived) {
                if !config.is_holocene_active(attributes.derived_from.timestamp) {
                    pending = safe;
                    self.0.borrow_mut().l2.truncate(safe.block_info.number as usize + 1);
                    out.truncate((safe.block_info.number - agreed) as usize);
                    continue;
                }
                pipeline.invalid_payload();
                derived.transactions.clear();
            }
            pending = L2BlockInfo {
                block_info: BlockInfo {
                    hash: l2_hash(derived.number, &derived.transactions),
                    ..info.block_info
                },
                ..info
            };
            let mut transactions = attributes.attributes.transactions.unwrap();
            transactions.retain(|tx| tx[0] == 0x7e);
            transactions.extend(derived.transactions.iter().cloned());
            self.0.borrow_mut().l2.push((pending, transactions));
            if derived.is_last_in_span {
                safe = pending;
            }
            out.push(derived);
        }
    }

    fn build(&self, attributes: &AttributesWithParent) -> (Derived, L2BlockInfo) {
        let payload = &attributes.attributes.payload_attributes;
        let transactions = attributes.attributes.transactions.as_deref().unwrap();
        let config = self.0.borrow().config.clone();
        let info = L1BlockInfoTx::from_first_tx(&config, payload.timestamp, &transactions[0]).unwrap();
        let parent = &attributes.parent.block_info;
        let derived = Derived {
            number: parent.number + 1,
            origin: info.number,
            seq_num: info.sequence_number,
            transactions: transactions.iter().filter(|tx| tx[0] != 0x7e).cloned().collect(),
            is_last_in_span: attributes.is_last_in_span,
            derived_from: attributes.derived_from.number,
        };
        let block_info = BlockInfo {
            hash: B256::ZERO,
            number: derived.number,
            parent_hash: parent.hash,
            timestamp: payload.timestamp,
        };
        let l1_origin = BlockNumHash { number: info.number, hash: info.block_hash };
        (derived, L2BlockInfo { block_info, l1_origin, seq_num: info.sequence_number })
    }
}

/// The hash of an L2 block.
pub(crate) fn l2_hash(number: u64, transactions: &[Bytes]) -> B256 {
    keccak256([&number.to_be_bytes()[..], &transactions.concat()].concat())
}

/// A transaction of the batcher that differs from all others.
pub(crate) fn tx(id: u8) -> Bytes {
    vec![2, id].into()
}

/// A channel of singular batches in one frame.
pub(crate) fn channel(id: u8, batches: &[SingularBatch]) -> Bytes {
    let encoded: Vec<_> = batches.iter().map(SingularBatch::encode).collect();
    channel_of(id, &encoded)
}

/// A channel of encoded batches in one frame.
pub(crate) fn channel_of(id: u8, batches: &[Vec<u8>]) -> Bytes {
    Frame::encode_all(&frames(id, batches, 1))
}

/// A channel of encoded batches in `count` frames.
pub(crate) fn frames(id: u8, batches: &[Vec<u8>], count: usize) -> Vec<Frame> {
    let data: Bytes = compress_zlib(&join_batches(batches.iter().map(|batch| &batch[..])), 6).into();
    let frames = Frame::split([id; 16], &data, data.len().div_ceil(count));
    assert_eq!(frames.len(), count);
    frames
}

impl ChainProvider for Chain {
    fn header_by_hash(&mut self, hash: B256) -> Result<Header, ProviderError> {
        let blocks = self.0.borrow();
        Ok(blocks.l1.iter().find(|block| block.0 == hash).ok_or("no such L1 block")?.1.clone())
    }

    fn block_info_by_number(&mut self, number: u64) -> Result<Option<BlockInfo>, ProviderError> {
        let blocks = self.0.borrow();
        Ok(blocks.l1.get(number as usize).map(|(hash, header, _)| BlockInfo {
            hash: *hash,
            number,
            parent_hash: header.parent_hash,
            timestamp: header.timestamp,
        }))
    }

    fn receipts_by_hash(&mut self, _: B256) -> Result<Vec<Bytes>, ProviderError> {
        Err("no receipts should be asked for where the bloom filter is empty".into())
    }

    fn transactions_by_hash(&mut self, hash: B256) -> Result<Vec<Bytes>, ProviderError> {
        let blocks = self.0.borrow();
        Ok(blocks.l1.iter().find(|block| block.0 == hash).ok_or("no such L1 block")?.2.clone())
    }
}

impl BlobProvider for Chain {
    fn get_blob(&mut self, _: &BlockInfo, _: B256, _: u64) -> Result<Box<Blob>, ProviderError> {
        Err("there are no blobs".into())
    }
}

impl Chain {
    fn l2(&self, number: u64) -> Result<(L2BlockInfo, Vec<Bytes>), ProviderError> {
        let blocks = self.0.borrow();
        if blocks.broken {
            return Err("the L2 provider is broken".into());
        }
        Ok(blocks.l2.get(number as usize).ok_or("no such L2 block")?.clone())
    }
}

impl L2ChainProvider for Chain {
    fn l2_block_info_by_number(&mut self, number: u64) -> Result<L2BlockInfo, ProviderError> {
        Ok(self.l2(number)?.0)
    }

    fn l2_block_transactions(&mut self, number: u64) -> Result<Vec<Bytes>, ProviderError> {
        Ok(self.l2(number)?.1)
    }

    fn system_config_by_number(&mut self, number: u64) -> Result<SystemConfig, ProviderError> {
        self.l2(number)?;
        Ok(self.0.borrow().config.genesis.system_config)
    }
}
