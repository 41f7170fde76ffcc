//! Recovers the signers of transactions in a guest, with few instructions.

extern crate alloc;

use alloc::sync::Arc;
use alloy_consensus::crypto::{
    RecoveryError,
    backend::{CryptoProvider, install_default_provider},
};
use alloy_primitives::{Address, keccak256};
use tribunal_crypto::Recoverer;

/// Makes `alloy-consensus` recover senders with `tribunal-crypto`.
pub(crate) fn install() {
    // It fails only if a provider is already installed. None is, and with another one the results would be the same.
    let _ = install_default_provider(Arc::new(Signatures(Recoverer::new())));
}

struct Signatures(Recoverer);

impl CryptoProvider for Signatures {
    fn recover_signer_unchecked(&self, sig: &[u8; 65], msg: &[u8; 32]) -> Result<Address, RecoveryError> {
        let ([r, s], [odd @ (0 | 1)]) = sig.as_chunks() else { return Err(RecoveryError::new()) };
        let key = self.0.recover(msg, r, s, *odd == 1).ok_or_else(RecoveryError::new)?;
        Ok(address(&key))
    }

    fn verify_and_compute_signer_unchecked(
        &self,
        pubkey: &[u8; 65],
        sig: &[u8; 64],
        msg: &[u8; 32],
    ) -> Result<Address, RecoveryError> {
        let ([r, s], _) = sig.as_chunks() else { return Err(RecoveryError::new()) };
        let [4, key @ ..] = pubkey else { return Err(RecoveryError::new()) };
        // A signature recovers to two keys. It is valid if one of them is the given key.
        let signed =
            [false, true].into_iter().any(|odd| self.0.recover(msg, r, s, odd).as_ref() == Some(key));
        if signed { Ok(address(key)) } else { Err(RecoveryError::new()) }
    }
}

fn address(key: &[u8; 64]) -> Address {
    Address::from_slice(&keccak256(key)[12..])
}
