//! A connection to a pre-image server. It is made of two pipes: one for requests, one for answers. A server has two
//! connections, one for hints and one for pre-images.

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

/// The most bytes that one read can return.
const READ_BYTES: usize = 64 << 10;
/// How long to poll for an answer before the thread sleeps. A server that has the answer in memory sends it sooner than
/// a sleeping thread would wake up.
const SPIN_TIME: Duration = Duration::from_micros(50);

/// The machine's ends of the two pipes. They never block.
#[derive(Debug)]
pub(super) struct Connection {
    /// Answers come from here.
    input: PipeReader,
    /// Requests go here.
    output: PipeWriter,
    buffer: Box<[u8; READ_BYTES]>,
    /// How many bytes were sent since the server started.
    sent_bytes: u64,
}

impl Connection {
    /// A connection, and the server's ends of its pipes: first the end that the server reads from, then the one that it
    /// writes to.
    pub(super) fn new() -> io::Result<(Self, [OwnedFd; 2])> {
        let (input, server_output) = io::pipe()?;
        let (server_input, output) = io::pipe()?;
        never_block(input.as_fd())?;
        never_block(output.as_fd())?;
        let connection = Self { input, output, buffer: Box::new([0; READ_BYTES]), sent_bytes: 0 };
        Ok((connection, [server_input.into(), server_output.into()]))
    }

    /// Checks before a new request that no bytes from the server are unread. A closed pipe is no error here: the
    /// request will report it.
    pub(super) fn expect_silence(&mut self) -> Result<(), ServerError> {
        match self.input.read(&mut self.buffer[..1]) {
            Ok(0) => Ok(()),
            Ok(_) => Err(ServerError::UnexpectedBytes),
            Err(error) if must_retry(&error) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Sends all of `bytes`.
    pub(super) fn send(&mut self, mut bytes: &[u8], server: &mut Server) -> Result<(), ServerError> {
        while !bytes.is_empty() {
            match self.output.write(bytes) {
                Ok(written) => {
                    bytes = &bytes[written..];
                    self.sent_bytes += written as u64;
                }
                Err(error) if must_retry(&error) => {
                    server.wait(self.output.as_fd(), Readiness::Write, None)?;
                }
                Err(error) if error.kind() == ErrorKind::BrokenPipe => return Err(server.closed()),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Waits until bytes arrive, and appends them to `into`. Memory is only allocated for bytes that have arrived: the
    /// length that a server announces may be wrong.
    pub(super) fn receive(&mut self, into: &mut Vec<u8>, server: &mut Server) -> Result<(), ServerError> {
        let start = Instant::now();
        loop {
            match self.input.read(&mut self.buffer[..]) {
                Ok(0) => return Err(server.closed()),
                Ok(read) => {
                    into.extend_from_slice(&self.buffer[..read]);
                    return Ok(());
                }
                Err(error) if must_retry(&error) && start.elapsed() < SPIN_TIME => thread::yield_now(),
                Err(error) if must_retry(&error) => {
                    server.wait(self.input.as_fd(), Readiness::Read, Some(self.output.as_fd()))?;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Whether the server has read at least one byte of all that was sent. Also true if the system cannot tell.
    pub(super) fn server_has_read(&self) -> bool {
        unread_bytes(self.output.as_fd()).is_none_or(|unread| unread < self.sent_bytes)
    }
}

/// Whether a read or write that failed with this error must be tried again.
fn must_retry(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}
