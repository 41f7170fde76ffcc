//! The few calls to the operating system that the standard library does not have.

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::{OFlags, fcntl_getfl, fcntl_setfl},
    io::{Errno, fcntl_dupfd_cloexec},
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
/// Descriptors from here on are in no child's way.
const OUT_OF_THE_WAY: RawFd = 64;

/// Has `command` start with these descriptors as 3, 4, 5, 6. They are closed with the command.
///
/// The standard library opens descriptors of its own for starting a child; the caller keeps 3 to 6 in use until then,
/// so that these are not among them.
pub(super) fn pass_descriptors(command: &mut Command, ends: [BorrowedFd<'_>; 4]) -> io::Result<()> {
    let copies = ends
        .map(|end| fcntl_dupfd_cloexec(end, OUT_OF_THE_WAY))
        .into_iter()
        .collect::<Result<Vec<_>, _>>()?;
    let place = move || {
        for (copy, target) in copies.iter().zip(FIRST..) {
            // SAFETY: the copy is open, and above all targets, so none is overwritten before its turn; in the child,
            // before it becomes another program, nobody relies on what the targets were.
            if unsafe { libc::dup2(copy.as_raw_fd(), target) } == -1 {
                return Err(io::Error::last_os_error());
            }
        }
        Ok(())
    };
    // SAFETY: between fork and exec only async-signal-safe functions may be called: dup2 is one, and nothing allocates.
    unsafe { command.pre_exec(place) };
    Ok(())
}

/// From now on reading and writing fail rather than wait.
pub(super) fn never_block(descriptor: BorrowedFd<'_>) -> io::Result<()> {
    fcntl_setfl(descriptor, fcntl_getfl(descriptor)? | OFlags::NONBLOCK)?;
    Ok(())
}

/// What to wait for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Readiness {
    /// Something to read, or the end.
    Read,
    /// Room to write, or nobody to read it.
    Write,
}

/// How a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Waited {
    /// The descriptor is ready.
    Ready,
    /// It is not, and nobody reads any more what is written to the other one.
    Abandoned,
    /// Neither, in the time that there was; or a signal came.
    InVain,
}

/// Waits until a descriptor is ready, or nobody reads `written`, `most` at the longest.
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
    // The other end of a pipe without readers is in error, which is told without being asked for.
    let other = written.unwrap_or(descriptor);
    let mut asked =
        [PollFd::from_borrowed_fd(descriptor, events), PollFd::from_borrowed_fd(other, PollFlags::empty())];
    let asked = &mut asked[..if written.is_some() { 2 } else { 1 }];
    let most = Timespec::try_from(most).map_err(io::Error::other)?;
    match poll(asked, Some(&most)) {
        Err(Errno::INTR) => Ok(Waited::InVain),
        Err(error) => Err(error.into()),
        Ok(_) if !asked[0].revents().is_empty() => Ok(Waited::Ready),
        Ok(0) => Ok(Waited::InVain),
        Ok(_) => Ok(Waited::Abandoned),
    }
}

/// Asks a process to end.
pub(super) fn terminate(child: &Child) {
    // It has not been waited for, so the number is still its own; one that is gone already needs no asking.
    if let Some(id) = child.id().try_into().ok().and_then(Pid::from_raw) {
        let _ = kill_process(id, Signal::TERM);
    }
}
