//! Encodes blocks as a span batch.

use alloc::{vec, vec::Vec};

use super::{
    SPAN_BATCH_TYPE, SpanBatch,
    tx_format::{LEGACY, POST_EXEC, Parts},
    varint,
};
use crate::RollupError;

impl SpanBatch {
    /// Encodes the batch, type byte first. The timestamps after the first are implied by the chain's block time.
    ///
    /// # Errors
    /// No block, a transaction that cannot be batched, or one of another chain than `chain_id`.
    pub fn encode(&self, genesis_time: u64, chain_id: u64) -> Result<Vec<u8>, RollupError> {
        let (Some(first), Some(last)) = (self.batches.first(), self.batches.last()) else {
            return Err(RollupError::EmptySpanBatch);
        };
        let mut out = vec![SPAN_BATCH_TYPE];
        varint::write(first.timestamp.wrapping_sub(genesis_time), &mut out);
        varint::write(last.epoch_num, &mut out);
        out.extend_from_slice(&self.parent_check);
        out.extend_from_slice(&self.l1_origin_check);
        varint::write(self.batches.len() as u64, &mut out);
        let changes = self.batches.windows(2).map(|pair| pair[0].epoch_num < pair[1].epoch_num);
        let origin_bits: Vec<bool> = core::iter::once(self.first_block_starts_epoch).chain(changes).collect();
        write_bits(&origin_bits, &mut out);
        for block in &self.batches {
            varint::write(block.transactions.len() as u64, &mut out);
        }
        let mut columns = Columns::default();
        for transaction in self.batches.iter().flat_map(|block| &block.transactions) {
            columns.push(transaction, chain_id)?;
        }
        columns.write(&mut out);
        Ok(out)
    }
}

#[derive(Default)]
struct Columns {
    contract_creation: Vec<bool>,
    y_parity: Vec<bool>,
    signatures: Vec<u8>,
    recipients: Vec<u8>,
    datas: Vec<u8>,
    nonces: Vec<u8>,
    gases: Vec<u8>,
    protected: Vec<bool>,
}

impl Columns {
    fn push(&mut self, transaction: &[u8], chain_id: u64) -> Result<(), RollupError> {
        if transaction.first() == Some(&POST_EXEC) {
            self.contract_creation.push(true);
            self.y_parity.push(false);
            self.signatures.extend_from_slice(&[0; 64]);
            self.datas.extend_from_slice(transaction);
            self.nonces.push(0);
            self.gases.push(0);
            return Ok(());
        }
        let Parts { tx_type, chain_id: mut tx_chain_id, envelope, kept } = Parts::parse(transaction)?;
        let y_parity = if tx_type == LEGACY {
            // Unprotected signatures have v 27 or 28, protected ones 35 + 2 * chain id and up.
            let protected = envelope.v.checked_sub(35);
            self.protected.push(protected.is_some());
            tx_chain_id = protected.map(|v| u64::try_from(v / 2).unwrap_or(u64::MAX));
            envelope.v % 2 == 0
        } else {
            envelope.v == 1
        };
        if let Some(other) = tx_chain_id.filter(|&other| other != chain_id) {
            return Err(RollupError::ChainId(other));
        }
        self.contract_creation.push(envelope.to.is_none());
        self.y_parity.push(y_parity);
        self.signatures.extend_from_slice(&envelope.r.to_be_bytes::<32>());
        self.signatures.extend_from_slice(&envelope.s.to_be_bytes::<32>());
        self.recipients.extend(envelope.to.iter().flatten());
        kept.write(tx_type, &mut self.datas);
        varint::write(envelope.nonce, &mut self.nonces);
        varint::write(envelope.gas, &mut self.gases);
        Ok(())
    }

    fn write(&self, out: &mut Vec<u8>) {
        write_bits(&self.contract_creation, out);
        write_bits(&self.y_parity, out);
        for column in [&self.signatures, &self.recipients, &self.datas, &self.nonces, &self.gases] {
            out.extend_from_slice(column);
        }
        write_bits(&self.protected, out);
    }
}

/// Appends bits as a big-endian integer.
fn write_bits(bits: &[bool], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + bits.len().div_ceil(8), 0);
    for (index, _) in bits.iter().enumerate().filter(|(_, bit)| **bit) {
        let place = out.len() - 1 - index / 8;
        out[place] |= 1 << (index % 8);
    }
}
