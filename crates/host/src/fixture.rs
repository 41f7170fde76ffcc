//! The exchange format: records `key[32] | length u64 BE | value`, compressed with Zstandard.

use alloy_primitives::{Bytes, hex};
use std::{
    fs,
    io::{self, ErrorKind, Read, Write},
    path::Path,
};
use tribunal_preimage::PreimageOracleError;
use zstd::{bulk::Decompressor, stream, zstd_safe};

use crate::{
    error::{HostError, HostResult},
    store::{Arena, MemoryStore, PreimageStore, whole_file},
};

/// The name of the file in a fixture folder.
pub const PREIMAGES: &str = "preimages.bin.zst";

/// The most that a file may unpack to, in bytes. The pre-images of a long claim are tens of megabytes.
pub const MAX_UNPACKED: usize = 4 << 30;

/// How Zstandard data begins.
pub(crate) const ZSTANDARD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Zstandard's level for export: most pre-images are hashes, which no level makes smaller.
const LEVEL: i32 = 6;

/// Loads a pre-image file into memory.
///
/// # Errors
/// [`HostError::Compression`], the errors about records, each with its offset and key, and [`HostError::Io`].
pub fn load(path: &Path) -> HostResult<MemoryStore> {
    let compressed = fs::read(path).map_err(HostError::io(path))?;
    parse(path, &compressed)
}

/// As [`load`], from memory; `path` is what errors name.
///
/// # Errors
/// As [`load`].
pub fn parse(path: &Path, compressed: &[u8]) -> HostResult<MemoryStore> {
    let records =
        decompress(compressed).map_err(|reason| HostError::Compression { path: path.into(), reason })?;
    let length = records.len();
    Ok(MemoryStore::on(Arena::index(path, Bytes::from(records), 0..length)?))
}

/// Unpacks all frames, or says what is wrong with them.
fn decompress(compressed: &[u8]) -> Result<Vec<u8>, String> {
    match compressed.get(..4).unwrap_or(compressed) {
        start if start == ZSTANDARD_MAGIC => {}
        // A frame that is skipped may come first.
        [0x50..=0x5f, 0x2a, 0x4d, 0x18] => {}
        [] => return Err("is empty".to_owned()),
        start => return Err(format!("is not Zstandard data (it begins with {})", hex::encode(start))),
    }
    let records = match single_frame_size(compressed) {
        // In one go: no window has to be kept beside the output.
        Some(size) => {
            Decompressor::new().and_then(|mut decompressor| decompressor.decompress(compressed, size))
        }
        None => decompress_stream(compressed),
    };
    let records = records.map_err(|error| match error.kind() {
        ErrorKind::UnexpectedEof => "is cut off: copy it again".to_owned(),
        _ => format!("cannot be decompressed: {error}"),
    })?;
    if records.len() > MAX_UNPACKED {
        return Err(format!("unpacks to more than {MAX_UNPACKED} bytes"));
    }
    Ok(records)
}

/// Unpacks up to one byte more than the limit.
fn decompress_stream(compressed: &[u8]) -> io::Result<Vec<u8>> {
    let mut records = Vec::new();
    let decoder = stream::read::Decoder::with_buffer(compressed)?;
    decoder.take(MAX_UNPACKED as u64 + 1).read_to_end(&mut records)?;
    Ok(records)
}

/// The unpacked size, if the data is one frame that states a possible size. Zstandard's densest blocks stand for 128 KiB in
/// 4 bytes, so the length of a file bounds the size that it can state.
fn single_frame_size(compressed: &[u8]) -> Option<usize> {
    const DENSEST: usize = (128 << 10) / 4;
    let frame = zstd_safe::find_frame_compressed_size(compressed).ok()?;
    let size = usize::try_from(zstd_safe::get_frame_content_size(compressed).ok()??).ok()?;
    let possible = size <= MAX_UNPACKED && size <= compressed.len().saturating_mul(DENSEST);
    (frame == compressed.len() && possible).then_some(size)
}

/// Writes all of `store` to a pre-image file, sorted by key. Returns the number of records. The file appears when it is
/// complete; what is no regular file, such as a device, is written directly.
///
/// # Errors
/// The store's, and [`HostError::Io`].
pub fn save(store: &dyn PreimageStore, path: &Path) -> HostResult<usize> {
    whole_file::write(path, |file| write(store, file, path))
}

/// As [`save`], to any writer; `path` is what errors name.
///
/// # Errors
/// The store's, and [`HostError::Io`].
pub fn write(store: &dyn PreimageStore, writer: impl Write, path: &Path) -> HostResult<usize> {
    let io = |error| HostError::io(path)(error);
    let keys = store.keys()?;
    let mut encoder = stream::write::Encoder::new(writer, LEVEL).map_err(io)?;
    encoder.include_checksum(true).map_err(io)?;
    for key in &keys {
        let value = store.get(*key)?.ok_or(PreimageOracleError::Missing(*key))?;
        let mut header = [0; 40];
        let (start, length) = header.split_at_mut(32);
        start.copy_from_slice(key.as_bytes());
        length.copy_from_slice(&(value.len() as u64).to_be_bytes());
        encoder.write_all(&header).and_then(|()| encoder.write_all(&value)).map_err(io)?;
    }
    encoder.finish().map_err(io)?;
    Ok(keys.len())
}
