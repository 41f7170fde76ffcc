//! Forwards a server's output.

use crate::console::{Console, Stream};
use std::{
    io::{BufRead, BufReader, Read},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::Duration,
};

/// The longest line that is forwarded in one piece, in bytes.
const MAX_LINE: u64 = 64 << 10;
/// How long to wait for the last output after the server has ended. A child of the server may hold the pipe open for
/// ever.
const FINISH_GRACE: Duration = Duration::from_millis(500);

/// A thread that forwards one stream.
#[derive(Debug)]
pub(super) struct Forwarder {
    done: mpsc::Receiver<()>,
}

/// Starts a thread that forwards lines. `None` if the system refuses the thread.
pub(super) fn forward(
    from: impl Read + Send + 'static,
    stream: Stream,
    to: Arc<Mutex<Console>>,
) -> Option<Forwarder> {
    let (sender, done) = mpsc::channel();
    let work = move || {
        // The thread drops the sender when it ends; `finish` waits for that.
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
    /// Waits for the end of the stream, within the grace period.
    pub(super) fn finish(self) {
        let _ = self.done.recv_timeout(FINISH_GRACE);
    }
}
