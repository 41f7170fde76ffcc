//! The process of a pre-image server: starts it, waits for its answers, and ends it.

use super::{
    ServerLimits,
    connection::Connection,
    error::ServerError,
    output::{self, Forwarder},
    system::{Readiness, Waited, pass_descriptors, terminate, wait_ready},
};
use crate::console::{Console, Stream};
use std::{
    io,
    os::fd::{AsFd, BorrowedFd},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// How often a wait checks whether it was cancelled, whether the server has ended, and whether time is up.
const CHECK_INTERVAL: Duration = Duration::from_millis(100);
/// How long to wait for the exit status of a server that has closed a pipe. The error names the status.
const STATUS_GRACE: Duration = Duration::from_millis(500);
/// How long a server may take to end after its pipes are closed. It gets the same time again after SIGTERM.
const END_GRACE: Duration = Duration::from_secs(10);
/// As [`END_GRACE`], for a server that made no progress, and after a request was cancelled.
const SHORT_END_GRACE: Duration = Duration::from_secs(1);

/// A running server.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    forwarders: Vec<Forwarder>,
    /// See [`ServerLimits::timeout`].
    timeout: Option<Duration>,
    /// See [`ServerLimits::cancelled`].
    cancelled: Arc<AtomicBool>,
    /// How long the server may take to end.
    end_grace: Duration,
}

/// Starts a server, and returns it with its connections: first the one for hints, then the one for pre-images.
pub(super) fn start(
    mut command: Command,
    limits: &ServerLimits,
    output: Console,
) -> Result<(Server, [Connection; 2]), ServerError> {
    let program = command.get_program().to_owned();
    let start_error = |source| ServerError::Start { program, source };
    let mut spawn = || -> io::Result<(Child, [Connection; 2])> {
        // `pass_descriptors` needs the descriptors 3 to 6 to be in use until the process is started. They are: the
        // system gives out the lowest free numbers, and two connections take eight.
        let (hints, [hint_read, hint_write]) = Connection::new()?;
        let (preimages, [key_read, preimage_write]) = Connection::new()?;
        pass_descriptors(
            &mut command,
            [hint_read.as_fd(), hint_write.as_fd(), key_read.as_fd(), preimage_write.as_fd()],
        )?;
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Ok((command.spawn()?, [hints, preimages]))
    };
    let (mut child, connections) = spawn().map_err(start_error)?;
    let output = Arc::new(Mutex::new(output));
    let forwarders = [
        child.stdout.take().and_then(|from| output::forward(from, Stream::Stdout, output.clone())),
        child.stderr.take().and_then(|from| output::forward(from, Stream::Stderr, output.clone())),
    ];
    let server = Server {
        child,
        forwarders: forwarders.into_iter().flatten().collect(),
        timeout: limits.timeout,
        cancelled: limits.cancelled.clone(),
        end_grace: END_GRACE,
    };
    Ok((server, connections))
}

impl Server {
    /// Waits until a pipe is ready. A wait for an answer gets the pipe of the request as `request`: if the server has
    /// closed that pipe, no answer will come, and the wait fails.
    ///
    /// # Errors
    /// [`ServerError::Closed`], [`ServerError::Cancelled`], [`ServerError::Stalled`], [`ServerError::Pipe`].
    pub(super) fn wait(
        &mut self,
        pipe: BorrowedFd<'_>,
        readiness: Readiness,
        request: Option<BorrowedFd<'_>>,
    ) -> Result<(), ServerError> {
        let start = Instant::now();
        loop {
            let time_left =
                self.timeout.map_or(CHECK_INTERVAL, |timeout| timeout.saturating_sub(start.elapsed()));
            match wait_ready(pipe, readiness, request, time_left.min(CHECK_INTERVAL))? {
                Waited::Ready => return Ok(()),
                Waited::RequestClosed => return Err(self.closed()),
                Waited::TimedOut => {}
            }
            if self.cancelled.load(Ordering::Relaxed) {
                self.end_grace = SHORT_END_GRACE;
                return Err(ServerError::Cancelled);
            }
            // A server may have answered before it ended.
            let has_ended = self.has_ended();
            if has_ended && wait_ready(pipe, readiness, None, Duration::ZERO)? != Waited::Ready {
                return Err(self.closed());
            }
            if let Some(timeout) = self.timeout.filter(|timeout| start.elapsed() >= *timeout) {
                self.end_grace = SHORT_END_GRACE;
                return Err(ServerError::Stalled { timeout });
            }
        }
    }

    /// The error for a closed pipe. It includes the exit status if the server ends within [`STATUS_GRACE`].
    pub(super) fn closed(&mut self) -> ServerError {
        ServerError::Closed { status: self.wait_end(STATUS_GRACE) }
    }

    /// Whether the server has ended. A child of the server may still hold its pipes open.
    fn has_ended(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(Some(_)))
    }

    /// Waits up to `max` for the server to end, and returns its exit status; `None` if it is still running.
    fn wait_end(&mut self, max: Duration) -> Option<ExitStatus> {
        let start = Instant::now();
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return Some(status),
                Ok(None) if start.elapsed() < max => thread::sleep(Duration::from_millis(2)),
                _ => return None,
            }
        }
    }
}

impl Drop for Server {
    /// Ends the server, whose pipes are closed already: waits for it to end by itself, then sends SIGTERM and waits
    /// again, then sends SIGKILL.
    fn drop(&mut self) {
        if self.wait_end(self.end_grace).is_none() {
            tracing::info!(
                "the pre-image server is still running after its pipes were closed: terminating it"
            );
            terminate(&self.child);
            if self.wait_end(self.end_grace).is_none() {
                tracing::warn!("the pre-image server ignores SIGTERM: killing it");
                let _ = self.child.kill();
                let _ = self.child.wait();
            }
        }
        for forwarder in self.forwarders.drain(..) {
            forwarder.finish();
        }
    }
}
