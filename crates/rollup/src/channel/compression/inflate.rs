//! Decodes DEFLATE (RFC 1951). Returns the data in the same pieces as Go's `compress/flate`.

use alloc::boxed::Box;
use core::ops::Range;

use alloy_primitives::Bytes;

use super::{
    buffered::End,
    huffman::{MAX_CODE_LEN, Table},
};

/// The largest distance of a match, and the longest piece that is returned, in bytes.
const WINDOW: usize = 1 << 15;

/// The literal/length symbol that ends a block.
const END_OF_BLOCK: usize = 256;

/// Most literal/length and distance codes that a block may define.
const MAX_LITERALS: usize = 286;
const MAX_DISTANCES: usize = 30;

/// The order in which a block lists the lengths of the codes for code lengths.
const CODE_ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// Shortest length, and number of bits to add, of the length symbols from 257 on.
const LENGTHS: [(u16, u8); 29] = [
    (3, 0),
    (4, 0),
    (5, 0),
    (6, 0),
    (7, 0),
    (8, 0),
    (9, 0),
    (10, 0),
    (11, 1),
    (13, 1),
    (15, 1),
    (17, 1),
    (19, 2),
    (23, 2),
    (27, 2),
    (31, 2),
    (35, 3),
    (43, 3),
    (51, 3),
    (59, 3),
    (67, 4),
    (83, 4),
    (99, 4),
    (115, 4),
    (131, 5),
    (163, 5),
    (195, 5),
    (227, 5),
    (258, 0),
];

/// What the decoder does next.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// The header of a block.
    Block,
    /// Symbols of a compressed block.
    Symbols,
    /// The rest of a match.
    Match { length: usize, distance: usize },
    /// The rest of a stored block.
    Stored { length: usize },
}

/// A decoder of a DEFLATE stream.
#[derive(Debug)]
pub(super) struct Inflate {
    input: Bits,
    /// The last 32 KiB of output: a ring buffer.
    window: Box<[u8; WINDOW]>,
    written: usize,
    flushed: usize,
    /// Whether the window has been filled once.
    full: bool,
    /// The part of the window to return next.
    ready: Range<usize>,
    step: Step,
    last_block: bool,
    literals: Table,
    distances: Table,
    /// The tables of the fixed codes. They are made for the first block that uses them.
    fixed: Option<(Table, Table)>,
    end: Option<End>,
}

impl Inflate {
    pub(super) fn new(input: Bytes) -> Self {
        Self {
            input: Bits { input, place: 0, bits: 0, count: 0 },
            window: Box::new([0; WINDOW]),
            written: 0,
            flushed: 0,
            full: false,
            ready: 0..0,
            step: Step::Block,
            last_block: false,
            literals: Table::default(),
            distances: Table::default(),
            fixed: None,
            end: None,
        }
    }

    /// Writes to the front of `out`. An `End` is returned together with the last bytes before it, if all of them fit.
    pub(super) fn read(&mut self, out: &mut [u8]) -> (usize, Option<End>) {
        loop {
            if !self.ready.is_empty() {
                let count = out.len().min(self.ready.len());
                out[..count].copy_from_slice(&self.window[self.ready.start..self.ready.start + count]);
                self.ready.start += count;
                return (count, if self.ready.is_empty() { self.end } else { None });
            }
            if let Some(end) = self.end {
                return (0, Some(end));
            }
            if self.advance().is_none() {
                self.end = Some(End::Damaged);
                if self.ready.is_empty() {
                    self.flush();
                }
            }
        }
    }

    /// Whether data is ready to be returned.
    pub(super) fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Reads the four bytes after the end of the stream.
    pub(super) fn trailer(&mut self) -> Option<[u8; 4]> {
        self.input.bytes()
    }

    /// Decodes until data is ready to be returned or a block ends. `None` if the stream is damaged.
    fn advance(&mut self) -> Option<()> {
        match self.step {
            Step::Block => self.block(),
            Step::Symbols => self.symbols(),
            Step::Match { length, distance } => {
                if self.copy(length, distance) {
                    Some(())
                } else {
                    self.symbols()
                }
            }
            Step::Stored { length } => self.stored(length),
        }
    }

    /// Marks the output since the last call as ready to be returned.
    fn flush(&mut self) {
        self.ready = self.flushed..self.written;
        if self.written == WINDOW {
            self.written = 0;
            self.full = true;
        }
        self.flushed = self.written;
    }

    fn block(&mut self) -> Option<()> {
        self.last_block = self.input.take(1)? == 1;
        match self.input.take(2)? {
            0 => {
                self.input.align();
                let [low, high, low_check, high_check] = self.input.bytes()?;
                if (low, high) != (!low_check, !high_check) {
                    return None;
                }
                match usize::from(u16::from_le_bytes([low, high])) {
                    0 => {
                        self.flush();
                        self.finish_block();
                        Some(())
                    }
                    length => self.stored(length),
                }
            }
            1 => {
                self.fixed_tables()?;
                self.symbols()
            }
            2 => {
                self.dynamic_tables()?;
                self.symbols()
            }
            _ => None,
        }
    }

    fn finish_block(&mut self) {
        if self.last_block {
            if self.written > self.flushed {
                self.flush();
            }
            self.end = Some(End::Complete);
        }
        self.step = Step::Block;
    }

    fn stored(&mut self, length: usize) -> Option<()> {
        let wanted = length.min(WINDOW - self.written);
        let count = self.input.copy(&mut self.window[self.written..self.written + wanted]);
        self.written += count;
        if count < wanted {
            return None;
        }
        if self.written == WINDOW {
            self.flush();
            self.step = Step::Stored { length: length - count };
        } else {
            self.finish_block();
        }
        Some(())
    }

    fn fixed_tables(&mut self) -> Option<()> {
        if self.fixed.is_none() {
            let mut lengths = [8; 288];
            lengths[144..256].fill(9);
            lengths[256..280].fill(7);
            self.fixed = Some((Table::new(&lengths)?, Table::new(&[5; 32])?));
        }
        let (literals, distances) = self.fixed.as_ref()?;
        self.literals.clone_from(literals);
        self.distances.clone_from(distances);
        Some(())
    }

    fn dynamic_tables(&mut self) -> Option<()> {
        let literals = self.input.take(5)? as usize + 257;
        let distances = self.input.take(5)? as usize + 1;
        let listed = self.input.take(4)? as usize + 4;
        if literals > MAX_LITERALS || distances > MAX_DISTANCES {
            return None;
        }
        let mut lengths = [0; 19];
        for &place in CODE_ORDER.iter().take(listed) {
            lengths[place] = self.input.take(3)? as u8;
        }
        let codes = Table::new(&lengths)?;
        let mut lengths = [0; MAX_LITERALS + MAX_DISTANCES];
        let lengths = &mut lengths[..literals + distances];
        let mut filled = 0;
        while filled < lengths.len() {
            let (value, repeat) = match self.input.symbol(&codes, codes.min)? {
                length @ 0..=15 => (length as u8, 1),
                16 => (*lengths.get(filled.checked_sub(1)?)?, 3 + self.input.take(2)?),
                17 => (0, 3 + self.input.take(3)?),
                _ => (0, 11 + self.input.take(7)?),
            };
            lengths.get_mut(filled..filled + repeat as usize)?.fill(value);
            filled += repeat as usize;
        }
        let (literals, distances) = lengths.split_at(literals);
        self.literals = Table::new(literals)?;
        self.distances = Table::new(distances)?;
        // Every block ends with this symbol, so the reference reads as many bits as its code has before it decodes
        // any symbol. It leaves the last few symbols of a stream undecoded if the stream is cut off.
        self.literals.min = self.literals.min.max(u32::from(literals[END_OF_BLOCK]));
        Some(())
    }

    fn symbols(&mut self) -> Option<()> {
        loop {
            let symbol = self.input.symbol(&self.literals, self.literals.min)? as usize;
            if let Ok(literal) = u8::try_from(symbol) {
                self.window[self.written % WINDOW] = literal;
                self.written += 1;
                if self.written == WINDOW {
                    self.flush();
                    self.step = Step::Symbols;
                    return Some(());
                }
                continue;
            }
            if symbol == END_OF_BLOCK {
                self.finish_block();
                return Some(());
            }
            let &(length, extra) = LENGTHS.get(symbol - END_OF_BLOCK - 1)?;
            let length = usize::from(length) + self.input.take(u32::from(extra))? as usize;
            let distance = match self.input.symbol(&self.distances, self.distances.min)? {
                symbol @ 0..4 => symbol + 1,
                symbol @ 4..30 => {
                    let extra = (symbol - 2) >> 1;
                    (1 << (extra + 1)) + 1 + ((symbol & 1) << extra) + self.input.take(extra)?
                }
                _ => return None,
            } as usize;
            if distance > if self.full { WINDOW } else { self.written } {
                return None;
            }
            if self.copy(length, distance) {
                return Some(());
            }
        }
    }

    /// Copies `length` bytes from `distance` back. True if the window is full before or after the copy; then it must
    /// be returned before decoding goes on.
    fn copy(&mut self, length: usize, distance: usize) -> bool {
        let wanted = length.min(WINDOW - self.written);
        let from =
            if distance <= self.written { self.written - distance } else { self.written + WINDOW - distance };
        let to = self.written;
        if distance >= wanted && from + wanted <= WINDOW {
            self.window.copy_within(from..from + wanted, to);
        } else {
            // Source and destination overlap, or the source wraps around the end of the window.
            for offset in 0..wanted {
                self.window[(to + offset) % WINDOW] = self.window[(from + offset) % WINDOW];
            }
        }
        self.written += wanted;
        if self.written < WINDOW {
            return false;
        }
        self.flush();
        self.step = Step::Match { length: length - wanted, distance };
        true
    }
}

/// The bits of the input, the lowest of each byte first.
#[derive(Debug)]
struct Bits {
    input: Bytes,
    place: usize,
    bits: u64,
    count: u32,
}

impl Bits {
    /// Loads bits until there are more than 56, or the input ends.
    #[inline]
    fn refill(&mut self) {
        if let Some(&bytes) = self.input.get(self.place..).and_then(|rest| rest.first_chunk()) {
            self.bits |= u64::from_le_bytes(bytes) << self.count;
            let whole = (63 - self.count) / 8;
            self.place += whole as usize;
            self.count += 8 * whole;
            // Bits past the count belong to bytes that are not consumed yet.
            return;
        }
        self.bits &= (1u64 << self.count) - 1;
        while self.count <= 56 {
            let Some(&byte) = self.input.get(self.place) else { return };
            self.place += 1;
            self.bits |= u64::from(byte) << self.count;
            self.count += 8;
        }
    }

    /// The next `count` bits, at most 16.
    #[inline]
    fn take(&mut self, count: u32) -> Option<u32> {
        if self.count < count {
            self.refill();
            if self.count < count {
                return None;
            }
        }
        let value = self.bits as u32 & ((1 << count) - 1);
        self.bits >>= count;
        self.count -= count;
        Some(value)
    }

    /// The next symbol. `None` if fewer than `needed` bits remain, even if they hold a whole code.
    #[inline]
    fn symbol(&mut self, table: &Table, needed: u32) -> Option<u32> {
        if self.count < MAX_CODE_LEN as u32 {
            self.refill();
        }
        let (symbol, length) = table.lookup(self.bits as u32);
        if length == 0 || length > self.count || needed > self.count {
            return None;
        }
        self.bits >>= length;
        self.count -= length;
        Some(symbol)
    }

    /// Drops the unread bits of the current byte.
    fn align(&mut self) {
        self.place -= (self.count / 8) as usize;
        (self.bits, self.count) = (0, 0);
    }

    /// The four bytes after the current one.
    fn bytes(&mut self) -> Option<[u8; 4]> {
        self.align();
        let bytes = *self.input.get(self.place..)?.first_chunk()?;
        self.place += bytes.len();
        Some(bytes)
    }

    /// Copies bytes to `out` until it is full or the input ends, and returns their number. No byte may be partly
    /// read.
    fn copy(&mut self, out: &mut [u8]) -> usize {
        let rest = self.input.get(self.place..).unwrap_or(&[]);
        let count = rest.len().min(out.len());
        out[..count].copy_from_slice(&rest[..count]);
        self.place += count;
        count
    }
}
