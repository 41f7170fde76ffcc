//! A channel over two file descriptors.

use crate::{Channel, ChannelError, ChannelResult};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::{
    fs::File,
    io::{self, ErrorKind, Read, Write},
    os::fd::{FromRawFd, OwnedFd, RawFd},
    thread,
    time::{Duration, Instant},
};

/// How long to spin before blocking in a read. A peer that is about to answer does so sooner than a blocked thread wakes.
const SPIN: Duration = Duration::from_micros(50);

/// A channel that reads from one file descriptor and writes to another, both blocking. Before a read blocks, it spins for
/// 50 microseconds and yields the processor to other threads.
#[derive(Debug)]
pub struct FdChannel {
    input: File,
    output: File,
}

impl FdChannel {
    /// A channel that owns these descriptors: they are closed with it.
    #[must_use]
    pub fn new(input: OwnedFd, output: OwnedFd) -> Self {
        Self { input: input.into(), output: output.into() }
    }

    /// A channel over descriptors known by number, which the parent process left open. By the specification a
    /// program has 3 and 4 for hints (read, write) and 5 and 6 for pre-images; a server has its own ends under the same
    /// numbers.
    ///
    /// # Safety
    /// Both descriptors must be open, and only this channel may close them.
    #[must_use]
    pub unsafe fn from_raw(input: RawFd, output: RawFd) -> Self {
        // SAFETY: as the caller promises.
        unsafe { Self::new(OwnedFd::from_raw_fd(input), OwnedFd::from_raw_fd(output)) }
    }
}

impl Channel for FdChannel {
    fn read(&self, buf: &mut [u8]) -> ChannelResult<usize> {
        look_out(&self.input);
        uninterrupted(|| (&self.input).read(buf)).map_err(|error| os_error("read", &error))
    }

    fn write(&self, buf: &[u8]) -> ChannelResult<usize> {
        uninterrupted(|| (&self.output).write(buf)).map_err(|error| match error.kind() {
            ErrorKind::BrokenPipe => ChannelError::PeerClosed { unwritten: buf.len() },
            _ => os_error("write", &error),
        })
    }
}

/// Returns when there is something to read, when the peer has gone, or at the latest after [`SPIN`]. Most of the time
/// of a pre-image that the server has in memory would go into waking first the server and then the program.
fn look_out(input: &File) {
    const AT_ONCE: &Timespec = &Timespec { tv_sec: 0, tv_nsec: 0 };
    let start = Instant::now();
    while matches!(poll(&mut [PollFd::new(input, PollFlags::IN)], Some(AT_ONCE)), Ok(0))
        && start.elapsed() < SPIN
    {
        thread::yield_now();
    }
}

/// Repeats a call for as long as signals interrupt it.
fn uninterrupted(mut call: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match call() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

fn os_error(operation: &'static str, error: &io::Error) -> ChannelError {
    ChannelError::Os { operation, code: error.raw_os_error().unwrap_or(0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn interrupted_calls_are_repeated() {
        let mut outcomes =
            vec![Ok(3), Err(ErrorKind::Interrupted.into()), Err(ErrorKind::Interrupted.into())];
        assert_eq!(uninterrupted(|| outcomes.pop().unwrap()).unwrap(), 3);
        assert!(outcomes.is_empty());
    }
}
