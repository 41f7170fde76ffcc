//! A cache in front of the oracle, so that pre-images are not requested twice.

use alloc::vec::Vec;
use alloy_primitives::{Bytes, map::HashMap};
use core::cell::RefCell;
use tribunal_preimage::{CommsClient, HintType, PreimageKey, PreimageOracleError};

/// An oracle client that caches pre-images up to a budget in bytes.
///
/// There are two generations. When the young one has half the budget, it replaces the old one. A pre-image that is read
/// again moves to the young generation. So pre-images in use stay, at the cost of one map operation.
///
/// Blob elements pass through uncached ([`Self::get_exact`]): each is read once.
#[derive(Debug)]
pub struct CachingOracle<O> {
    oracle: O,
    cache: RefCell<Generations>,
}

#[derive(Debug)]
struct Generations {
    young: HashMap<PreimageKey, Bytes>,
    old: HashMap<PreimageKey, Bytes>,
    young_bytes: usize,
    half_budget: usize,
}

/// The default budget in bytes. A claim of one block reads about 20 MB; the budget also holds the working set of long
/// claims.
pub const DEFAULT_CACHE_BYTES: usize = 64 << 20;

/// Bytes of a cache entry besides the pre-image: key, hash table slot, reference count.
const ENTRY_OVERHEAD: usize = 112;

impl<O: CommsClient> CachingOracle<O> {
    /// Puts a cache of [`DEFAULT_CACHE_BYTES`] in front of `oracle`.
    pub fn new(oracle: O) -> Self {
        Self::with_budget(oracle, DEFAULT_CACHE_BYTES)
    }

    /// Puts a cache of `bytes` in front of `oracle`.
    pub fn with_budget(oracle: O, bytes: usize) -> Self {
        Self {
            oracle,
            cache: RefCell::new(Generations {
                young: HashMap::default(),
                old: HashMap::default(),
                young_bytes: 0,
                half_budget: bytes / 2,
            }),
        }
    }

    /// The pre-image of `key`, from the cache or the oracle.
    ///
    /// # Errors
    /// The oracle's, naming the key.
    pub fn get(&self, key: PreimageKey) -> Result<Bytes, PreimageOracleError> {
        if let Some(value) = self.cache.borrow_mut().find(key) {
            return Ok(value);
        }
        let value = Bytes::from(self.oracle.get(key)?);
        self.cache.borrow_mut().remember(key, value.clone());
        Ok(value)
    }

    /// The pre-image of `key`. Sends a hint first, unless the pre-image is cached. `parts` are concatenated to the hint's
    /// payload.
    ///
    /// # Errors
    /// The oracle's, naming the key.
    pub fn get_hinted(
        &self,
        key: PreimageKey,
        hint: HintType,
        parts: &[&[u8]],
    ) -> Result<Bytes, PreimageOracleError> {
        if let Some(value) = self.cache.borrow_mut().find(key) {
            return Ok(value);
        }
        self.hint(hint, parts)?;
        self.get(key)
    }

    /// Reads a pre-image of known length into `buffer`, past the cache.
    ///
    /// # Errors
    /// The oracle's; also when the pre-image has another length.
    pub fn get_exact(&self, key: PreimageKey, buffer: &mut [u8]) -> Result<(), PreimageOracleError> {
        self.oracle.get_exact(key, buffer)
    }

    /// Sends a hint.
    ///
    /// # Errors
    /// The hint channel's.
    pub fn hint(&self, hint: HintType, parts: &[&[u8]]) -> Result<(), PreimageOracleError> {
        let text: Vec<u8> = hint.encode(parts);
        self.oracle.write(&text)
    }
}

impl Generations {
    fn find(&mut self, key: PreimageKey) -> Option<Bytes> {
        if let Some(value) = self.young.get(&key) {
            return Some(value.clone());
        }
        let value = self.old.remove(&key)?;
        self.remember(key, value.clone());
        Some(value)
    }

    fn remember(&mut self, key: PreimageKey, value: Bytes) {
        let cost = value.len() + ENTRY_OVERHEAD;
        if self.young_bytes + cost > self.half_budget {
            self.old = core::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        self.young_bytes += cost;
        self.young.insert(key, value);
    }
}
