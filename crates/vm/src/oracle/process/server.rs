//! The server's process: starting it, waiting for it and ending it.

use super::{
    ServerLimits,
    error::ServerError,
    output::{self, Forwarder},
    system::{Readiness, Waited, pass_descriptors, terminate, wait_ready},
    wire::Wire,
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

/// How often a wait checks for cancellation, the server's end and the time limit.
const SLICE: Duration = Duration::from_millis(100);
/// How long to wait for the exit status of a server that has closed a pipe, to name it in the error.
const STATUS_GRACE: Duration = Duration::from_millis(500);
/// The grace period for a server to end: once after its pipes are closed, once more after SIGTERM.
const END_GRACE: Duration = Duration::from_secs(10);
/// The same for a server that stalled, and after an interrupt.
const SHORT_END_GRACE: Duration = Duration::from_secs(1);

/// A running server.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    forwarders: Vec<Forwarder>,
    timeout: Option<Duration>,
    cancelled: Arc<AtomicBool>,
    end_grace: Duration,
}

/// Starts a server. The wires are for hints and for pre-images, in this order.
pub(super) fn start(
    mut command: Command,
    limits: &ServerLimits,
    output: Console,
) -> Result<(Server, [Wire; 2]), ServerError> {
    let program = command.get_program().to_owned();
    let failed = |source| ServerError::Start { program, source };
    let mut begin = || -> io::Result<(Child, [Wire; 2])> {
        // The two wires hold eight descriptors. So 3 to 6 are in use until the process is started, as
        // `pass_descriptors` needs.
        let (hints, [hint_read, hint_write]) = Wire::new()?;
        let (preimages, [key_read, preimage_write]) = Wire::new()?;
        pass_descriptors(
            &mut command,
            [hint_read.as_fd(), hint_write.as_fd(), key_read.as_fd(), preimage_write.as_fd()],
        )?;
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Ok((command.spawn()?, [hints, preimages]))
    };
    let (mut child, wires) = begin().map_err(failed)?;
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
    Ok((server, wires))
}

impl Server {
    /// Waits until a pipe is ready. For an answer, `written` is the pipe of the request: if the server has closed that
    /// pipe, no answer will come, and the wait fails.
    pub(super) fn wait(
        &mut self,
        pipe: BorrowedFd<'_>,
        readiness: Readiness,
        written: Option<BorrowedFd<'_>>,
    ) -> Result<(), ServerError> {
        let start = Instant::now();
        loop {
            let waited = start.elapsed();
            let left = self.timeout.map_or(SLICE, |timeout| timeout.saturating_sub(waited).min(SLICE));
            match wait_ready(pipe, readiness, written, left)? {
                Waited::Ready => return Ok(()),
                Waited::Abandoned => return Err(self.closed()),
                Waited::TimedOut => {}
            }
            if self.cancelled.load(Ordering::Relaxed) {
                self.end_grace = SHORT_END_GRACE;
                return Err(ServerError::Cancelled);
            }
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

    /// The error for a closed pipe. It has the exit status if the server ends within the grace period.
    pub(super) fn closed(&mut self) -> ServerError {
        ServerError::Closed { status: self.wait_end(STATUS_GRACE) }
    }

    /// Whether the server has ended. A child of the server may still hold its pipes open.
    fn has_ended(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(Some(_)))
    }

    fn wait_end(&mut self, most: Duration) -> Option<ExitStatus> {
        let start = Instant::now();
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return Some(status),
                Ok(None) if start.elapsed() < most => thread::sleep(Duration::from_millis(2)),
                _ => return None,
            }
        }
    }
}

impl Drop for Server {
    /// Ends the server. The pipes are closed already, so it waits first; then it sends SIGTERM, waits again, and sends
    /// SIGKILL.
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
