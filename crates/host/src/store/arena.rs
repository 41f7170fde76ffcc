//! Many records in one buffer, with an index.

use alloy_primitives::{B256, Bytes, map::HashMap};
use std::{collections::hash_map::Entry, ops::Range, path::Path};
use tribunal_preimage::{Limits, PreimageKey, PreimageKeyType};

use crate::error::{HostError, HostResult};

/// Bytes before a record's value: its key and the length of the value.
pub(crate) const RECORD_HEADER: usize = 32 + 8;

/// Records `key[32] | length u64 BE | value`, one after the other, and where each value lies.
///
/// Nothing is copied or allocated per record: 36 000 records take the time of as many insertions in a hash table.
#[derive(Debug, Default)]
pub(crate) struct Arena {
    buffer: Bytes,
    index: HashMap<PreimageKey, Span>,
}

/// Where a value lies in the buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    start: usize,
    end: usize,
}

impl Arena {
    /// Indexes the records in `range` of `buffer`. Offsets in errors count from the start of `range`.
    ///
    /// # Errors
    /// One of those of [`HostError`] that name `path`, an offset and a key. The same record twice is no error.
    pub(crate) fn index(path: &Path, buffer: Bytes, range: Range<usize>) -> HostResult<Self> {
        let mut index = HashMap::default();
        // Less than half of the typical record, so that growing is rare; at most a tenth of the buffer's own size.
        index.reserve(range.len() / 512);
        let records = Records { path, all: buffer.get(range.clone()).unwrap_or_default(), offset: 0 };
        for record in records {
            let (key, value) = record?;
            let span = Span { start: range.start + value.start, end: range.start + value.end };
            match index.entry(key) {
                Entry::Vacant(vacant) => {
                    vacant.insert(span);
                }
                Entry::Occupied(first) => {
                    let first: &Span = first.get();
                    if buffer.get(first.start..first.end) != buffer.get(span.start..span.end) {
                        let offset = (value.start - RECORD_HEADER) as u64;
                        return Err(HostError::Conflict { path: path.into(), offset, key });
                    }
                }
            }
        }
        Ok(Self { buffer, index })
    }

    /// The value of `key`.
    pub(crate) fn get(&self, key: &PreimageKey) -> Option<Bytes> {
        let span = self.index.get(key)?;
        Some(self.buffer.slice(span.start..span.end))
    }

    /// Whether the value of `key` lies at or after `offset` in the buffer.
    pub(crate) fn lies_after(&self, key: &PreimageKey, offset: usize) -> bool {
        self.index.get(key).is_some_and(|span| span.start >= offset)
    }

    /// All keys, in no order.
    pub(crate) fn keys(&self) -> impl Iterator<Item = PreimageKey> + '_ {
        self.index.keys().copied()
    }
}

/// Walks over records, checking each before it believes its length.
struct Records<'a> {
    path: &'a Path,
    all: &'a [u8],
    offset: usize,
}

impl Records<'_> {
    fn next_record(&mut self) -> HostResult<(PreimageKey, Range<usize>)> {
        let offset = self.offset as u64;
        let rest = self.all.get(self.offset..).unwrap_or_default();
        let cut_off = |key| HostError::Truncated { path: self.path.into(), offset, key };
        let (key, rest) = rest.split_first_chunk::<32>().ok_or_else(|| cut_off(None))?;
        let key = storable_key(*key).ok_or_else(|| HostError::StrayKey {
            path: self.path.into(),
            offset,
            key: B256::new(*key),
        })?;
        let (length, rest) = rest.split_first_chunk::<8>().ok_or_else(|| cut_off(Some(key)))?;
        let (length, limit) = (u64::from_be_bytes(*length), Limits::default().preimage);
        if length > limit {
            return Err(HostError::RecordTooLong { path: self.path.into(), offset, key, length, limit });
        }
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > rest.len() {
            return Err(cut_off(Some(key)));
        }
        let start = self.offset + RECORD_HEADER;
        self.offset = start + length;
        Ok((key, start..self.offset))
    }
}

impl Iterator for Records<'_> {
    type Item = HostResult<(PreimageKey, Range<usize>)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.offset >= self.all.len() {
            return None;
        }
        let record = self.next_record();
        if record.is_err() {
            self.offset = self.all.len();
        }
        Some(record)
    }
}

/// The key, if it is of a type that stores keep: known, and not local.
pub(crate) fn storable_key(bytes: [u8; 32]) -> Option<PreimageKey> {
    PreimageKey::try_from(bytes).ok().filter(|key| key.key_type() != PreimageKeyType::Local)
}

/// Appends a record to `buffer`.
pub(crate) fn append_record(buffer: &mut Vec<u8>, key: PreimageKey, value: &[u8]) {
    buffer.extend_from_slice(key.as_bytes());
    buffer.extend_from_slice(&(value.len() as u64).to_be_bytes());
    buffer.extend_from_slice(value);
}
