//! Passes on what a server prints.

use crate::machine::{Console, Stream};
use std::{
    io::{BufRead, BufReader, Read},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::Duration,
};

/// The longest line that is passed on in one piece, in bytes.
const LONGEST_LINE: u64 = 64 << 10;
/// How long what is left of the output is waited for after the server's end: something that it started may hold the pipe
/// for ever.
const TO_FINISH: Duration = Duration::from_millis(500);

/// A thread that passes on one stream.
#[derive(Debug)]
pub(super) struct Forwarder {
    done: mpsc::Receiver<()>,
}

/// Starts passing on lines; not at all if the system has no thread for it.
pub(super) fn forward(
    from: impl Read + Send + 'static,
    stream: Stream,
    to: Arc<Mutex<Console>>,
) -> Option<Forwarder> {
    let (sender, done) = mpsc::channel();
    let work = move || {
        // Dropped at the end, which is what is waited for.
        let _sender: mpsc::Sender<()> = sender;
        let mut from = BufReader::new(from);
        let mut line = Vec::new();
        while matches!(from.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line), Ok(read) if read > 0) {
            to.lock().unwrap_or_else(PoisonError::into_inner)(stream, &line);
            line.clear();
        }
    };
    thread::Builder::new().name("server output".into()).spawn(work).ok()?;
    Some(Forwarder { done })
}

impl Forwarder {
    /// Waits a little for the end of the stream.
    pub(super) fn finish(self) {
        let _ = self.done.recv_timeout(TO_FINISH);
    }
}
