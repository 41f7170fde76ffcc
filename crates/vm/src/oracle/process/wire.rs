//! One of the two connections to a server: a pipe for requests and one for answers.

use super::{
    error::ServerError,
    server::Server,
    system::{Readiness, never_block, unread_bytes},
};
use std::{
    io::{self, ErrorKind, PipeReader, PipeWriter, Read, Write},
    os::fd::{AsFd, OwnedFd},
    thread,
    time::{Duration, Instant},
};

/// The size of a read, in bytes.
const CHUNK: usize = 64 << 10;
/// How long to spin before blocking. A server that has the answer in memory sends it sooner than a sleeping thread wakes.
const SPIN: Duration = Duration::from_micros(50);

/// The machine's ends of the two pipes.
#[derive(Debug)]
pub(super) struct Wire {
    input: PipeReader,
    output: PipeWriter,
    chunk: Box<[u8; CHUNK]>,
    /// Bytes sent so far.
    sent: u64,
}

impl Wire {
    /// A wire, and the server's two ends of it: first the end that the server reads from, then the end that it writes
    /// to.
    pub(super) fn new() -> io::Result<(Self, [OwnedFd; 2])> {
        let (input, theirs_to_write) = io::pipe()?;
        let (theirs_to_read, output) = io::pipe()?;
        never_block(input.as_fd())?;
        never_block(output.as_fd())?;
        let wire = Self { input, output, chunk: Box::new([0; CHUNK]), sent: 0 };
        Ok((wire, [theirs_to_read.into(), theirs_to_write.into()]))
    }

    /// Checks that no bytes have arrived. The server must not send any, because no request is open. A closed pipe is no
    /// error here: the next request reports it.
    pub(super) fn expect_silence(&mut self) -> Result<(), ServerError> {
        match self.input.read(&mut self.chunk[..1]) {
            Ok(0) => Ok(()),
            Ok(_) => Err(ServerError::Unasked),
            Err(error) if is_early(&error) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Sends all of `bytes`.
    pub(super) fn send(&mut self, mut bytes: &[u8], server: &mut Server) -> Result<(), ServerError> {
        while !bytes.is_empty() {
            match self.output.write(bytes) {
                Ok(written) => {
                    bytes = &bytes[written..];
                    self.sent += written as u64;
                }
                Err(error) if is_early(&error) => {
                    server.wait(self.output.as_fd(), Readiness::Write, None)?;
                }
                Err(error) if error.kind() == ErrorKind::BrokenPipe => return Err(server.closed()),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Waits until bytes arrive, and appends them to `into`. Memory is allocated for bytes that have arrived, not for
    /// an announced length.
    pub(super) fn receive(&mut self, into: &mut Vec<u8>, server: &mut Server) -> Result<(), ServerError> {
        let start = Instant::now();
        loop {
            match self.input.read(&mut self.chunk[..]) {
                Ok(0) => return Err(server.closed()),
                Ok(read) => {
                    into.extend_from_slice(&self.chunk[..read]);
                    return Ok(());
                }
                Err(error) if is_early(&error) && start.elapsed() < SPIN => thread::yield_now(),
                Err(error) if is_early(&error) => {
                    server.wait(self.input.as_fd(), Readiness::Read, Some(self.output.as_fd()))?;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Whether the server has read at least one byte of a request. True if the system cannot tell.
    pub(super) fn was_read(&self) -> bool {
        unread_bytes(self.output.as_fd()).is_none_or(|unread| unread < self.sent)
    }
}

/// Whether a read or write must be tried again later.
fn is_early(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}
