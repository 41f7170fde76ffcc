//! The batcher's data in one L1 block.

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

/// The rest of the batcher data of an L1 block, in order: calldata and blobs of the transactions that the batcher sent to
/// the batch inbox.
#[derive(Clone, Debug)]
pub(super) struct BatcherData {
    block: BlockInfo,
    batcher: Address,
    /// `None` until the block's transactions are read.
    pieces: Option<VecDeque<Piece>>,
}

/// A piece of batcher data.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Calldata(Bytes),
    Blob { versioned_hash: B256, index: u64 },
}

impl BatcherData {
    /// The data of `batcher` in `block`. Reads nothing yet.
    pub(super) fn new(block: BlockInfo, batcher: Address) -> Self {
        Self { block, batcher, pieces: None }
    }

    /// The next piece. Skips malformed blobs.
    pub(super) fn next(
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
                    let decoded = {
                        let _span = tracing::debug_span!("blob: decoding").entered();
                        blob::decode(&blob)
                    };
                    match decoded {
                        Ok(data) => return Ok(Some(data.into())),
                        Err(error) => tracing::debug!(%error, %versioned_hash, "blob skipped"),
                    }
                }
            }
        }
        Ok(None)
    }
}

/// Finds the batcher's data in the transactions of `block`.
fn pieces(
    config: &RollupConfig,
    block: &BlockInfo,
    batcher: Address,
    transactions: &[Bytes],
) -> Result<VecDeque<Piece>, DeriveError> {
    let mut pieces = VecDeque::new();
    // The index counts all blobs of the block, also those of other senders.
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
    // No valid L1 block holds a transaction of another chain, unless the config names the wrong L1.
    if transaction.chain_id().is_some_and(|id| id != config.l1_chain_id) {
        return Vec::new();
    }
    let signer = {
        let _span = tracing::debug_span!("recover").entered();
        transaction.recover_signer()
    };
    if signer.ok() != Some(batcher) {
        tracing::debug!(hash = %transaction.tx_hash(), "transaction to the batch inbox is not signed by the batcher");
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

#[cfg(test)]
mod tests {
    use alloc::vec;

    use alloy_consensus::{
        SignableTransaction, TxEip1559, TxEip2930, TxEip4844, TxEip7702, TxLegacy,
        transaction::RlpEcdsaEncodableTx,
    };
    use alloy_eips::Encodable2718;
    use alloy_primitives::{Signature, TxKind};
    use k256::ecdsa::SigningKey;
    use tribunal_rollup::{Fork, deposits::DepositTx};

    use super::*;
    use crate::testing::{config, l1_block};

    const STRANGER: u8 = 2;
    const BATCHER: u8 = 1;

    fn key(of: u8) -> SigningKey {
        SigningKey::from_slice(&[of; 32]).unwrap()
    }

    fn address(of: u8) -> Address {
        Address::from_public_key(key(of).verifying_key())
    }

    fn signed<T>(transaction: T, by: u8) -> Bytes
    where
        T: SignableTransaction<Signature> + RlpEcdsaEncodableTx,
        alloy_consensus::Signed<T>: Encodable2718,
    {
        let hash = transaction.signature_hash();
        let signature = key(by).sign_prehash_recoverable(hash.as_slice()).unwrap();
        transaction.into_signed(signature.into()).encoded_2718().into()
    }

    /// A dynamic fee transaction with `input`.
    fn dynamic(to: Address, input: &'static [u8], by: u8) -> Bytes {
        signed(TxEip1559 { chain_id: 1, to: to.into(), input: input.into(), ..Default::default() }, by)
    }

    fn blobs(to: Address, hashes: &[u8], by: u8) -> Bytes {
        let blob_versioned_hashes = hashes.iter().map(|&hash| B256::repeat_byte(hash)).collect();
        let input = Bytes::from_static(b"ignored with blobs");
        signed(TxEip4844 { chain_id: 1, to, blob_versioned_hashes, input, ..Default::default() }, by)
    }

    /// The batcher data in an L1 block of `transactions`.
    fn found(config: &RollupConfig, transactions: &[Bytes]) -> Vec<Piece> {
        pieces(config, &l1_block(3), address(BATCHER), transactions).unwrap().into()
    }

    fn calldata(data: &'static [u8]) -> Piece {
        Piece::Calldata(Bytes::from_static(data))
    }

    #[test]
    fn every_type_that_may_carry_calldata() {
        let config = config(Fork::Holocene);
        let to = config.batch_inbox_address;
        let deposit =
            DepositTx { from: address(BATCHER), to: Some(to), data: b"e"[..].into(), ..Default::default() };
        let transactions = [
            signed(TxLegacy { to: to.into(), input: b"a"[..].into(), ..Default::default() }, BATCHER),
            signed(
                TxLegacy { chain_id: Some(1), to: to.into(), input: b"b"[..].into(), ..Default::default() },
                BATCHER,
            ),
            signed(
                TxEip2930 { chain_id: 1, to: to.into(), input: b"c"[..].into(), ..Default::default() },
                BATCHER,
            ),
            dynamic(to, b"d", BATCHER),
            deposit.encode(),
        ];
        assert_eq!(found(&config, &transactions), [b"a", b"b", b"c", b"d", b"e"].map(|data| calldata(data)));
    }

    #[test]
    fn transactions_that_are_not_batcher_transactions() {
        let config = config(Fork::Holocene);
        let to = config.batch_inbox_address;
        let set_code = TxEip7702 { chain_id: 1, to, input: b"x"[..].into(), ..Default::default() };
        let creation = TxEip1559 { chain_id: 1, to: TxKind::Create, ..Default::default() };
        let other_chain = TxEip1559 { chain_id: 2, to: to.into(), ..Default::default() };
        let deposit = DepositTx { from: address(STRANGER), to: Some(to), ..Default::default() };
        let transactions = [
            signed(set_code, BATCHER),
            signed(creation, BATCHER),
            signed(other_chain, BATCHER),
            dynamic(to, b"x", STRANGER),
            dynamic(address(STRANGER), b"x", BATCHER),
            deposit.encode(),
            Bytes::from_static(&[0x50, 1, 2, 3]),
        ];
        assert_eq!(found(&config, &transactions), []);
    }

    #[test]
    fn blobs_count_through_the_block() {
        let config = config(Fork::Holocene);
        let to = config.batch_inbox_address;
        let transactions = [
            blobs(to, &[1, 2], BATCHER),
            blobs(to, &[3], STRANGER),
            blobs(address(STRANGER), &[4, 5], STRANGER),
            dynamic(to, b"between", BATCHER),
            blobs(to, &[6], BATCHER),
        ];
        let blob = |hash, index| Piece::Blob { versioned_hash: B256::repeat_byte(hash), index };
        assert_eq!(found(&config, &transactions), [blob(1, 0), blob(2, 1), calldata(b"between"), blob(6, 5)]);
    }

    #[test]
    fn before_ecotone_blob_transactions_count_by_their_calldata() {
        let config = config(Fork::Delta);
        let transactions = [blobs(config.batch_inbox_address, &[1, 2], BATCHER)];
        assert_eq!(found(&config, &transactions), [calldata(b"ignored with blobs")]);
    }

    #[test]
    fn malformed_transactions_are_named() {
        let config = config(Fork::Holocene);
        let whole = dynamic(config.batch_inbox_address, b"data", BATCHER);
        for length in 0..whole.len() {
            let transactions = vec![whole.clone(), whole.slice(..length)];
            let error = pieces(&config, &l1_block(3), address(BATCHER), &transactions).unwrap_err();
            assert!(matches!(error, DeriveError::L1Transaction { index: 1, .. }), "{length}: {error}");
        }
    }
}
