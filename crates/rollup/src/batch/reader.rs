//! The batches of a compressed channel, one by one.

use alloy_primitives::Bytes;

use super::RawBatch;
use crate::{
    RollupError,
    channel::{
        CHANNEL_VERSION_BROTLI,
        compression::{BrotliReader, BufferedReader, Decompressor, End, ZlibReader},
    },
};

/// Reads batches from a compressed channel, decompressing no more than needed for the next one.
///
/// The channel ends at the first batch that is damaged, malformed or longer than the rest of the limit. The batches
/// before it count, even if the compressed stream has an error after them.
///
/// ```
/// use tribunal_rollup::{batch::{BatchReader, RawBatch, SingularBatch, join_batches}, channel::compress_zlib};
///
/// let batch = SingularBatch { timestamp: 1, ..Default::default() };
/// let mut channel = compress_zlib(&join_batches([&batch.encode()[..]; 2]), 6);
/// channel.truncate(channel.len() - 1); // spoils the checksum, which comes last
/// let mut reader = BatchReader::new(channel.into(), 10_000_000, false)?;
/// assert_eq!(reader.next_batch()?, Some(RawBatch::Singular(batch.clone())));
/// assert_eq!(reader.next_batch()?, Some(RawBatch::Singular(batch)));
/// assert!(reader.next_batch().is_err());
/// assert_eq!(reader.next_batch()?, None);
/// # Ok::<_, tribunal_rollup::RollupError>(())
/// ```
#[derive(Debug)]
pub struct BatchReader {
    /// `None` once the channel has ended.
    input: Option<BufferedReader>,
    /// How many more decompressed bytes may be read.
    remaining: u64,
}

impl BatchReader {
    /// Opens the data of a channel. The reader decompresses at most `max_rlp_bytes` bytes. It accepts Brotli only
    /// with `fjord`.
    ///
    /// # Errors
    /// An empty channel, an unknown compression, or a malformed zlib header. Derivation drops the channel.
    pub fn new(channel: Bytes, max_rlp_bytes: u64, fjord: bool) -> Result<Self, RollupError> {
        let decompressor = match *channel.first().ok_or(RollupError::EmptyChannel)? {
            first if matches!(first & 0x0f, 8 | 15) => {
                Decompressor::Zlib(ZlibReader::new(&channel).ok_or(RollupError::Compression)?)
            }
            CHANNEL_VERSION_BROTLI if fjord => Decompressor::Brotli(BrotliReader::new(channel.slice(1..))),
            other => return Err(RollupError::UnknownCompression(other)),
        };
        Ok(Self { input: Some(BufferedReader::new(decompressor)), remaining: max_rlp_bytes })
    }

    /// The next batch, `None` after the last.
    ///
    /// # Errors
    /// Why the channel ends here. Derivation treats an error like `None`. Every later call returns `None`.
    pub fn next_batch(&mut self) -> Result<Option<RawBatch>, RollupError> {
        let batch =
            self.next_payload().and_then(|payload| payload.as_ref().map(RawBatch::decode).transpose());
        if !matches!(batch, Ok(Some(_))) {
            self.input = None;
        }
        batch
    }

    /// The contents of the next RLP string.
    fn next_payload(&mut self) -> Result<Option<Bytes>, RollupError> {
        if self.remaining == 0 {
            return Ok(None);
        }
        let Some(input) = &mut self.input else { return Ok(None) };
        let first = match input.read_byte() {
            Ok(first) => first,
            Err(End::Complete) => return Ok(None),
            Err(End::Damaged) => return Err(RollupError::Compression),
        };
        self.remaining -= 1;
        let size = match first {
            ..0x80 => return Ok(Some(Bytes::copy_from_slice(&[first]))),
            0x80..0xb8 => u64::from(first - 0x80),
            0xb8..0xc0 => self.long_size(usize::from(first - 0xb7))?,
            _ => return Err(malformed(alloy_rlp::Error::UnexpectedList)),
        };
        let payload = self.read(size)?;
        if matches!(payload[..], [..0x80]) {
            return Err(malformed(alloy_rlp::Error::NonCanonicalSingleByte));
        }
        Ok(Some(payload))
    }

    /// The size of a string of more than 55 bytes, which the next `length` bytes encode.
    fn long_size(&mut self, length: usize) -> Result<u64, RollupError> {
        let bytes = self.read(length as u64)?;
        if bytes.first() == Some(&0) {
            return Err(malformed(alloy_rlp::Error::LeadingZero));
        }
        match bytes.iter().fold(0, |size, &byte| size << 8 | u64::from(byte)) {
            ..56 => Err(malformed(alloy_rlp::Error::NonCanonicalSize)),
            size => Ok(size),
        }
    }

    fn read(&mut self, size: u64) -> Result<Bytes, RollupError> {
        let remaining = self.remaining;
        if size > remaining {
            return Err(RollupError::ChannelLimit { size, remaining });
        }
        self.remaining -= size;
        let input = self.input.as_mut().ok_or(RollupError::Compression)?;
        let size = usize::try_from(size).map_err(|_| RollupError::ChannelLimit { size, remaining })?;
        input.read_exact(size).map(Bytes::from).map_err(|_| RollupError::Compression)
    }
}

fn malformed(error: alloy_rlp::Error) -> RollupError {
    RollupError::Rlp { item: "channel", error }
}
