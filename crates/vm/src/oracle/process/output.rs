//! Forwards what a pre-image server prints to a console.

use crate::console::{Console, Stream};
use std::{
    io::{BufRead, BufReader, Read},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::Duration,
};

/// The most bytes that are forwarded in one piece. A longer line is forwarded in several pieces.
const MAX_LINE: u64 = 64 << 10;
/// How long to wait for the last output after the server has ended. The wait needs a limit, because a child process of
/// the server may keep the pipe open.
const FINISH_GRACE: Duration = Duration::from_millis(500);

/// A thread that forwards one stream of the server.
#[derive(Debug)]
pub(super) struct Forwarder {
    /// Never receives a message. It is disconnected when the thread ends.
    done: mpsc::Receiver<()>,
}

/// Starts a thread that forwards the lines from `from` to the console `to`. `None` if the system refuses the thread.
pub(super) fn forward(
    from: impl Read + Send + 'static,
    stream: Stream,
    to: Arc<Mutex<Console>>,
) -> Option<Forwarder> {
    let (sender, done) = mpsc::channel();
    let work = move || {
        // This is dropped when the thread ends. `finish` waits for that.
        let _sender: mpsc::Sender<()> = sender;
        let mut from = BufReader::new(from);
        let mut line = Vec::new();
        while matches!(from.by_ref().take(MAX_LINE).read_until(b'\n', &mut line), Ok(read) if read > 0) {
            to.lock().unwrap_or_else(PoisonError::into_inner)(stream, &line);
            line.clear();
        }
    };
    thread::Builder::new().name("server output".into()).spawn(work).ok()?;
    Some(Forwarder { done })
}

impl Forwarder {
    /// Waits until the thread has forwarded everything, but not longer than [`FINISH_GRACE`].
    pub(super) fn finish(self) {
        let _ = self.done.recv_timeout(FINISH_GRACE);
    }
}
