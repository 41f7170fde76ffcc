//! Calls to the operating system that the standard library lacks.

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::{OFlags, fcntl_getfl, fcntl_setfl},
    io::{Errno, fcntl_dupfd_cloexec, ioctl_fionread},
    process::{Pid, Signal, kill_process},
};
use std::{
    io,
    os::fd::{AsRawFd, BorrowedFd, RawFd},
    os::unix::process::CommandExt,
    process::{Child, Command},
    time::Duration,
};

/// The first of the four descriptors that a server gets.
const FIRST_DESCRIPTOR: RawFd = 3;
/// The lowest number that the descriptor of a copy may have. It is above all descriptors that a server gets.
const FIRST_COPY: RawFd = 64;

/// Makes `command` pass `ends` to its child process as the descriptors 3, 4, 5 and 6. For this, it makes copies of
/// `ends` in this process. They are closed when the command is dropped.
///
/// To start a child, the standard library opens descriptors of its own. They must not be 3 to 6, so the caller keeps 3
/// to 6 in use until the child has been started.
pub(super) fn pass_descriptors(command: &mut Command, ends: [BorrowedFd<'_>; 4]) -> io::Result<()> {
    let copies =
        ends.map(|end| fcntl_dupfd_cloexec(end, FIRST_COPY)).into_iter().collect::<Result<Vec<_>, _>>()?;
    let place = move || {
        for (copy, target) in copies.iter().zip(FIRST_DESCRIPTOR..) {
            // SAFETY: the copy is open, and no target is a copy, so no copy is overwritten before it is used. This runs
            // in the child before exec, where nothing uses the old targets any more.
            if unsafe { libc::dup2(copy.as_raw_fd(), target) } == -1 {
                return Err(io::Error::last_os_error());
            }
        }
        Ok(())
    };
    // SAFETY: between fork and exec only async-signal-safe functions may be called. dup2 is one, and `place` does not
    // allocate.
    unsafe { command.pre_exec(place) };
    Ok(())
}

/// Makes reads and writes of a descriptor fail instead of blocking.
pub(super) fn never_block(descriptor: BorrowedFd<'_>) -> io::Result<()> {
    fcntl_setfl(descriptor, fcntl_getfl(descriptor)? | OFlags::NONBLOCK)?;
    Ok(())
}

/// The event to wait for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Readiness {
    /// There are bytes to read, or the pipe is closed.
    Read,
    /// There is room to write, or the pipe is closed.
    Write,
}

/// The outcome of a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Waited {
    /// The descriptor is ready.
    Ready,
    /// The descriptor is not ready, and the pipe of the request has no reader any more.
    RequestClosed,
    /// Time is up, or a signal has interrupted the wait.
    TimedOut,
}

/// Waits until a descriptor is ready, or the pipe `request` has no reader, but no longer than `max`.
pub(super) fn wait_ready(
    descriptor: BorrowedFd<'_>,
    readiness: Readiness,
    request: Option<BorrowedFd<'_>>,
    max: Duration,
) -> io::Result<Waited> {
    let events = match readiness {
        Readiness::Read => PollFlags::IN,
        Readiness::Write => PollFlags::OUT,
    };
    // Poll reports a pipe without a reader as an error, for which no flag needs to be set. Without `request`, only the
    // first entry is polled.
    let other = request.unwrap_or(descriptor);
    let mut polled =
        [PollFd::from_borrowed_fd(descriptor, events), PollFd::from_borrowed_fd(other, PollFlags::empty())];
    let polled = &mut polled[..if request.is_some() { 2 } else { 1 }];
    let max = Timespec::try_from(max).map_err(io::Error::other)?;
    match poll(polled, Some(&max)) {
        Err(Errno::INTR) => Ok(Waited::TimedOut),
        Err(error) => Err(error.into()),
        Ok(_) if !polled[0].revents().is_empty() => Ok(Waited::Ready),
        Ok(0) => Ok(Waited::TimedOut),
        Ok(_) => Ok(Waited::RequestClosed),
    }
}

/// Sends SIGTERM to a child process that was not waited for yet.
pub(super) fn terminate(child: &Child) {
    // The system does not reuse the id of such a process. An error means that it has ended.
    if let Some(id) = child.id().try_into().ok().and_then(Pid::from_raw) {
        let _ = kill_process(id, Signal::TERM);
    }
}

/// The number of unread bytes in a pipe, given its end for writing. The reader may have closed its end. `None` if the
/// system cannot tell.
pub(super) fn unread_bytes(writer: BorrowedFd<'_>) -> Option<u64> {
    ioctl_fionread(writer).ok()
}
