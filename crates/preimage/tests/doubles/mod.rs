//! Channels for tests: one that plays a script, and one that splits every read and write.

use std::cell::{Cell, RefCell};
use tribunal_preimage::{Channel, ChannelResult};

/// A peer whose messages are all there from the start. It records what is written to it.
pub(crate) struct Script {
    input: RefCell<Vec<u8>>,
    written: RefCell<Vec<u8>>,
    takes: usize,
}

impl Script {
    /// A peer that sends `input` and then closes.
    pub(crate) fn new(input: &[u8]) -> Self {
        Self { input: RefCell::new(input.to_vec()), written: RefCell::default(), takes: usize::MAX }
    }

    /// The same, but it takes no more than `bytes` bytes.
    pub(crate) fn taking(self, bytes: usize) -> Self {
        Self { takes: bytes, ..self }
    }

    /// The bytes that were written to it.
    pub(crate) fn written(&self) -> Vec<u8> {
        self.written.borrow().clone()
    }

    /// How many of its bytes were not read.
    pub(crate) fn unread(&self) -> usize {
        self.input.borrow().len()
    }
}

impl Channel for Script {
    fn read(&self, buf: &mut [u8]) -> ChannelResult<usize> {
        let mut input = self.input.borrow_mut();
        let count = buf.len().min(input.len());
        buf[..count].copy_from_slice(&input[..count]);
        input.drain(..count);
        Ok(count)
    }

    fn write(&self, buf: &[u8]) -> ChannelResult<usize> {
        let mut written = self.written.borrow_mut();
        let count = buf.len().min(self.takes - written.len());
        written.extend(&buf[..count]);
        Ok(count)
    }
}

/// Moves between one and nine bytes at a time, as a seed has it.
pub(crate) struct Choppy<C> {
    inner: C,
    state: Cell<u64>,
}

impl<C> Choppy<C> {
    /// Splits what goes over `inner`.
    pub(crate) fn new(inner: C, seed: u64) -> Self {
        Self { inner, state: Cell::new(seed) }
    }

    fn piece(&self, len: usize) -> usize {
        // Knuth's linear congruential generator.
        let next =
            self.state.get().wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.state.set(next);
        len.min(1 + (next >> 33) as usize % 9)
    }
}

impl<C: Channel> Channel for Choppy<C> {
    fn read(&self, buf: &mut [u8]) -> ChannelResult<usize> {
        let len = self.piece(buf.len());
        self.inner.read(&mut buf[..len])
    }

    fn write(&self, buf: &[u8]) -> ChannelResult<usize> {
        self.inner.write(&buf[..self.piece(buf.len())])
    }
}
