//! The few calls to the operating system that the standard library does not have.

use std::{
    io,
    os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd},
    os::unix::process::CommandExt,
    process::{Child, Command},
    time::Duration,
};

/// The first of the descriptors that a server gets.
const FIRST: RawFd = 3;
/// Descriptors from here on are in no child's way.
const OUT_OF_THE_WAY: RawFd = 64;

fn checked(result: libc::c_int) -> io::Result<libc::c_int> {
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// Has `command` start with these descriptors as 3, 4, 5, 6. They are closed with the command.
///
/// The standard library opens descriptors of its own for starting a child; the caller keeps 3 to 6 in use until then,
/// so that these are not among them.
pub(super) fn pass_descriptors(command: &mut Command, ends: [BorrowedFd<'_>; 4]) -> io::Result<()> {
    let mut copies = Vec::with_capacity(ends.len());
    for end in ends {
        // SAFETY: fcntl takes any descriptor; this one is open, and no memory is involved.
        let copy = checked(unsafe { libc::fcntl(end.as_raw_fd(), libc::F_DUPFD_CLOEXEC, OUT_OF_THE_WAY) })?;
        // SAFETY: the descriptor is new, and nobody else has it.
        copies.push(unsafe { OwnedFd::from_raw_fd(copy) });
    }
    let place = move || {
        for (copy, target) in copies.iter().zip(FIRST..) {
            // SAFETY: as above. The copy is above all targets, so none is overwritten before its turn.
            checked(unsafe { libc::dup2(copy.as_raw_fd(), target) })?;
        }
        Ok(())
    };
    // SAFETY: between fork and exec only async-signal-safe functions may be called: dup2 is one, and nothing allocates.
    unsafe { command.pre_exec(place) };
    Ok(())
}

/// From now on reading and writing fail rather than wait.
pub(super) fn never_block(descriptor: BorrowedFd<'_>) -> io::Result<()> {
    let descriptor = descriptor.as_raw_fd();
    // SAFETY: fcntl with an open descriptor; no memory is involved.
    let flags = checked(unsafe { libc::fcntl(descriptor, libc::F_GETFL) })?;
    // SAFETY: as above.
    checked(unsafe { libc::fcntl(descriptor, libc::F_SETFL, flags | libc::O_NONBLOCK) })?;
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
        Readiness::Read => libc::POLLIN,
        Readiness::Write => libc::POLLOUT,
    };
    // A negative descriptor is passed over; that of a pipe without readers is in error, which is always told.
    let mut asked = [(Some(descriptor), events), (written, 0)].map(|(descriptor, events)| libc::pollfd {
        fd: descriptor.map_or(-1, |descriptor| descriptor.as_raw_fd()),
        events,
        revents: 0,
    });
    let milliseconds = most.as_nanos().div_ceil(1_000_000).try_into().unwrap_or(libc::c_int::MAX);
    // SAFETY: the array is ours for the length of the call, and has as many entries as the call is told.
    let polled = unsafe { libc::poll(asked.as_mut_ptr(), asked.len() as libc::nfds_t, milliseconds) };
    match checked(polled) {
        Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(error),
        _ if asked[0].revents != 0 => Ok(Waited::Ready),
        _ if asked[1].revents != 0 => Ok(Waited::Abandoned),
        _ => Ok(Waited::InVain),
    }
}

/// Asks a process to end.
pub(super) fn terminate(child: &Child) {
    if let Ok(id) = libc::pid_t::try_from(child.id()) {
        // SAFETY: the child has not been waited for, so its id is still its own. No memory is involved.
        unsafe { libc::kill(id, libc::SIGTERM) };
    }
}
