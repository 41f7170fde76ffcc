//! Singular batches: one L2 block each.

use alloc::vec::Vec;

use alloy_primitives::{B256, Bytes};
use alloy_rlp::{Decodable, Encodable, Header};

use super::{SINGULAR_BATCH_TYPE, rlp};
use crate::RollupError;

/// One L2 block as the batcher describes it:
/// `RLP([parent_hash, epoch_number, epoch_hash, timestamp, transactions])`.
///
/// ```
/// use tribunal_rollup::batch::{RawBatch, SingularBatch};
///
/// let batch = SingularBatch { epoch_num: 7, timestamp: 1_700_000_000, ..Default::default() };
/// assert_eq!(RawBatch::decode(&batch.encode().into())?, RawBatch::Singular(batch));
/// # Ok::<_, tribunal_rollup::RollupError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SingularBatch {
    /// Hash of the parent L2 block.
    pub parent_hash: B256,
    /// Number of the L1 origin.
    pub epoch_num: u64,
    /// Hash of the L1 origin.
    pub epoch_hash: B256,
    /// Timestamp of the block, in seconds.
    pub timestamp: u64,
    /// The block's transactions without its deposits, each in EIP-2718 form. They are not checked.
    pub transactions: Vec<Bytes>,
}

impl SingularBatch {
    /// Decodes the batch without its type byte. Bytes after the list are ignored; transactions are slices of `data`.
    ///
    /// # Errors
    /// [`RollupError::Rlp`] if the list is not canonical or has another shape.
    pub fn decode(data: &Bytes) -> Result<Self, RollupError> {
        let parse = || -> Result<Self, alloy_rlp::Error> {
            let mut fields = rlp::list(&mut &data[..])?;
            let mut batch = Self {
                parent_hash: B256::decode(&mut fields)?,
                epoch_num: u64::decode(&mut fields)?,
                epoch_hash: B256::decode(&mut fields)?,
                timestamp: u64::decode(&mut fields)?,
                transactions: Vec::new(),
            };
            let mut transactions = rlp::list(&mut fields)?;
            rlp::end(fields)?;
            while !transactions.is_empty() {
                let transaction = Header::decode_bytes(&mut transactions, false)?;
                batch.transactions.push(data.slice_ref(transaction));
            }
            Ok(batch)
        };
        parse().map_err(RollupError::rlp("singular batch"))
    }

    /// Encodes the batch, type byte first.
    pub fn encode(&self) -> Vec<u8> {
        let fields: [&dyn Encodable; 5] =
            [&self.parent_hash, &self.epoch_num, &self.epoch_hash, &self.timestamp, &self.transactions];
        let mut out = alloc::vec![SINGULAR_BATCH_TYPE];
        Header { list: true, payload_length: fields.iter().map(|field| field.length()).sum() }
            .encode(&mut out);
        for field in fields {
            field.encode(&mut out);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn batch() -> impl Strategy<Value = SingularBatch> {
        let transactions =
            prop::collection::vec(prop::collection::vec(any::<u8>(), 0..90).prop_map(Bytes::from), 0..5);
        (any::<[u8; 32]>(), any::<u64>(), any::<[u8; 32]>(), any::<u64>(), transactions).prop_map(
            |(parent_hash, epoch_num, epoch_hash, timestamp, transactions)| SingularBatch {
                parent_hash: parent_hash.into(),
                epoch_num,
                epoch_hash: epoch_hash.into(),
                timestamp,
                transactions,
            },
        )
    }

    proptest! {
        #[test]
        fn round_trip(batch in batch(), tail in prop::collection::vec(any::<u8>(), 0..3)) {
            let mut data = batch.encode()[1..].to_vec();
            data.extend(tail);
            prop_assert_eq!(SingularBatch::decode(&data.into()).unwrap(), batch);
        }

        #[test]
        fn mutations_never_panic(batch in batch(), at: prop::sample::Index, byte: u8, cut: prop::sample::Index) {
            let mut data = batch.encode();
            let cut = data[1..1 + cut.index(data.len() - 1)].to_vec();
            prop_assert!(SingularBatch::decode(&cut.into()).is_err());
            let at = at.index(data.len());
            data[at] = byte;
            let _ = super::super::RawBatch::decode(&data.into());
        }
    }
}
