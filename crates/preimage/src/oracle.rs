//! The pre-image protocol: the program writes a 32-byte key, the server answers with a big-endian u64 length and as many
//! bytes.

use crate::{
    Channel, Limits, PreimageFetcher, PreimageKey, PreimageOracleClient, PreimageOracleError,
    PreimageOracleResult, PreimageOracleServer, channel::write_message,
};
use alloc::{vec, vec::Vec};
use core::sync::atomic::{AtomicBool, Ordering};

/// A length prefix, aligned so that the fault-proof machine, which reads no further than the next word boundary, fills it
/// in one call.
#[derive(Default)]
#[repr(C, align(8))]
struct LengthPrefix([u8; 8]);

/// The program's end of the pre-image protocol, to the letter of the specification.
#[derive(Debug)]
pub struct OracleReader<C> {
    channel: C,
    limits: Limits,
    /// Set while a request is under way, and left set by one that fails within the stream.
    in_request: AtomicBool,
}

impl<C: Channel> OracleReader<C> {
    /// A reader with the default [`Limits`].
    pub fn new(channel: C) -> Self {
        Self::with_limits(channel, Limits::default())
    }

    /// A reader that refuses what exceeds these limits.
    pub fn with_limits(channel: C, limits: Limits) -> Self {
        Self { channel, limits, in_request: AtomicBool::new(false) }
    }

    /// Sends the request and reads the length of the answer, which must be within the limit.
    fn request(&self, key: PreimageKey) -> PreimageOracleResult<usize> {
        if self.in_request.swap(true, Ordering::AcqRel) {
            return Err(PreimageOracleError::Desynchronised);
        }
        self.channel.write_all(key.as_bytes())?;
        let mut prefix = LengthPrefix::default();
        self.channel.read_exact(&mut prefix.0)?;
        let length = u64::from_be_bytes(prefix.0);
        let limit = self.limits.preimage;
        usize::try_from(length).ok().filter(|_| length <= limit).ok_or(PreimageOracleError::TooLarge {
            key,
            length,
            limit,
        })
    }

    /// The answer has been read to its end: the next request may come.
    fn finish(&self) {
        self.in_request.store(false, Ordering::Release);
    }

    /// Reads and forgets the rest of an answer, so that the next one is found where it starts.
    fn skip(&self, length: usize) -> PreimageOracleResult<()> {
        let mut scratch = [0; 1024];
        let mut left = length;
        while let Some(piece) = scratch.get_mut(..left.min(1024)).filter(|piece| !piece.is_empty()) {
            self.channel.read_exact(piece)?;
            left -= piece.len();
        }
        Ok(())
    }
}

impl<C: Channel> PreimageOracleClient for OracleReader<C> {
    fn get(&self, key: PreimageKey) -> PreimageOracleResult<Vec<u8>> {
        let length = self.request(key)?;
        let mut value = vec![0; length];
        self.channel.read_exact(&mut value)?;
        self.finish();
        Ok(value)
    }

    fn get_exact(&self, key: PreimageKey, buf: &mut [u8]) -> PreimageOracleResult<()> {
        let length = self.request(key)?;
        if length != buf.len() {
            self.skip(length)?;
            self.finish();
            let (expected, got) = (buf.len() as u64, length as u64);
            return Err(PreimageOracleError::BadLength { key, expected, got });
        }
        self.channel.read_exact(buf)?;
        self.finish();
        Ok(())
    }
}

/// The server's end of the pre-image protocol, to the letter of the specification.
#[derive(Debug)]
pub struct OracleServer<C> {
    channel: C,
    limits: Limits,
}

impl<C: Channel> OracleServer<C> {
    /// A server with the default [`Limits`].
    pub fn new(channel: C) -> Self {
        Self::with_limits(channel, Limits::default())
    }

    /// A server that refuses to send what exceeds these limits.
    pub fn with_limits(channel: C, limits: Limits) -> Self {
        Self { channel, limits }
    }
}

impl<C: Channel> PreimageOracleServer for OracleServer<C> {
    fn next_preimage_request(&self, fetcher: &dyn PreimageFetcher) -> PreimageOracleResult<()> {
        let mut request = [0; 32];
        if !self.channel.read_exact_or_eof(&mut request)? {
            return Err(PreimageOracleError::Closed);
        }
        let key = PreimageKey::try_from(request)?;
        let value = fetcher.get_preimage(key)?;
        let (length, limit) = (value.len() as u64, self.limits.preimage);
        if length > limit {
            return Err(PreimageOracleError::TooLarge { key, length, limit });
        }
        Ok(write_message(&self.channel, length.to_be_bytes(), &value)?)
    }
}
