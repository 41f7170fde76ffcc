//! Who signed a transaction, in a guest: found out with few instructions.

extern crate alloc;

use alloc::sync::Arc;
use alloy_consensus::crypto::{
    RecoveryError,
    backend::{CryptoProvider, install_default_provider},
};
use alloy_primitives::{Address, keccak256};
use tribunal_crypto::Recoverer;

/// Has senders of transactions be recovered with our own implementation from here on.
pub(crate) fn install() {
    // Nobody else installs one, and with any other the program would only be slower.
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
        // The signature is the key's if that is one of the two that it recovers to.
        let signed =
            [false, true].into_iter().any(|odd| self.0.recover(msg, r, s, odd).as_ref() == Some(key));
        if signed { Ok(address(key)) } else { Err(RecoveryError::new()) }
    }
}

fn address(key: &[u8; 64]) -> Address {
    Address::from_slice(&keccak256(key)[12..])
}
