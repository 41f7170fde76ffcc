//! Snapshots: states that are compressed and written while the machine runs on.

use anyhow::Context;
use std::{
    io::{self, Write},
    sync::mpsc::{SyncSender, sync_channel},
    thread::{self, JoinHandle},
};
use tribunal_vm::{State, memory::PAGE_BYTES, write_state};

use super::{name_format::NameFormat, output::Target};

/// Bytes that the writing thread gets at a time.
const PIECE_BYTES: usize = 1 << 20;
/// Pieces that may wait for the writing thread. While a larger state is written, the machine waits for that thread.
const MOST_PIECES: usize = 256;

/// Writes snapshots, one at a time.
pub(crate) struct Snapshots<'a> {
    format: &'a NameFormat,
    /// The thread that writes the last one.
    writing: Option<JoinHandle<anyhow::Result<()>>>,
}

impl<'a> Snapshots<'a> {
    /// Snapshots with names in that format.
    pub(crate) const fn new(format: &'a NameFormat) -> Self {
        Self { format, writing: None }
    }

    /// Copies a state for the writing thread, after the snapshot before is complete.
    pub(crate) fn write(&mut self, state: &State) -> anyhow::Result<()> {
        self.finish()?;
        let target = Target::named(self.format.name(state.step()));
        if target == Target::Nowhere {
            return Ok(());
        }
        let (sender, receiver) = sync_channel::<io::Result<Vec<u8>>>(MOST_PIECES);
        let write =
            move || target.write(|out| receiver.into_iter().try_for_each(|piece| out.write_all(&piece?)));
        let thread = thread::Builder::new().name("vm-snapshot".into()).spawn(write);
        self.writing = Some(thread.context("cannot start the thread that writes snapshots")?);
        let mut pieces = Pieces { sender, piece: Vec::new() };
        if let Err(error) = write_state(state, &mut pieces).and_then(|()| pieces.flush()) {
            // So that no file with half a state appears. If the thread has failed, its own error says why.
            let _ = pieces.sender.send(Err(error));
            drop(pieces);
            return self.finish();
        }
        Ok(())
    }

    /// Waits until the last snapshot is complete.
    pub(crate) fn finish(&mut self) -> anyhow::Result<()> {
        let Some(thread) = self.writing.take() else { return Ok(()) };
        let written = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        written.context("failed to write state snapshot")
    }
}

/// Passes bytes on to the writing thread, in pieces.
struct Pieces {
    sender: SyncSender<io::Result<Vec<u8>>>,
    piece: Vec<u8>,
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.piece.extend_from_slice(bytes);
        if self.piece.len() >= PIECE_BYTES {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let piece = std::mem::replace(&mut self.piece, Vec::with_capacity(PIECE_BYTES + PAGE_BYTES));
        self.sender.send(Ok(piece)).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}
