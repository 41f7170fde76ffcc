//! Decodes transactions for the EVM.

use alloc::string::ToString;

use alloy_consensus::{
    Transaction as _, Typed2718, crypto::secp256k1::recover_signer, transaction::SignerRecoverable,
};
use alloy_eips::{
    eip2718::Decodable2718,
    eip7702::{RecoveredAuthority, RecoveredAuthorization, SignedAuthorization},
};
use alloy_primitives::{Address, Bytes};
use op_alloy_consensus::{DEPOSIT_TX_TYPE_ID, OpTxEnvelope, TxDeposit};
use op_revm::{OpTransaction, transaction::deposit::DepositTransactionParts};
use revm::context::{TxEnv, either::Either};

use crate::InvalidBlock;

/// A decoded transaction with its sender.
#[derive(Debug)]
pub(crate) struct Transaction {
    raw: Bytes,
    env: TxEnv,
    deposit: DepositTransactionParts,
}

impl Transaction {
    /// Decodes transaction `index` of a block and recovers its sender.
    pub(crate) fn decode(index: usize, raw: &Bytes) -> Result<Self, InvalidBlock> {
        // The library decodes a type that op-geth does not know, 0x7d.
        let known = matches!(raw.first(), Some(1 | 2 | 4 | &DEPOSIT_TX_TYPE_ID | 0xc0..));
        if !known {
            return Err(InvalidBlock::Encoding { index, reason: "unknown type".into() });
        }
        let envelope = OpTxEnvelope::decode_2718_exact(raw)
            .map_err(|error| InvalidBlock::Encoding { index, reason: error.to_string() })?;
        if let OpTxEnvelope::Deposit(deposit) = envelope {
            return Ok(Self::deposit(raw.clone(), deposit.into_inner()));
        }
        let caller = envelope.recover_signer().map_err(|_| InvalidBlock::Signature { index })?;
        Ok(Self::signed(raw.clone(), &envelope, caller))
    }

    fn deposit(raw: Bytes, tx: TxDeposit) -> Self {
        let env = TxEnv {
            tx_type: DEPOSIT_TX_TYPE_ID,
            caller: tx.from,
            gas_limit: tx.gas_limit,
            gas_price: 0,
            kind: tx.to,
            value: tx.value,
            data: tx.input,
            nonce: 0,
            chain_id: None,
            ..TxEnv::default()
        };
        let deposit = DepositTransactionParts {
            source_hash: tx.source_hash,
            mint: Some(tx.mint).filter(|mint| *mint > 0),
            is_system_transaction: tx.is_system_transaction,
        };
        Self { raw, env, deposit }
    }

    fn signed(raw: Bytes, tx: &OpTxEnvelope, caller: Address) -> Self {
        let authorizations = tx.authorization_list().unwrap_or_default();
        let env = TxEnv {
            tx_type: tx.ty(),
            caller,
            gas_limit: tx.gas_limit(),
            gas_price: tx.max_fee_per_gas(),
            kind: tx.kind(),
            value: tx.value(),
            data: tx.input().clone(),
            nonce: tx.nonce(),
            chain_id: tx.chain_id(),
            access_list: tx.access_list().cloned().unwrap_or_default(),
            gas_priority_fee: tx.max_priority_fee_per_gas(),
            authorization_list: authorizations
                .iter()
                .map(|signed| Either::Right(recovered(signed)))
                .collect(),
            ..TxEnv::default()
        };
        Self { raw, env, deposit: DepositTransactionParts::default() }
    }

    pub(crate) const fn is_deposit(&self) -> bool {
        self.env.tx_type == DEPOSIT_TX_TYPE_ID
    }

    /// Whether this is a system transaction, a deposit without gas cost that existed before Regolith.
    pub(crate) const fn is_system(&self) -> bool {
        self.deposit.is_system_transaction
    }

    pub(crate) const fn ty(&self) -> u8 {
        self.env.tx_type
    }

    pub(crate) const fn caller(&self) -> Address {
        self.env.caller
    }

    pub(crate) const fn gas_limit(&self) -> u64 {
        self.env.gas_limit
    }

    pub(crate) const fn input(&self) -> &Bytes {
        &self.env.data
    }

    /// The transaction as the attributes hold it.
    pub(crate) const fn raw(&self) -> &Bytes {
        &self.raw
    }

    /// The transaction as the EVM executes it.
    pub(crate) fn into_env(self) -> OpTransaction<TxEnv> {
        OpTransaction { base: self.env, enveloped_tx: Some(self.raw), deposit: self.deposit }
    }
}

/// An authorization ([EIP-7702](https://eips.ethereum.org/EIPS/eip-7702)) with its signer, recovered in the same way as
/// the sender of the transaction.
fn recovered(signed: &SignedAuthorization) -> RecoveredAuthorization {
    let authority = signed
        .signature()
        .ok()
        .and_then(|signature| recover_signer(&signature, signed.signature_hash()).ok())
        .map_or(RecoveredAuthority::Invalid, RecoveredAuthority::Valid);
    RecoveredAuthorization::new_unchecked(signed.inner().clone(), authority)
}
