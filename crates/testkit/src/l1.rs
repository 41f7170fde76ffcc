//! The L1 chain: headers, transactions, receipts and blobs. No transaction is executed: derivation reads no state.

use alloy_consensus::{
    Eip658Value, Header, Receipt, ReceiptEnvelope, ReceiptWithBloom, Sealed, TxEip1559, TxEip4844,
    TxEip4844Variant, TxEnvelope, TxType, constants::EMPTY_OMMER_ROOT_HASH,
    proofs::calculate_withdrawals_root,
};
use alloy_eips::{
    eip2718::Encodable2718,
    eip4844::{Blob, DATA_GAS_PER_BLOB},
    eip7685::EMPTY_REQUESTS_HASH,
    eip7840::BlobParams,
};
use alloy_primitives::{Address, B64, B256, Bloom, Bytes, Log, U256};

use crate::{accounts::Account, blobs, preimages::Preimages, rng::Rng};

/// Seconds between L1 blocks.
pub(crate) const BLOCK_TIME: u64 = 12;

/// The chain, and the transactions of its next block.
#[derive(Debug)]
pub(crate) struct L1Chain {
    chain_id: u64,
    preimages: Preimages,
    headers: Vec<Sealed<Header>>,
    receipts: Vec<Vec<Bytes>>,
    next_transactions: Vec<TxEnvelope>,
    next_logs: Vec<Vec<Log>>,
    next_blobs: u64,
}

impl L1Chain {
    /// A chain with a genesis block at `timestamp`.
    pub(crate) fn new(chain_id: u64, timestamp: u64, preimages: Preimages) -> Self {
        let mut chain = Self {
            chain_id,
            preimages,
            headers: Vec::new(),
            receipts: Vec::new(),
            next_transactions: Vec::new(),
            next_logs: Vec::new(),
            next_blobs: 0,
        };
        chain.seal(timestamp, B256::ZERO, 1_000_000_000, 0);
        chain
    }

    /// The last block's header.
    pub(crate) fn head(&self) -> &Sealed<Header> {
        &self.headers[self.headers.len() - 1]
    }

    /// The header of block `number`, if it exists.
    pub(crate) fn header(&self, number: u64) -> Option<&Sealed<Header>> {
        self.headers.get(number as usize)
    }

    /// The receipts of block `number`, EIP-2718 encoded.
    pub(crate) fn receipts(&self, number: u64) -> &[Bytes] {
        self.receipts.get(number as usize).map_or(&[], Vec::as_slice)
    }

    /// Queues a transaction with calldata.
    pub(crate) fn send(&mut self, from: &mut Account, to: Address, input: Bytes, logs: Vec<Log>) {
        let tx = TxEip1559 {
            chain_id: self.chain_id,
            nonce: from.take_nonce(),
            gas_limit: 1_000_000,
            max_fee_per_gas: 100_000_000_000,
            max_priority_fee_per_gas: 1_000_000_000,
            to: to.into(),
            input,
            ..Default::default()
        };
        self.next_transactions.push(from.sign(tx).into());
        self.next_logs.push(logs);
    }

    /// Queues a transaction with blobs, and adds their pre-images.
    pub(crate) fn send_blobs(
        &mut self,
        from: &mut Account,
        to: Address,
        blobs: &[Blob],
    ) -> Result<(), blobs::KzgError> {
        let mut hashes = Vec::with_capacity(blobs.len());
        for blob in blobs {
            hashes.push(blobs::record(blob, &self.preimages)?);
        }
        self.next_blobs += blobs.len() as u64;
        let tx = TxEip4844 {
            chain_id: self.chain_id,
            nonce: from.take_nonce(),
            gas_limit: 21_000,
            max_fee_per_gas: 100_000_000_000,
            max_priority_fee_per_gas: 1_000_000_000,
            to,
            max_fee_per_blob_gas: 1_000_000_000,
            blob_versioned_hashes: hashes,
            ..Default::default()
        };
        let tx: TxEnvelope = from.sign(<TxEip4844Variant>::TxEip4844(tx)).into();
        self.next_transactions.push(tx);
        self.next_logs.push(Vec::new());
        Ok(())
    }

    /// How many more blobs fit into the next block.
    pub(crate) fn blob_room(&self) -> u64 {
        BlobParams::prague().max_blob_count - self.next_blobs
    }

    /// Seals the next block with the queued transactions.
    pub(crate) fn mine(&mut self, rng: &mut Rng) {
        let timestamp = self.head().timestamp + BLOCK_TIME;
        let base_fee = rng.range(500_000_000, 20_000_000_000);
        let excess = BlobParams::prague().next_block_excess_blob_gas_osaka(
            self.head().excess_blob_gas.unwrap_or_default(),
            self.head().blob_gas_used.unwrap_or_default(),
            self.head().base_fee_per_gas.unwrap_or_default(),
        );
        self.seal(timestamp, rng.b256(), base_fee, excess);
    }

    fn seal(&mut self, timestamp: u64, randomness: B256, base_fee: u64, excess: u64) {
        let transactions = core::mem::take(&mut self.next_transactions);
        let logs = core::mem::take(&mut self.next_logs);
        let blob_gas = core::mem::take(&mut self.next_blobs) * DATA_GAS_PER_BLOB;
        let (receipts, bloom, gas_used) = receipts(&transactions, logs);
        let encoded: Vec<Bytes> = transactions.iter().map(|tx| tx.encoded_2718().into()).collect();
        let parent = self.headers.last();
        let header = Header {
            parent_hash: parent.map(|header| header.seal()).unwrap_or_default(),
            ommers_hash: EMPTY_OMMER_ROOT_HASH,
            beneficiary: Address::with_last_byte(0xc0),
            state_root: alloy_primitives::keccak256(randomness),
            transactions_root: self.preimages.ordered_trie(&encoded),
            receipts_root: self.preimages.ordered_trie(&receipts),
            logs_bloom: bloom,
            difficulty: U256::ZERO,
            number: self.headers.len() as u64,
            gas_limit: 36_000_000,
            gas_used,
            timestamp,
            mix_hash: randomness,
            nonce: B64::ZERO,
            base_fee_per_gas: Some(base_fee),
            withdrawals_root: Some(calculate_withdrawals_root(&[])),
            blob_gas_used: Some(blob_gas),
            excess_blob_gas: Some(excess),
            parent_beacon_block_root: Some(alloy_primitives::keccak256(timestamp.to_be_bytes())),
            requests_hash: Some(EMPTY_REQUESTS_HASH),
            ..Default::default()
        };
        let hash = self.preimages.keccak(alloy_rlp::encode(&header));
        self.headers.push(Sealed::new_unchecked(header, hash));
        self.receipts.push(receipts);
    }
}

/// The receipts of successful transactions with these logs, the block's bloom, and the gas they used.
fn receipts(transactions: &[TxEnvelope], logs: Vec<Vec<Log>>) -> (Vec<Bytes>, Bloom, u64) {
    let mut block_bloom = Bloom::ZERO;
    let mut cumulative = 0;
    let mut encoded = Vec::with_capacity(transactions.len());
    for (transaction, logs) in transactions.iter().zip(logs) {
        cumulative += 21_000 + 5_000 * logs.len() as u64;
        let receipt = Receipt { status: Eip658Value::Eip658(true), cumulative_gas_used: cumulative, logs };
        let receipt: ReceiptWithBloom<Receipt> = receipt.into();
        block_bloom.accrue_bloom(&receipt.logs_bloom);
        let envelope = match transaction.tx_type() {
            TxType::Eip4844 => ReceiptEnvelope::Eip4844(receipt),
            _ => ReceiptEnvelope::Eip1559(receipt),
        };
        encoded.push(envelope.encoded_2718().into());
    }
    (encoded, block_bloom, cumulative)
}
