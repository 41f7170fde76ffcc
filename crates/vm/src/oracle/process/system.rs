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

/// The first of the descriptors that a server gets.
const FIRST: RawFd = 3;
/// Copies get descriptors from this one on, above those that a server gets.
const COPIES_FROM: RawFd = 64;

/// Passes `ends` to the child process of `command`, as descriptors 3, 4, 5 and 6. The copies of them in this process
/// are closed when the command is dropped.
///
/// To start a child, the standard library opens descriptors of its own. They must not be 3 to 6, so the caller keeps
/// these in use until the child has been started.
pub(super) fn pass_descriptors(command: &mut Command, ends: [BorrowedFd<'_>; 4]) -> io::Result<()> {
    let copies =
        ends.map(|end| fcntl_dupfd_cloexec(end, COPIES_FROM)).into_iter().collect::<Result<Vec<_>, _>>()?;
    let place = move || {
        for (copy, target) in copies.iter().zip(FIRST..) {
            // SAFETY: the copy is open. All copies are above all targets, so none is overwritten before it is used. This
            // runs in the child before exec, where the targets' old meaning is no longer needed.
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

/// Makes reads and writes of a descriptor fail where they would block.
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
    /// The descriptor is not ready, and the other pipe has no reader any more.
    Abandoned,
    /// Time is up, or a signal came.
    TimedOut,
}

/// Waits until a descriptor is ready or the pipe `written` has no reader, but no longer than `most`.
pub(super) fn wait_ready(
    descriptor: BorrowedFd<'_>,
    readiness: Readiness,
    written: Option<BorrowedFd<'_>>,
    most: Duration,
) -> io::Result<Waited> {
    let events = match readiness {
        Readiness::Read => PollFlags::IN,
        Readiness::Write => PollFlags::OUT,
    };
    // A pipe without readers has an error, and poll reports errors without being asked.
    let other = written.unwrap_or(descriptor);
    let mut asked =
        [PollFd::from_borrowed_fd(descriptor, events), PollFd::from_borrowed_fd(other, PollFlags::empty())];
    let asked = &mut asked[..if written.is_some() { 2 } else { 1 }];
    let most = Timespec::try_from(most).map_err(io::Error::other)?;
    match poll(asked, Some(&most)) {
        Err(Errno::INTR) => Ok(Waited::TimedOut),
        Err(error) => Err(error.into()),
        Ok(_) if !asked[0].revents().is_empty() => Ok(Waited::Ready),
        Ok(0) => Ok(Waited::TimedOut),
        Ok(_) => Ok(Waited::Abandoned),
    }
}

/// Sends SIGTERM to a process.
pub(super) fn terminate(child: &Child) {
    // The process has not been waited for, so its number still belongs to it. An error means that it has ended.
    if let Some(id) = child.id().try_into().ok().and_then(Pid::from_raw) {
        let _ = kill_process(id, Signal::TERM);
    }
}

/// The number of unread bytes in a pipe, even if the reader has closed its end. `None` if the system cannot tell.
pub(super) fn unread_bytes(written: BorrowedFd<'_>) -> Option<u64> {
    ioctl_fionread(written).ok()
}
