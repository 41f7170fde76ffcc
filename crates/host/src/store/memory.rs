//! A store in memory, optionally on top of a fixture file.

use alloy_primitives::{Bytes, map::HashMap};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use tribunal_preimage::PreimageKey;

use super::{Arena, PreimageStore, Voucher, record_digest, refuse_local};
use crate::error::HostResult;

/// Pre-images in memory. What was read from a file lies in one buffer, in which lookups find slices without copying.
#[derive(Debug, Default)]
pub struct MemoryStore {
    base: Arena,
    added: RwLock<Added>,
}

#[derive(Debug, Default)]
struct Added {
    records: HashMap<PreimageKey, Bytes>,
    vouched: HashMap<PreimageKey, [u8; 32]>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A store of the records in `base`.
    pub(crate) fn on(base: Arena) -> Self {
        Self { base, added: RwLock::default() }
    }

    fn read(&self) -> RwLockReadGuard<'_, Added> {
        // A panic while the lock was held leaves whole records behind.
        self.added.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Added> {
        self.added.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PreimageStore for MemoryStore {
    fn get(&self, key: PreimageKey) -> HostResult<Option<Bytes>> {
        let added = self.read();
        if !added.records.is_empty()
            && let Some(value) = added.records.get(&key)
        {
            return Ok(Some(value.clone()));
        }
        Ok(self.base.get(&key))
    }

    fn put_all(&self, records: &mut dyn Iterator<Item = (PreimageKey, Bytes)>) -> HostResult<()> {
        for (key, value) in records {
            refuse_local(key)?;
            let mut added = self.write();
            added.vouched.remove(&key);
            added.records.insert(key, value);
        }
        Ok(())
    }

    fn keys(&self) -> HostResult<Vec<PreimageKey>> {
        let added = self.read();
        let mut keys: Vec<_> = self.base.keys().chain(added.records.keys().copied()).collect();
        keys.sort_unstable();
        keys.dedup();
        Ok(keys)
    }

    fn is_in_memory(&self) -> bool {
        true
    }

    fn is_vouched(&self, key: PreimageKey, value: &[u8]) -> HostResult<bool> {
        let added = self.read();
        Ok(added.vouched.get(&key).is_some_and(|digest| *digest == record_digest(key, value)))
    }

    fn vouch(&self, verified: &[Voucher]) -> HostResult<()> {
        self.write().vouched.extend(verified.iter().map(|voucher| (voucher.key, voucher.digest)));
        Ok(())
    }
}
