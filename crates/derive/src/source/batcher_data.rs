//! What the batcher put into one L1 block.

use alloc::{collections::VecDeque, vec::Vec};

use alloy_consensus::{Transaction, TxEnvelope, transaction::SignerRecoverable};
use alloy_eips::Decodable2718;
use alloy_primitives::{Address, B256, Bytes};
use tribunal_rollup::{BlockInfo, RollupConfig};

use super::{
    blob,
    transaction::{Peek, deposit_data},
};
use crate::{
    error::DeriveError,
    providers::{BlobProvider, ChainProvider},
};

/// The pieces of batcher data of an L1 block, in order: calldata and blobs of the transactions that the batcher sent
/// to the batch inbox. See the [specification](https://specs.optimism.io/protocol/derivation.html#l1-retrieval).
#[derive(Clone, Debug)]
pub(crate) struct BatcherData {
    block: BlockInfo,
    batcher: Address,
    /// `None` until the block's transactions are fetched.
    pieces: Option<VecDeque<Piece>>,
}

/// A piece of batcher data.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Calldata(Bytes),
    Blob { versioned_hash: B256, index: u64 },
}

impl BatcherData {
    /// The data that `batcher` put into `block`. Nothing is fetched yet.
    pub(crate) fn new(block: BlockInfo, batcher: Address) -> Self {
        Self { block, batcher, pieces: None }
    }

    /// The next piece. Blobs that hold no data are passed over.
    pub(crate) fn next(
        &mut self,
        config: &RollupConfig,
        l1: &mut impl ChainProvider,
        blobs: &mut impl BlobProvider,
    ) -> Result<Option<Bytes>, DeriveError> {
        let pieces = match &mut self.pieces {
            Some(pieces) => pieces,
            none => {
                let transactions = l1.transactions_by_hash(self.block.hash).map_err(DeriveError::provider)?;
                none.insert(pieces(config, &self.block, self.batcher, &transactions)?)
            }
        };
        while let Some(piece) = pieces.pop_front() {
            match piece {
                Piece::Calldata(data) => return Ok(Some(data)),
                Piece::Blob { versioned_hash, index } => {
                    let blob =
                        blobs.get_blob(&self.block, versioned_hash, index).map_err(DeriveError::provider)?;
                    match blob::decode(&blob) {
                        Ok(data) => return Ok(Some(data.into())),
                        Err(error) => tracing::debug!(%error, %versioned_hash, "blob skipped"),
                    }
                }
            }
        }
        Ok(None)
    }
}

/// Picks the batcher's data out of the transactions of `block`.
fn pieces(
    config: &RollupConfig,
    block: &BlockInfo,
    batcher: Address,
    transactions: &[Bytes],
) -> Result<VecDeque<Piece>, DeriveError> {
    let mut pieces = VecDeque::new();
    // Blobs count through the block, whosever they are.
    let mut blob_index = 0;
    for (index, transaction) in transactions.iter().enumerate() {
        let malformed = |reason| DeriveError::L1Transaction { block: block.hash, index, reason };
        let peek = Peek::new(transaction).map_err(malformed)?;
        if peek.to == Some(config.batch_inbox_address) {
            let found = if let Some(from) = peek.deposit_from {
                let data = deposit_data(&transaction[1..]).map_err(malformed)?;
                if from == batcher {
                    [Piece::Calldata(transaction.slice_ref(data))].into()
                } else {
                    Vec::new()
                }
            } else {
                let envelope = TxEnvelope::decode_2718_exact(transaction)
                    .map_err(|error| malformed(rlp_error(error)))?;
                pieces_of(config, block, batcher, &envelope, blob_index)
            };
            pieces.extend(found);
        }
        blob_index += peek.blobs;
    }
    Ok(pieces)
}

/// The data of a transaction to the batch inbox, if the batcher signed it. `blob_index` is that of its first blob.
fn pieces_of(
    config: &RollupConfig,
    block: &BlockInfo,
    batcher: Address,
    transaction: &TxEnvelope,
    blob_index: u64,
) -> Vec<Piece> {
    // A valid L1 block holds no transaction of another chain; this is for a config that names the wrong L1.
    if transaction.chain_id().is_some_and(|id| id != config.l1_chain_id) {
        return Vec::new();
    }
    let signer = {
        let _span = tracing::debug_span!("recover").entered();
        transaction.recover_signer()
    };
    if signer.ok() != Some(batcher) {
        tracing::debug!(hash = %transaction.tx_hash(), "transaction to the batch inbox is not the batcher's");
        return Vec::new();
    }
    if transaction.is_eip4844() && config.is_ecotone_active(block.timestamp) {
        let hashes = transaction.blob_versioned_hashes().unwrap_or_default();
        return (blob_index..)
            .zip(hashes)
            .map(|(index, &versioned_hash)| Piece::Blob { versioned_hash, index })
            .collect();
    }
    [Piece::Calldata(transaction.input().clone())].into()
}

fn rlp_error(error: alloy_eips::eip2718::Eip2718Error) -> alloy_rlp::Error {
    match error {
        alloy_eips::eip2718::Eip2718Error::RlpError(error) => error,
        _ => alloy_rlp::Error::Custom("unknown transaction type"),
    }
}
