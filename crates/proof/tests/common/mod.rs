//! An oracle in memory that counts requests.
#![allow(dead_code, missing_docs, reason = "each test binary uses a part of it")]

use alloy_primitives::{B256, keccak256};
use std::{cell::RefCell, collections::BTreeMap};
use tribunal_preimage::{
    HintWriterClient, PreimageKey, PreimageOracleClient, PreimageOracleError, PreimageOracleResult,
};

#[derive(Debug, Clone, Default)]
pub(crate) struct FakeOracle {
    values: BTreeMap<PreimageKey, Vec<u8>>,
    pub(crate) asked: RefCell<Vec<PreimageKey>>,
    pub(crate) hints: RefCell<Vec<String>>,
}

impl FakeOracle {
    /// Adds a value under its Keccak-256.
    pub(crate) fn add(&mut self, value: &[u8]) -> B256 {
        let hash = keccak256(value);
        self.values.insert(PreimageKey::new_keccak256(hash), value.to_vec());
        hash
    }

    pub(crate) fn set_local(&mut self, number: u64, value: impl AsRef<[u8]>) {
        self.values.insert(PreimageKey::new_local(number), value.as_ref().to_vec());
    }

    pub(crate) fn local(&self, number: u64) -> Vec<u8> {
        self.values[&PreimageKey::new_local(number)].clone()
    }

    pub(crate) fn remove_local(&mut self, number: u64) {
        self.values.remove(&PreimageKey::new_local(number));
    }

    /// How often `key` was requested.
    pub(crate) fn times(&self, key: PreimageKey) -> usize {
        self.asked.borrow().iter().filter(|asked| **asked == key).count()
    }
}

impl PreimageOracleClient for FakeOracle {
    fn get(&self, key: PreimageKey) -> PreimageOracleResult<Vec<u8>> {
        self.asked.borrow_mut().push(key);
        self.values.get(&key).cloned().ok_or(PreimageOracleError::Missing(key))
    }

    fn get_exact(&self, key: PreimageKey, buf: &mut [u8]) -> PreimageOracleResult<()> {
        let value = self.get(key)?;
        if value.len() != buf.len() {
            let (expected, got) = (buf.len() as u64, value.len() as u64);
            return Err(PreimageOracleError::BadLength { key, expected, got });
        }
        buf.copy_from_slice(&value);
        Ok(())
    }
}

impl HintWriterClient for FakeOracle {
    fn write(&self, hint: &[u8]) -> PreimageOracleResult<()> {
        self.hints.borrow_mut().push(String::from_utf8(hint.to_vec()).unwrap());
        Ok(())
    }
}
