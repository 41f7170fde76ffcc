//! Decodes Brotli (RFC 7932). The decoder gets its input and returns its output in the same portions as in the
//! reference. They decide how much of a damaged stream comes out before the error.

use alloc::{boxed::Box, vec};

use alloy_primitives::Bytes;
use brotli_decompressor::{
    Allocator, BrotliDecoderHasMoreOutput, BrotliDecoderIsFinished, BrotliDecompressStream, BrotliResult,
    BrotliState, SliceWrapper, SliceWrapperMut,
};

use super::buffered::End;

/// The first portion is a buffer of 4 KiB without its first byte, which names the compression.
const FIRST_PORTION: usize = 4095;
const PORTION: usize = 32 * 1024;

/// Decodes a Brotli stream.
pub(crate) struct BrotliReader {
    state: Box<BrotliState<Heap, Heap, Heap>>,
    input: Bytes,
    /// End of the portion that the decoder has got, and the number of input bytes that it has consumed.
    given: usize,
    consumed: usize,
    cut_short: bool,
}

impl BrotliReader {
    pub(crate) fn new(input: Bytes) -> Self {
        // The strict decoder refuses windows that RFC 7932 does not have, as the reference does.
        Self {
            state: Box::new(BrotliState::new_strict(Heap, Heap, Heap)),
            input,
            given: 0,
            consumed: 0,
            cut_short: false,
        }
    }

    /// See [`super::Decompressor::read`].
    pub(super) fn read(&mut self, out: &mut [u8]) -> (usize, Option<End>) {
        if !BrotliDecoderHasMoreOutput(&self.state) && self.consumed == self.given && !self.give() {
            let complete = BrotliDecoderIsFinished(&self.state);
            return (0, Some(if complete { End::Complete } else { End::Damaged }));
        }
        loop {
            let (mut available_in, mut available_out) = (self.given - self.consumed, out.len());
            let (mut written, mut total) = (0, 0);
            let result = BrotliDecompressStream(
                &mut available_in,
                &mut self.consumed,
                &self.input[..self.given],
                &mut available_out,
                &mut written,
                out,
                &mut total,
                &mut self.state,
            );
            self.cut_short = matches!(result, BrotliResult::NeedsMoreOutput);
            match result {
                BrotliResult::ResultSuccess if self.consumed < self.given => {
                    return (written, Some(End::Damaged));
                }
                BrotliResult::ResultSuccess => return (written, None),
                BrotliResult::NeedsMoreOutput if written > 0 => return (written, None),
                BrotliResult::NeedsMoreInput if self.consumed == self.given => {
                    if written > 0 {
                        return (written, None);
                    }
                    if !self.give() {
                        return (0, Some(End::Damaged));
                    }
                }
                _ => return (written, Some(End::Damaged)),
            }
        }
    }

    /// See [`super::Decompressor::cut_short`].
    pub(super) fn cut_short(&self) -> bool {
        self.cut_short
    }

    /// Gives the decoder the next portion of the input, if any input is left.
    fn give(&mut self) -> bool {
        let portion = if self.given == 0 { FIRST_PORTION } else { PORTION };
        self.given = self.input.len().min(self.given.saturating_add(portion));
        self.given > self.consumed
    }
}

impl core::fmt::Debug for BrotliReader {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("BrotliReader")
            .field("input_len", &self.input.len())
            .field("consumed", &self.consumed)
            .finish_non_exhaustive()
    }
}

/// Gives the decoder memory of the global allocator.
#[derive(Clone, Copy, Debug, Default)]
struct Heap;

/// Memory of a [`Heap`].
#[derive(Debug)]
struct Memory<T>(Box<[T]>);

impl<T> Default for Memory<T> {
    fn default() -> Self {
        Self(Box::default())
    }
}

impl<T> SliceWrapper<T> for Memory<T> {
    fn slice(&self) -> &[T] {
        &self.0
    }
}

impl<T> SliceWrapperMut<T> for Memory<T> {
    fn slice_mut(&mut self) -> &mut [T] {
        &mut self.0
    }
}

impl<T: Clone + Default> Allocator<T> for Heap {
    type AllocatedMemory = Memory<T>;

    fn alloc_cell(&mut self, length: usize) -> Memory<T> {
        Memory(vec![T::default(); length].into_boxed_slice())
    }

    fn free_cell(&mut self, _memory: Memory<T>) {}
}
