//! Tables that decode the Huffman codes of DEFLATE.

use alloc::{vec, vec::Vec};

/// The longest code, in bits.
pub(super) const MAX_CODE_LEN: usize = 15;

/// How many bits the first lookup takes.
const FIRST_BITS: u32 = 9;

/// Marks an entry for longer codes. A second table has their other bits.
const LINK: u32 = 1 << 31;

/// Decodes one code.
///
/// An entry is `symbol << 4 | length`, 0 for bits that are no code, or `LINK | start of the table of longer codes`.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    entries: Vec<u32>,
    /// Mask of the bits by which a second table is indexed.
    link_mask: u32,
    /// Length of the shortest code; 0 for an empty table.
    pub(super) min: u32,
}

impl Table {
    /// The table for symbols 0, 1, .. of the code lengths `lengths` (0: the symbol has none).
    ///
    /// `None` if the codes do not fill the code space exactly. Two exceptions are accepted: a single code of one bit,
    /// and no code at all, with which no bits decode.
    pub(super) fn new(lengths: &[u8]) -> Option<Self> {
        let mut count = [0u32; MAX_CODE_LEN + 1];
        for &length in lengths {
            count[usize::from(length)] += 1;
        }
        let used = |length: &usize| count[*length] != 0;
        let Some(min) = (1..=MAX_CODE_LEN).find(used) else {
            return Some(Self { entries: vec![0; 1 << FIRST_BITS], link_mask: 0, min: 0 });
        };
        let max = (1..=MAX_CODE_LEN).rfind(used).unwrap_or(min);
        let mut next = [0u32; MAX_CODE_LEN + 1];
        let mut code = 0;
        for length in min..=max {
            code <<= 1;
            next[length] = code;
            code += count[length];
        }
        if code != 1 << max && !(code == 1 && max == 1) {
            return None;
        }
        let link_bits = (max as u32).saturating_sub(FIRST_BITS);
        let mut table =
            Self { entries: vec![0; 1 << FIRST_BITS], link_mask: (1 << link_bits) - 1, min: min as u32 };
        for (symbol, &length) in lengths.iter().enumerate().filter(|(_, length)| **length != 0) {
            let code = next[usize::from(length)];
            next[usize::from(length)] += 1;
            let length = u32::from(length);
            table.insert(
                code.reverse_bits() >> (32 - length),
                length,
                link_bits,
                (symbol as u32) << 4 | length,
            );
        }
        Some(table)
    }

    /// Enters a code. Its first bit is the lowest.
    fn insert(&mut self, code: u32, length: u32, link_bits: u32, entry: u32) {
        if length <= FIRST_BITS {
            for place in (code as usize..1 << FIRST_BITS).step_by(1 << length) {
                self.entries[place] = entry;
            }
            return;
        }
        let first = (code & ((1 << FIRST_BITS) - 1)) as usize;
        if self.entries[first] == 0 {
            self.entries[first] = LINK | self.entries.len() as u32;
            self.entries.resize(self.entries.len() + (1 << link_bits), 0);
        }
        let start = (self.entries[first] & !LINK) as usize;
        for place in ((code >> FIRST_BITS) as usize..1 << link_bits).step_by(1 << (length - FIRST_BITS)) {
            self.entries[start + place] = entry;
        }
    }

    /// The symbol and code length that `bits` start with (the first bit lowest); length 0 when they start with no code.
    #[inline]
    pub(super) fn lookup(&self, bits: u32) -> (u32, u32) {
        let mut entry = self.entry((bits & ((1 << FIRST_BITS) - 1)) as usize);
        if entry & LINK != 0 {
            entry = self.entry(((entry & !LINK) + ((bits >> FIRST_BITS) & self.link_mask)) as usize);
        }
        (entry >> 4, entry & 15)
    }

    #[inline]
    fn entry(&self, place: usize) -> u32 {
        self.entries.get(place).copied().unwrap_or(0)
    }
}
