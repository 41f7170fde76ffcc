//! Copying one store into another.

use alloy_primitives::Bytes;
use std::{path::Path, sync::Arc};
use tribunal_preimage::{PreimageKey, PreimageOracleError};

use super::{PreimageStore, StoreOptions, Voucher, is_expensive, open::Made};
use crate::error::{HostError, HostResult};

/// Copies all of `from` into `into`, and the note of which records `from` has verified. Returns the number of records.
///
/// `progress` is called with the number of records that were read, and with the number of all records.
///
/// # Errors
/// Those of either store. Records that were copied before the error stay.
pub fn copy(
    from: &dyn PreimageStore,
    into: &dyn PreimageStore,
    progress: &mut dyn FnMut(usize, usize),
) -> HostResult<usize> {
    let keys = from.keys()?;
    let mut failed = None;
    let mut vouched = Vec::new();
    let mut records = keys.iter().enumerate().map_while(|(index, key)| match read(from, *key) {
        Ok((value, good)) => {
            if good {
                vouched.push(Voucher::new(*key, &value));
            }
            progress(index + 1, keys.len());
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

fn read(from: &dyn PreimageStore, key: PreimageKey) -> HostResult<(Bytes, bool)> {
    let value = from.get(key)?.ok_or(PreimageOracleError::Missing(key))?;
    let good = is_expensive(key) && from.is_vouched(key, &value)?;
    Ok((value, good))
}

impl StoreOptions {
    /// Copies all of `from` into the store at `path`; see [`copy`]. Returns that store and the number of records.
    ///
    /// A new store is filled under a temporary name beside `path` and renamed when it is complete, so that a failure
    /// leaves nothing that looks like a store. If the store existed before, the records copied before a failure stay in
    /// it.
    ///
    /// # Errors
    /// Those of [`StoreOptions::create`] and of [`copy`].
    pub fn import(
        &self,
        from: &dyn PreimageStore,
        path: &Path,
        progress: &mut dyn FnMut(usize, usize),
    ) -> HostResult<(Arc<dyn PreimageStore>, usize)> {
        let mut number = 0;
        let is_there = path.try_exists().map_err(HostError::io(path))?;
        let made = match is_there {
            true => Made::AlreadyThere,
            false => self.make(path, |new| {
                number = copy(from, new, progress)?;
                Ok(())
            })?,
        };
        let store = self.create(path)?;
        if made == Made::AlreadyThere {
            number = copy(from, &*store, progress)?;
        }
        Ok((store, number))
    }
}
