//! Keys and signatures.

use alloy_consensus::{SignableTransaction, Signed};
use alloy_primitives::{Address, B256, Signature, U256};
use k256::ecdsa::SigningKey;

use crate::rng::Rng;

/// An account whose key the generator holds.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    key: SigningKey,
    pub(crate) address: Address,
    pub(crate) nonce: u64,
}

impl Account {
    /// An account with a random key.
    pub(crate) fn random(rng: &mut Rng) -> Self {
        loop {
            // A random word is not a valid scalar once in 2^127 times.
            if let Ok(key) = SigningKey::from_slice(rng.b256().as_slice()) {
                let address = Address::from_public_key(key.verifying_key());
                return Self { key, address, nonce: 0 };
            }
        }
    }

    /// Returns the next nonce and increments it.
    pub(crate) fn take_nonce(&mut self) -> u64 {
        self.nonce += 1;
        self.nonce - 1
    }

    /// Signs a digest.
    pub(crate) fn sign_hash(&self, digest: B256) -> Signature {
        // Signing a 32-byte digest with a valid key does not fail (RFC 6979), and no transaction with a zero signature is valid.
        match self.key.sign_prehash_recoverable(digest.as_slice()) {
            Ok((signature, parity)) => Signature::from((signature, parity)),
            Err(_) => Signature::new(U256::ZERO, U256::ZERO, false),
        }
    }

    /// Signs a transaction.
    pub(crate) fn sign<T: SignableTransaction<Signature>>(&self, transaction: T) -> Signed<T> {
        let signature = self.sign_hash(transaction.signature_hash());
        transaction.into_signed(signature)
    }
}
