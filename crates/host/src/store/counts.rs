//! How many pre-images a store holds, and how large they are.

use tribunal_preimage::PreimageKeyType;

use super::PreimageStore;
use crate::error::HostResult;

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
