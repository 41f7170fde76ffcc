//! Values by the numbers of pages of memory.

use alloy_primitives::map::HashMap;

/// The bits of an address inside a page.
const PAGE_BITS: u32 = 12;

/// The pages that are found without a search.
const NEAR: usize = 256;

/// A value for each page that was asked for. Programs use few pages at a time, and these are found fast.
#[derive(Debug)]
pub(super) struct Pages<T> {
    /// The pages, with their numbers, in the order in which they were first asked for.
    pages: Vec<(u64, T)>,
    /// The place of each page in `pages`, by its number.
    places: HashMap<u64, usize>,
    /// The same for the pages that were used last, by the lowest bits of their numbers.
    near: Box<[(u64, usize); NEAR]>,
}

impl<T> Default for Pages<T> {
    fn default() -> Self {
        // No page has this number.
        Self { pages: Vec::new(), places: HashMap::default(), near: Box::new([(u64::MAX, 0); NEAR]) }
    }
}

impl<T: Default> Pages<T> {
    /// The page of an address.
    #[inline]
    pub(super) fn page(&mut self, address: u64) -> &mut T {
        let number = address >> PAGE_BITS;
        let near = &mut self.near[number as usize % NEAR];
        if near.0 != number {
            let pages = &mut self.pages;
            let place = *self.places.entry(number).or_insert_with(|| {
                pages.push((number, T::default()));
                pages.len() - 1
            });
            *near = (number, place);
        }
        &mut self.pages[near.1].1
    }
}

impl<T> Pages<T> {
    /// How many pages there are.
    pub(super) fn len(&self) -> usize {
        self.pages.len()
    }

    /// The pages in the order of their numbers, each with its first address.
    pub(super) fn in_order(&self) -> impl Iterator<Item = (u64, &T)> {
        let mut pages: Vec<_> = self.pages.iter().map(|(number, page)| (number << PAGE_BITS, page)).collect();
        pages.sort_unstable_by_key(|(start, _)| *start);
        pages.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pages whose numbers have the same lowest bits displace each other from the near ones, but not for good.
    #[test]
    fn each_page_keeps_its_value() {
        let mut pages = Pages::<u64>::default();
        let addresses =
            [0, 7, NEAR as u64, 2 * NEAR as u64, u64::MAX >> PAGE_BITS].map(|number| number << PAGE_BITS);
        for turn in 0..3 {
            for (value, address) in (1..).zip(addresses) {
                let page = pages.page(address + 8 * turn + 1);
                assert_eq!(*page, turn * value);
                *page += value;
            }
        }
        let found: Vec<_> = pages.in_order().collect();
        assert_eq!(found, addresses.into_iter().zip(&[3, 6, 9, 12, 15]).collect::<Vec<_>>());
    }
}
