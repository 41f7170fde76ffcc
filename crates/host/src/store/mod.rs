//! Where pre-images are kept. Nothing here ever deletes one.

mod arena;
mod database;
mod directory;
mod memory;
mod open;
mod pack;

pub(crate) use arena::{Arena, append_record};
pub use database::DatabaseStore;
pub use directory::DirectoryStore;
pub use memory::MemoryStore;
pub use open::{create, open};
pub use pack::PackStore;

use alloy_primitives::Bytes;
use std::fmt::Debug;
use tribunal_preimage::{PreimageKey, PreimageKeyType, verify::sha256};

use crate::error::{HostError, HostResult};

/// The version of the checks that a store may remember the success of. Whoever changes what is checked increases it.
pub(crate) const CHECKS_VERSION: u32 = 1;

/// A set of pre-images by key.
///
/// A store does not judge what it is given: that is the work of [`Verified`](crate::Verified). But it remembers which
/// records were found good by a check that is expensive (keys of type 5 and 6), under a checksum, so that the memory of
/// one value never vouches for another.
pub trait PreimageStore: Debug + Send + Sync {
    /// The value of `key`, unverified.
    ///
    /// # Errors
    /// When the store cannot tell.
    fn get(&self, key: PreimageKey) -> HostResult<Option<Bytes>>;

    /// Keeps these records, durably if the store has a place on disk: when it returns they survive a crash, and when it
    /// crashes, what was there before does. A value that was there under the same key is replaced.
    ///
    /// # Errors
    /// [`HostError::LocalKey`] for a key of type 1; [`HostError::ReadOnly`]; the failures of the disk.
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
    /// When the store cannot tell.
    fn keys(&self) -> HostResult<Vec<PreimageKey>>;

    /// The keys of one type, sorted.
    ///
    /// # Errors
    /// When the store cannot tell.
    fn keys_of(&self, key_type: PreimageKeyType) -> HostResult<Vec<PreimageKey>> {
        Ok(self.keys()?.into_iter().filter(|key| key.key_type() == key_type).collect())
    }

    /// Whether this very `value` of `key` was once found good ([`PreimageStore::vouch`]).
    ///
    /// # Errors
    /// When the store cannot tell.
    fn is_vouched(&self, key: PreimageKey, value: &[u8]) -> HostResult<bool>;

    /// Remembers that the values which these keys have now were found good. A store without a place to remember it
    /// forgets when it is dropped.
    ///
    /// # Errors
    /// The failures of the disk.
    fn vouch(&self, keys: &[PreimageKey]) -> HostResult<()>;
}

/// Number and size of the pre-images of each type.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts([Count; PreimageKeyType::ALL.len()]);

/// A number of pre-images and their size.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// How many there are.
    pub number: u64,
    /// Their bytes, without the keys.
    pub bytes: u64,
}

impl Counts {
    /// Counts what `store` holds.
    ///
    /// # Errors
    /// The store's.
    pub fn of(store: &dyn PreimageStore) -> HostResult<Self> {
        let mut counts = Self::default();
        for key in store.keys()? {
            if let (Some(value), Some(count)) = (store.get(key)?, counts.0.get_mut(slot(key.key_type()))) {
                count.number += 1;
                count.bytes += value.len() as u64;
            }
        }
        Ok(counts)
    }

    /// The pre-images of one type.
    #[must_use]
    pub fn get(&self, key_type: PreimageKeyType) -> Count {
        self.0.get(slot(key_type)).copied().unwrap_or_default()
    }

    /// All pre-images.
    #[must_use]
    pub fn total(&self) -> Count {
        self.0.iter().fold(Count::default(), |sum, count| Count {
            number: sum.number + count.number,
            bytes: sum.bytes + count.bytes,
        })
    }
}

/// The place of a type in a table of all types.
pub(crate) const fn slot(key_type: PreimageKeyType) -> usize {
    key_type as usize - 1
}

/// Copies all of `from` into `into` and remembers there what `from` remembers to be good. Returns the number of records.
///
/// # Errors
/// Those of either store. What was copied before stays.
pub fn copy(from: &dyn PreimageStore, into: &dyn PreimageStore) -> HostResult<usize> {
    let keys = from.keys()?;
    let mut failed = None;
    let mut vouched = Vec::new();
    let mut records = keys.iter().map_while(|key| match read_for_copy(from, *key) {
        Ok((value, good)) => {
            if good {
                vouched.push(*key);
            }
            Some((*key, value))
        }
        Err(error) => {
            failed = Some(error);
            None
        }
    });
    into.put_all(&mut records)?;
    drop(records);
    if let Some(error) = failed {
        return Err(error);
    }
    if !vouched.is_empty() {
        into.vouch(&vouched)?;
    }
    Ok(keys.len())
}

fn read_for_copy(from: &dyn PreimageStore, key: PreimageKey) -> HostResult<(Bytes, bool)> {
    let value = from.get(key)?.ok_or(tribunal_preimage::PreimageOracleError::Missing(key))?;
    let good = is_expensive(key) && from.is_vouched(key, &value)?;
    Ok((value, good))
}

/// Whether the check of a key of this type is worth remembering.
pub(crate) const fn is_expensive(key: PreimageKey) -> bool {
    matches!(key.key_type(), PreimageKeyType::Blob | PreimageKeyType::Precompile)
}

/// The checksum under which a record is remembered to be good.
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
