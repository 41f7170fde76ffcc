//! The server's process: how it is started, waited for and ended.

use super::{
    ServerLimits,
    error::ServerError,
    output::{self, Forwarder},
    system::{Readiness, Waited, pass_descriptors, terminate, wait_ready},
    wire::Wire,
};
use crate::machine::{Console, Stream};
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

/// How often a wait looks whether it still makes sense.
const SLICE: Duration = Duration::from_millis(100);
/// How long a server that closed a pipe gets to end, so that it can be said how.
const TO_SAY_HOW: Duration = Duration::from_millis(500);
/// How long a server gets to end after its pipes were closed, and once more after it was asked to.
const TO_END: Duration = Duration::from_secs(10);
/// The same for one that did not react, or if somebody is waiting for us.
const TO_END_SOON: Duration = Duration::from_secs(1);

/// A running server.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    forwarders: Vec<Forwarder>,
    timeout: Option<Duration>,
    cancelled: Arc<AtomicBool>,
    to_end: Duration,
}

/// Starts a server; the wires are those for hints and pre-images.
pub(super) fn start(
    mut command: Command,
    limits: &ServerLimits,
    output: Console,
) -> Result<(Server, [Wire; 2]), ServerError> {
    let program = command.get_program().to_owned();
    let failed = |source| ServerError::Start { program, source };
    let mut begin = || -> io::Result<(Child, [Wire; 2])> {
        // Eight descriptors are opened here, so 3 to 6 are certainly in use until the process has been started.
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
        to_end: TO_END,
    };
    Ok((server, wires))
}

impl Server {
    /// Waits until a pipe is ready, for as long as it may be. If an answer is waited for, `written` is what the question
    /// was written to: nobody answers what nobody reads.
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
                Waited::InVain => {}
            }
            if self.cancelled.load(Ordering::Relaxed) {
                self.to_end = TO_END_SOON;
                return Err(ServerError::Cancelled);
            }
            let has_ended = self.has_ended();
            if has_ended && wait_ready(pipe, readiness, None, Duration::ZERO)? != Waited::Ready {
                return Err(self.closed());
            }
            if let Some(timeout) = self.timeout.filter(|timeout| start.elapsed() >= *timeout) {
                self.to_end = TO_END_SOON;
                return Err(ServerError::Stalled { timeout });
            }
        }
    }

    /// The error that the server closed its end, with how it ended if it does so promptly.
    pub(super) fn closed(&mut self) -> ServerError {
        ServerError::Closed { status: self.wait_end(TO_SAY_HOW) }
    }

    /// Whether the process is gone, though something that it started may still hold its pipes.
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
    /// Ends the server, whose pipes have been closed: waits, asks, kills.
    fn drop(&mut self) {
        if self.wait_end(self.to_end).is_none() {
            tracing::info!("the pre-image server goes on though its pipes are closed: terminating it");
            terminate(&self.child);
            if self.wait_end(self.to_end).is_none() {
                tracing::warn!("the pre-image server does not end: killing it");
                let _ = self.child.kill();
                let _ = self.child.wait();
            }
        }
        for forwarder in self.forwarders.drain(..) {
            forwarder.finish();
        }
    }
}
