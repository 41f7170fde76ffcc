//! Where pre-images are kept. No store ever deletes one.

mod arena;
mod copy;
mod counts;
mod database;
mod directory;
mod kind;
mod memory;
mod open;
mod pack;
pub(crate) mod temporary;
mod waiting;
pub(crate) mod whole_file;

pub(crate) use arena::{Arena, append_record};
pub use copy::copy;
pub(crate) use counts::slot;
pub use counts::{Count, Counts};
pub use database::DatabaseStore;
pub use directory::DirectoryStore;
pub use kind::StoreKind;
pub use memory::MemoryStore;
pub use open::{StoreOptions, create, open};
pub use pack::PackStore;

use alloy_primitives::Bytes;
use std::fmt::Debug;
use tribunal_preimage::{PreimageKey, PreimageKeyType, verify::sha256};

use crate::error::{HostError, HostResult};

/// The version of the checks whose success a store remembers. A change of what is checked increases it.
pub(crate) const CHECKS_VERSION: u32 = 1;

/// A set of pre-images by key.
///
/// A store does not judge its values: [`Verified`](crate::Verified) does. But it remembers which records passed an
/// expensive check (keys of type 5 and 6). It keeps a checksum of each, so that a value that was changed later does not
/// count as verified.
pub trait PreimageStore: Debug + Send + Sync {
    /// The value of `key`, unverified.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn get(&self, key: PreimageKey) -> HostResult<Option<Bytes>>;

    /// Keeps these records. A store on disk keeps them durably: when this returns they survive a crash, and a crash
    /// before it returns loses no earlier record. An earlier value under the same key is replaced.
    ///
    /// # Errors
    /// [`HostError::LocalKey`] for a key of type 1; [`HostError::ReadOnly`]; [`HostError::Locked`]; the failures of the
    /// disk.
    fn put_all(&self, records: &mut dyn Iterator<Item = (PreimageKey, Bytes)>) -> HostResult<()>;

    /// Keeps one record; see [`PreimageStore::put_all`].
    ///
    /// # Errors
    /// As [`PreimageStore::put_all`].
    fn put(&self, key: PreimageKey, value: &[u8]) -> HostResult<()> {
        self.put_all(&mut std::iter::once((key, Bytes::copy_from_slice(value))))
    }

    /// All keys, sorted.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn keys(&self) -> HostResult<Vec<PreimageKey>>;

    /// The keys of one type, sorted.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn keys_of(&self, key_type: PreimageKeyType) -> HostResult<Vec<PreimageKey>> {
        Ok(self.keys()?.into_iter().filter(|key| key.key_type() == key_type).collect())
    }

    /// Whether all values are in memory, so that listing and reading all of them takes hardly any time.
    fn is_in_memory(&self) -> bool {
        false
    }

    /// Checks the form in which the store keeps its pre-images, apart from the pre-images themselves: checksums and
    /// indices. Nothing is written. Most stores have nothing to check, because opening and reading checks it.
    ///
    /// # Errors
    /// [`HostError::Database`] if a database is damaged; [`HostError::Locked`].
    fn check_integrity(&self) -> HostResult<()> {
        Ok(())
    }

    /// Whether this very `value` of `key` was once verified ([`PreimageStore::vouch`]).
    ///
    /// # Errors
    /// When the store cannot be read.
    fn is_vouched(&self, key: PreimageKey, value: &[u8]) -> HostResult<bool>;

    /// Remembers that these values were verified. A store without a place on disk forgets it when it is dropped. If
    /// another process is writing, this gives up at once, because it is not worth waiting for. A value that another
    /// process has replaced meanwhile does not count as verified.
    ///
    /// # Errors
    /// As [`PreimageStore::put_all`]. The values were verified all the same; the next run verifies them again.
    fn vouch(&self, verified: &[Voucher]) -> HostResult<()>;
}

/// Says that a value of a key was verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Voucher {
    pub(crate) key: PreimageKey,
    /// The checksum of the key and the value.
    pub(crate) digest: [u8; 32],
}

impl Voucher {
    /// For this very value of `key`.
    #[must_use]
    pub fn new(key: PreimageKey, value: &[u8]) -> Self {
        Self { key, digest: record_digest(key, value) }
    }

    /// Whether it is for this very value.
    pub(crate) fn is_for(&self, value: &[u8]) -> bool {
        self.digest == record_digest(self.key, value)
    }

    /// For no value of `key`: takes back what was vouched for.
    pub(crate) const fn for_none(key: PreimageKey) -> Self {
        Self { key, digest: [0; 32] }
    }

    /// The key.
    #[must_use]
    pub const fn key(&self) -> PreimageKey {
        self.key
    }
}

/// Whether the check of a key of this type is worth remembering.
pub(crate) const fn is_expensive(key: PreimageKey) -> bool {
    matches!(key.key_type(), PreimageKeyType::Blob | PreimageKeyType::Precompile)
}

/// The checksum under which a record is remembered as verified.
pub(crate) fn record_digest(key: PreimageKey, value: &[u8]) -> [u8; 32] {
    let mut text = Vec::with_capacity(4 + 32 + value.len());
    text.extend_from_slice(&CHECKS_VERSION.to_be_bytes());
    text.extend_from_slice(key.as_bytes());
    text.extend_from_slice(value);
    sha256(&text)
}

/// Refuses keys that belong to a claim.
pub(crate) fn refuse_local(key: PreimageKey) -> HostResult<()> {
    match key.key_type() {
        PreimageKeyType::Local => Err(HostError::LocalKey(key)),
        _ => Ok(()),
    }
}
