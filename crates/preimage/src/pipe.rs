//! A two-way pipe within one process.

use crate::{Channel, ChannelError, ChannelResult};
use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
};

/// Bytes that one direction holds before its writer has to wait; what Linux gives its pipes.
const CAPACITY: usize = 64 << 10;

/// One direction: bytes under way, and whether both ends are still there.
#[derive(Debug, Default)]
struct Direction {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    bytes: VecDeque<u8>,
    closed: bool,
}

impl Direction {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A thread that panicked while it held the lock left whole bytes behind, so the state is still good.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until `ready` holds.
    fn wait_for(&self, ready: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        self.changed.wait_while(self.lock(), |state| !ready(state)).unwrap_or_else(PoisonError::into_inner)
    }

    fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }
}

/// One end of a [`pipe`]. Dropping it closes both directions: what was written can still be read.
#[derive(Debug)]
pub struct PipeChannel {
    incoming: Arc<Direction>,
    outgoing: Arc<Direction>,
}

/// Two ends of a two-way pipe: what one writes, the other reads.
#[must_use]
pub fn pipe() -> (PipeChannel, PipeChannel) {
    let (there, back) = (Arc::<Direction>::default(), Arc::<Direction>::default());
    (
        PipeChannel { incoming: back.clone(), outgoing: there.clone() },
        PipeChannel { incoming: there, outgoing: back },
    )
}

impl Channel for PipeChannel {
    fn read(&self, buf: &mut [u8]) -> ChannelResult<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        let mut state = self.incoming.wait_for(|state| state.closed || !state.bytes.is_empty());
        let (bytes, _) = state.bytes.as_slices();
        let count = bytes.len().min(buf.len());
        let (filled, _) = buf.split_at_mut(count);
        filled.copy_from_slice(bytes.split_at(count).0);
        state.bytes.drain(..count);
        drop(state);
        self.incoming.changed.notify_all();
        Ok(count)
    }

    fn write(&self, buf: &[u8]) -> ChannelResult<usize> {
        let mut state = self.outgoing.wait_for(|state| state.closed || state.bytes.len() < CAPACITY);
        if state.closed {
            return Err(ChannelError::PeerClosed { unwritten: buf.len() });
        }
        let count = buf.len().min(CAPACITY - state.bytes.len());
        state.bytes.extend(buf.split_at(count).0);
        drop(state);
        self.outgoing.changed.notify_all();
        Ok(count)
    }
}

impl Drop for PipeChannel {
    fn drop(&mut self) {
        self.incoming.close();
        self.outgoing.close();
    }
}
