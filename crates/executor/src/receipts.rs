//! Receipts, in the encoding that the receipts root commits to.

use alloc::vec::Vec;

use alloy_consensus::{Eip658Value, Receipt, RlpEncodableReceipt};
use alloy_primitives::{Bloom, Bytes, Log, logs_bloom};
use op_alloy_consensus::{DEPOSIT_TX_TYPE_ID, OpDepositReceipt};

/// Version of deposit receipts, from Canyon.
const DEPOSIT_RECEIPT_VERSION: u64 = 1;

/// The receipts of the transactions so far.
#[derive(Debug, Default)]
pub(crate) struct Receipts {
    /// EIP-2718 encodings.
    pub(crate) encoded: Vec<Bytes>,
    pub(crate) bloom: Bloom,
    pub(crate) gas_used: u64,
}

/// The outcome of a transaction.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) ty: u8,
    pub(crate) success: bool,
    pub(crate) gas_used: u64,
    pub(crate) logs: Vec<Log>,
    /// Nonce of a deposit's sender before it, if the receipt has one. Before Canyon it is not part of the encoding.
    pub(crate) deposit_nonce: Option<u64>,
}

impl Receipts {
    pub(crate) fn with_capacity(transactions: usize) -> Self {
        Self { encoded: Vec::with_capacity(transactions), ..Self::default() }
    }

    pub(crate) fn push(&mut self, outcome: Outcome) {
        self.gas_used = self.gas_used.saturating_add(outcome.gas_used);
        let bloom = logs_bloom(&outcome.logs);
        self.bloom |= bloom;
        let receipt = Receipt {
            status: Eip658Value::Eip658(outcome.success),
            cumulative_gas_used: self.gas_used,
            logs: outcome.logs,
        };
        let mut out = Vec::new();
        if outcome.ty != 0 {
            out.push(outcome.ty);
        }
        if outcome.ty == DEPOSIT_TX_TYPE_ID {
            let deposit_nonce = outcome.deposit_nonce;
            let deposit_receipt_version = deposit_nonce.map(|_| DEPOSIT_RECEIPT_VERSION);
            OpDepositReceipt { inner: receipt, deposit_nonce, deposit_receipt_version }
                .rlp_encode_with_bloom(&bloom, &mut out);
        } else {
            receipt.rlp_encode_with_bloom(&bloom, &mut out);
        }
        self.encoded.push(out.into());
    }
}
