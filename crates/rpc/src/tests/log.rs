//! A log that a test can read.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};
use tracing::{Level, subscriber::DefaultGuard};

/// What was logged.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Keeps what this thread logs from now on, until the guard is dropped.
    pub(super) fn set(&self, level: Level) -> DefaultGuard {
        let writer = self.clone();
        let log = tracing_subscriber::fmt().with_max_level(level).with_ansi(false);
        tracing::subscriber::set_default(log.with_writer(move || writer.clone()).finish())
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
