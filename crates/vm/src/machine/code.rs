//! Decoded pages: every instruction is decoded once, until somebody stores to its page.

use crate::{
    decode::Instruction,
    memory::{Memory, PAGE_BYTES, PAGE_SHIFT},
};
use alloy_primitives::map::HashMap;

const PER_PAGE: usize = PAGE_BYTES / 4;
type DecodedPage = Box<[Instruction; PER_PAGE]>;

/// The decoded pages.
#[derive(Default)]
pub(crate) struct CodeCache {
    pages: HashMap<u64, usize>,
    decoded: Vec<DecodedPage>,
    /// The page that was asked for last, and its place.
    last: Option<(u64, usize)>,
}

impl CodeCache {
    /// The instruction at `pc`, a multiple of 4.
    #[inline]
    pub(crate) fn fetch(&mut self, memory: &mut Memory, pc: u64) -> Instruction {
        let page = pc >> PAGE_SHIFT;
        let at = (pc as usize % PAGE_BYTES) / 4;
        if let Some((last, place)) = self.last
            && last == page
            && !memory.has_code_stores()
        {
            return self.decoded[place][at];
        }
        self.fetch_elsewhere(memory, page, pc)
    }

    #[cold]
    fn fetch_elsewhere(&mut self, memory: &mut Memory, page: u64, pc: u64) -> Instruction {
        if memory.has_code_stores() {
            self.forget(&memory.take_code_stores());
        }
        let place = match self.pages.get(&page) {
            Some(&place) => place,
            None if memory.watch_code(pc) => self.decode(memory, page),
            None => return Instruction::decode(memory.read_instruction(pc)),
        };
        self.last = Some((page, place));
        self.decoded[place][(pc as usize % PAGE_BYTES) / 4]
    }

    fn decode(&mut self, memory: &Memory, page: u64) -> usize {
        let start = page << PAGE_SHIFT;
        let decoded = Box::new(std::array::from_fn(|at| {
            Instruction::decode(memory.read_instruction(start + 4 * at as u64))
        }));
        self.decoded.push(decoded);
        self.pages.insert(page, self.decoded.len() - 1);
        self.decoded.len() - 1
    }

    /// Forgets pages that were stored to. A program that keeps on rewriting its code costs time, not memory: the last of
    /// the decoded pages takes the place of the forgotten one.
    fn forget(&mut self, pages: &[u64]) {
        self.last = None;
        for page in pages {
            let Some(place) = self.pages.remove(page) else { continue };
            self.decoded.swap_remove(place);
            let moved = self.decoded.len();
            if let Some(other) = self.pages.values_mut().find(|other| **other == moved) {
                *other = place;
            }
        }
    }
}
