//! One of the two connections to a server: what is written on one pipe is answered on the other.

use super::{
    error::ServerError,
    server::Server,
    system::{Readiness, never_block},
};
use std::{
    io::{self, ErrorKind, PipeReader, PipeWriter, Read, Write},
    os::fd::{AsFd, OwnedFd},
    thread,
    time::{Duration, Instant},
};

/// Bytes read at once.
const CHUNK: usize = 64 << 10;
/// For how long an answer is looked for before we sleep until it comes: what a server has at hand comes sooner than a
/// sleeper wakes.
const AT_HAND: Duration = Duration::from_micros(50);

/// Our ends of two pipes.
#[derive(Debug)]
pub(super) struct Wire {
    input: PipeReader,
    output: PipeWriter,
    chunk: Box<[u8; CHUNK]>,
}

impl Wire {
    /// A wire, and the server's ends of it: the one it reads from, the one it writes to.
    pub(super) fn new() -> io::Result<(Self, [OwnedFd; 2])> {
        let (input, theirs_to_write) = io::pipe()?;
        let (theirs_to_read, output) = io::pipe()?;
        never_block(input.as_fd())?;
        never_block(output.as_fd())?;
        let chunk = Box::new([0; CHUNK]);
        Ok((Self { input, output, chunk }, [theirs_to_read.into(), theirs_to_write.into()]))
    }

    /// Requires that nothing is to be read: the server speaks only when spoken to. That it has gone is found out by
    /// whoever speaks to it next.
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
                Ok(written) => bytes = &bytes[written..],
                Err(error) if is_early(&error) => {
                    server.wait(self.output.as_fd(), Readiness::Write, None)?;
                }
                Err(error) if error.kind() == ErrorKind::BrokenPipe => return Err(server.closed()),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Appends what there is, at least a byte; memory is only taken for what has arrived.
    pub(super) fn receive(&mut self, into: &mut Vec<u8>, server: &mut Server) -> Result<(), ServerError> {
        let start = Instant::now();
        loop {
            match self.input.read(&mut self.chunk[..]) {
                Ok(0) => return Err(server.closed()),
                Ok(read) => {
                    into.extend_from_slice(&self.chunk[..read]);
                    return Ok(());
                }
                Err(error) if is_early(&error) && start.elapsed() < AT_HAND => thread::yield_now(),
                Err(error) if is_early(&error) => {
                    server.wait(self.input.as_fd(), Readiness::Read, Some(self.output.as_fd()))?;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}

fn is_early(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}
