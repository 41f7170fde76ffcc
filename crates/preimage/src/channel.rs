//! A blocking two-way byte stream, on which both protocols run.

use alloc::{boxed::Box, rc::Rc, sync::Arc};

/// The result of a call to a [`Channel`].
pub type ChannelResult<T> = Result<T, ChannelError>;

/// Why bytes could not be moved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChannelError {
    /// The peer closed its end in the middle of a message.
    #[error("the peer closed the stream after {received} of {expected} bytes")]
    UnexpectedEof {
        /// Bytes of the piece that was being read.
        expected: usize,
        /// Bytes of it that came.
        received: usize,
    },
    /// The peer has closed its end for reading.
    #[error("the peer stopped reading with {unwritten} bytes left to write")]
    PeerClosed {
        /// Bytes that were not written.
        unwritten: usize,
    },
    /// The operating system or the VM reported an error.
    #[error("{operation} failed with error number {code}")]
    Os {
        /// The operation, `read` or `write`.
        operation: &'static str,
        /// The error number that was given, 0 if none was.
        code: i32,
    },
}

/// A blocking two-way byte stream. The methods take `&self`, since a descriptor can be shared; threads that share a channel
/// must keep their messages apart.
pub trait Channel {
    /// Reads at least one and at most `buf.len()` bytes and returns how many; 0 if the peer closed its end (or `buf` is
    /// empty).
    ///
    /// # Errors
    /// [`ChannelError::Os`] if the stream is broken.
    fn read(&self, buf: &mut [u8]) -> ChannelResult<usize>;

    /// Writes at least one byte of `buf`, unless that is empty, and returns how many; 0 if none can ever be written.
    ///
    /// # Errors
    /// [`ChannelError::PeerClosed`] if the peer has closed its end, [`ChannelError::Os`] if the stream is broken.
    fn write(&self, buf: &[u8]) -> ChannelResult<usize>;

    /// Fills `buf`, in as many reads as it takes.
    ///
    /// # Errors
    /// [`ChannelError::UnexpectedEof`] if the peer closes before that, and the errors of [`Channel::read`].
    fn read_exact(&self, buf: &mut [u8]) -> ChannelResult<()> {
        let received = fill(self, buf)?;
        if received == buf.len() {
            return Ok(());
        }
        Err(ChannelError::UnexpectedEof { expected: buf.len(), received })
    }

    /// As [`Channel::read_exact`], but a stream that ends before the first byte is `Ok(false)`: the peer has closed it
    /// between two messages.
    ///
    /// # Errors
    /// As [`Channel::read_exact`].
    fn read_exact_or_eof(&self, buf: &mut [u8]) -> ChannelResult<bool> {
        match fill(self, buf)? {
            received if received == buf.len() => Ok(true),
            0 => Ok(false),
            received => Err(ChannelError::UnexpectedEof { expected: buf.len(), received }),
        }
    }

    /// Writes all of `buf`, in as many writes as it takes.
    ///
    /// # Errors
    /// [`ChannelError::PeerClosed`] if the peer stops taking bytes, and the errors of [`Channel::write`].
    fn write_all(&self, buf: &[u8]) -> ChannelResult<()> {
        let mut rest = buf;
        while !rest.is_empty() {
            match self.write(rest)? {
                0 => return Err(ChannelError::PeerClosed { unwritten: rest.len() }),
                // A channel that claims more than it was given has taken all there was.
                taken => rest = rest.get(taken..).unwrap_or_default(),
            }
        }
        Ok(())
    }
}

/// Reads until `buf` is full or the stream ends; returns how much came.
fn fill<C: Channel + ?Sized>(channel: &C, buf: &mut [u8]) -> ChannelResult<usize> {
    let mut filled = 0;
    while let Some(rest @ [_, ..]) = buf.get_mut(filled..) {
        match channel.read(rest)? {
            0 => break,
            read => filled += read.min(rest.len()),
        }
    }
    Ok(filled)
}

/// Bodies up to this size travel in one write with their prefix. Nearly all hints and most pre-images (a full branch
/// node has 532 bytes) are that small, and a second write costs a system call and may wake the reader twice.
const JOINED_BODY: usize = 1016;

/// Writes `prefix` and `body` as one message.
pub(crate) fn write_message<const N: usize>(
    channel: &(impl Channel + ?Sized),
    prefix: [u8; N],
    body: &[u8],
) -> ChannelResult<()> {
    let mut joined = [0u8; JOINED_BODY + 8];
    let len = N + body.len();
    match joined.get_mut(..len) {
        Some(message) if body.len() <= JOINED_BODY => {
            let (head, tail) = message.split_at_mut(N);
            head.copy_from_slice(&prefix);
            tail.copy_from_slice(body);
            channel.write_all(message)
        }
        _ => {
            channel.write_all(&prefix)?;
            channel.write_all(body)
        }
    }
}

macro_rules! forward {
    ($($pointer:ty),*) => {$(
        impl<C: Channel + ?Sized> Channel for $pointer {
            fn read(&self, buf: &mut [u8]) -> ChannelResult<usize> {
                (**self).read(buf)
            }

            fn write(&self, buf: &[u8]) -> ChannelResult<usize> {
                (**self).write(buf)
            }
        }
    )*};
}

forward!(&C, Box<C>, Rc<C>, Arc<C>);
