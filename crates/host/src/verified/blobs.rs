//! Elements of blobs: which blob each belongs to, and whether that blob has its commitment.

use alloy_primitives::map::{HashMap, HashSet};
use rayon::prelude::*;
use std::sync::Mutex;
use tribunal_preimage::{
    PreimageKey, PreimageKeyType, PreimageOracleError, PreimageOracleResult,
    verify::{BlobClaim, Context, Verified as Outcome, verify, verify_blobs},
};

use super::{lock, unverifiable};
use crate::{
    blobs::{Assembled, Blob, element_keys},
    store::{PreimageStore, Voucher},
};

/// The blobs that were met in this process.
#[derive(Debug, Default)]
pub(super) struct Blobs {
    /// Locked during checks, so that no two threads make the same ones.
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// Commitments that were read, and whose elements are not in `blob_of` yet.
    announced: Vec<[u8; 48]>,
    /// All commitments that were met.
    commitments: HashSet<[u8; 48]>,
    /// The commitment behind an element.
    blob_of: HashMap<PreimageKey, [u8; 48]>,
    /// Values of the elements of blobs that were verified.
    good: HashMap<PreimageKey, [u8; 32]>,
    /// What is wrong with the elements of other blobs.
    bad: HashMap<PreimageKey, PreimageOracleError>,
    /// Elements that the store does not remember yet.
    unsaved: Vec<Voucher>,
    /// Commitments in the store whose blobs no check has looked at, once the store was searched for them.
    unchecked: Option<Vec<[u8; 48]>>,
}

impl Blobs {
    /// Takes note of a commitment that was read.
    pub(super) fn announce(&self, commitment: [u8; 48]) {
        let mut known = lock(&self.known);
        if known.commitments.insert(commitment) {
            known.announced.push(commitment);
        }
    }

    /// Checks elements that the store does not know to be verified, and with them the blobs that they belong to.
    pub(super) fn check(
        &self,
        store: &dyn PreimageStore,
        elements: &[(PreimageKey, &[u8])],
    ) -> PreimageOracleResult<()> {
        let mut known = lock(&self.known);
        let mut commitments = Vec::new();
        for (key, value) in elements {
            if known.verdict(*key, value).is_none() {
                let commitment = known.commitment_of(*key, store)?;
                let commitment = commitment
                    .ok_or_else(|| unverifiable(*key, "no commitment in the store has this element"))?;
                if !commitments.contains(&commitment) {
                    commitments.push(commitment);
                }
            }
        }
        if !commitments.is_empty() {
            known.check_with_others(&commitments, store);
        }
        elements.iter().try_for_each(|(key, value)| match known.verdict(*key, value) {
            Some(verdict) => verdict,
            // Another process may have verified the blob meanwhile.
            None => match store.is_vouched(*key, value).map_err(|error| error.for_key(*key))? {
                true => Ok(()),
                false => Err(unverifiable(*key, "the store changed it while its blob was verified")),
            },
        })
    }

    /// Checks a few blobs of the store before any of their elements is read, so that the reads need not wait. Notes
    /// only which blobs are right: the others are checked again when they are read.
    pub(super) fn check_ahead(&self, store: &dyn PreimageStore) {
        lock(&self.known).check_with_others(&[], store);
    }

    /// Checks the blobs of all commitments in the store.
    ///
    /// # Errors
    /// When the store fails. A wrong blob is no error here: a read of one of its elements is.
    pub(super) fn check_all(&self, store: &dyn PreimageStore) -> PreimageOracleResult<()> {
        /// Blobs that are in memory together.
        const TOGETHER: usize = 64;
        // A commitment that cannot be read is found when its own key is checked.
        let commitments: Vec<_> = commitments(store)?.into_iter().flatten().collect();
        let mut known = lock(&self.known);
        commitments.chunks(TOGETHER).for_each(|chunk| known.check_blobs(chunk, store));
        Ok(())
    }

    /// Notes elements that were verified on arrival, and that the store remembers.
    pub(super) fn arrived(&self, elements: impl Iterator<Item = (PreimageKey, [u8; 32])>) {
        let mut known = lock(&self.known);
        for (key, value) in elements {
            known.bad.remove(&key);
            known.good.insert(key, value);
        }
    }

    /// The elements that were verified since the last call.
    pub(super) fn take_unsaved(&self) -> Vec<Voucher> {
        std::mem::take(&mut lock(&self.known).unsaved)
    }
}

impl Known {
    /// What is known of this value, if anything is.
    fn verdict(&self, key: PreimageKey, value: &[u8]) -> Option<PreimageOracleResult<()>> {
        if self.good.get(&key).is_some_and(|good| good == value) {
            return Some(Ok(()));
        }
        self.bad.get(&key).map(|error| Err(error.clone()))
    }

    /// The commitment of the blob that has this element: one that was read lately, or else any in the store.
    fn commitment_of(
        &mut self,
        key: PreimageKey,
        store: &dyn PreimageStore,
    ) -> PreimageOracleResult<Option<[u8; 48]>> {
        for commitment in std::mem::take(&mut self.announced) {
            self.index(commitment);
        }
        if let Some(commitment) = self.blob_of.get(&key) {
            return Ok(Some(*commitment));
        }
        let owner = commitments(store)?
            .into_iter()
            .collect::<PreimageOracleResult<Vec<_>>>()?
            .into_par_iter()
            .find_any(|commitment| element_keys(commitment).any(|element| element == key));
        if let Some(commitment) = owner {
            self.commitments.insert(commitment);
            self.index(commitment);
        }
        Ok(owner)
    }

    fn index(&mut self, commitment: [u8; 48]) {
        self.blob_of.extend(element_keys(&commitment).map(|element| (element, commitment)));
    }

    /// Checks the blobs of these commitments, together with a few others of the store: a batch takes hardly longer than
    /// one blob, and the program is likely to read the others next.
    fn check_with_others(&mut self, commitments: &[[u8; 48]], store: &dyn PreimageStore) {
        /// Other blobs in a batch. They bound what a store full of blobs can cost.
        const OTHERS: usize = 15;
        let mut unchecked = self.unchecked.take().unwrap_or_else(|| {
            // What cannot be listed is checked when it is read.
            self::commitments(store).unwrap_or_default().into_iter().flatten().collect()
        });
        unchecked.retain(|commitment| !commitments.contains(commitment));
        let others = unchecked.split_off(unchecked.len().saturating_sub(OTHERS));
        self.unchecked = Some(unchecked);

        // Another process may still be writing the other blobs, so only what is right is noted of them.
        let others = assemble(&others, store).filter_map(Assembled::complete).collect();
        self.judge(assemble(commitments, store), others);
    }

    /// Checks the blobs of these commitments.
    fn check_blobs(&mut self, commitments: &[[u8; 48]], store: &dyn PreimageStore) {
        self.judge(assemble(commitments, store), Vec::new());
    }

    /// Accepts blobs, or notes what is wrong with them. The others are accepted if all of the batch is right.
    fn judge(&mut self, assembled: impl Iterator<Item = Assembled>, others: Vec<Blob>) {
        let mut complete = Vec::new();
        for blob in assembled {
            match blob {
                Assembled::Absent | Assembled::Vouched => {}
                Assembled::Complete(blob) => complete.push(blob),
                Assembled::Broken { present, error } => {
                    self.bad.extend(present.into_iter().map(|key| (key, error.clone())));
                }
            }
        }
        let claims: Vec<BlobClaim<'_>> = complete.iter().chain(&others).map(Blob::claim).collect();
        if verify_blobs(&claims).is_ok() {
            complete.iter().chain(&others).for_each(|blob| self.accept(blob));
            return;
        }
        // One wrong blob spoils the batch: then each is verified alone.
        for blob in &complete {
            match verify_blobs(&[blob.claim()]) {
                Ok(()) => self.accept(blob),
                Err(error) => {
                    let error = blob.blame(error);
                    self.bad.extend(blob.elements().map(|(key, _)| (key, error.clone())));
                }
            }
        }
    }

    /// Notes a blob that was verified.
    fn accept(&mut self, blob: &Blob) {
        self.good.extend(blob.elements());
        self.unsaved.extend(blob.elements().map(|(key, value)| Voucher::new(key, &value)));
    }
}

/// Looks for the blobs of these commitments, on all processors.
fn assemble(commitments: &[[u8; 48]], store: &dyn PreimageStore) -> impl Iterator<Item = Assembled> {
    let assembled: Vec<_> =
        commitments.par_iter().map(|commitment| Assembled::from_store(commitment, store)).collect();
    assembled.into_iter()
}

/// All values in the store that can be commitments: those of type 4 with the right length and hash. In the place of one that
/// cannot be read is the error.
fn commitments(store: &dyn PreimageStore) -> PreimageOracleResult<Vec<PreimageOracleResult<[u8; 48]>>> {
    let failed = |error: crate::HostError| PreimageOracleError::Other(error.to_string());
    let mut commitments = Vec::new();
    for key in store.keys_of(PreimageKeyType::Sha256).map_err(failed)? {
        match store.get(key) {
            Ok(Some(value)) => {
                if let Ok(commitment) = <[u8; 48]>::try_from(value.as_ref())
                    && verify(key, &value, &Context::None) == Ok(Outcome::Valid)
                {
                    commitments.push(Ok(commitment));
                }
            }
            Ok(None) => {}
            Err(error) => commitments.push(Err(error.for_key(key))),
        }
    }
    Ok(commitments)
}
