//! The hint protocol: the program writes a big-endian u32 length and the hint, the server acknowledges with one byte.

use crate::{
    Channel, HintReaderServer, HintRouter, HintWriterClient, Limits, PreimageOracleError,
    PreimageOracleResult, channel::write_message,
};
use alloc::vec;

/// The program's end of the hint protocol, to the letter of the specification.
#[derive(Debug)]
pub struct HintWriter<C> {
    channel: C,
    limits: Limits,
}

impl<C: Channel> HintWriter<C> {
    /// A writer with the default [`Limits`].
    pub fn new(channel: C) -> Self {
        Self::with_limits(channel, Limits::default())
    }

    /// A writer that refuses to send what exceeds these limits.
    pub fn with_limits(channel: C, limits: Limits) -> Self {
        Self { channel, limits }
    }
}

impl<C: Channel> HintWriterClient for HintWriter<C> {
    fn write(&self, hint: &[u8]) -> PreimageOracleResult<()> {
        let limit = self.limits.hint;
        let length = u32::try_from(hint.len())
            .ok()
            .filter(|length| *length <= limit)
            .ok_or(PreimageOracleError::HintTooLarge { length: hint.len() as u64, limit: limit.into() })?;
        write_message(&self.channel, length.to_be_bytes(), hint)?;
        // The specification says zero, but implementations differ, and the byte carries nothing.
        Ok(self.channel.read_exact(&mut [0])?)
    }
}

/// The server's end of the hint protocol, to the letter of the specification.
#[derive(Debug)]
pub struct HintReader<C> {
    channel: C,
    limits: Limits,
}

impl<C: Channel> HintReader<C> {
    /// A reader with the default [`Limits`].
    pub fn new(channel: C) -> Self {
        Self::with_limits(channel, Limits::default())
    }

    /// A reader that refuses what exceeds these limits.
    pub fn with_limits(channel: C, limits: Limits) -> Self {
        Self { channel, limits }
    }
}

impl<C: Channel> HintReaderServer for HintReader<C> {
    fn next_hint(&self, router: &dyn HintRouter) -> PreimageOracleResult<()> {
        let mut prefix = [0; 4];
        if !self.channel.read_exact_or_eof(&mut prefix)? {
            return Err(PreimageOracleError::Closed);
        }
        let length = u32::from_be_bytes(prefix);
        let limit = self.limits.hint;
        let mut hint = match usize::try_from(length) {
            Ok(size) if length <= limit => vec![0; size],
            _ => {
                return Err(PreimageOracleError::HintTooLarge { length: length.into(), limit: limit.into() });
            }
        };
        self.channel.read_exact(&mut hint)?;
        let routed = router.route_hint(&hint);
        let acknowledged = self.channel.write_all(&[0]);
        // The router's error says more than that of a peer which did not wait for its answer.
        routed?;
        Ok(acknowledged?)
    }
}
