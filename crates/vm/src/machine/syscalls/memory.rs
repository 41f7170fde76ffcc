//! `mmap` and `brk`. They only return addresses: the first store to a page allocates it.

use super::{Arguments, Returned, errno};
use crate::{
    layout::{HEAP_END, PROGRAM_BREAK},
    machine::{Observer, Step},
    memory::PAGE_BYTES,
};

/// `brk`: the break never moves.
pub(super) const fn brk() -> Returned {
    Returned::ok(PROGRAM_BREAK)
}

impl<O: Observer> Step<'_, O> {
    /// `mmap`: maps at the requested address, or else at the end of the heap, which grows by whole pages.
    pub(super) fn mmap(&mut self, arguments: Arguments) -> Returned {
        if arguments.a0 != 0 {
            return Returned::ok(arguments.a0);
        }
        let start = self.core.state.heap;
        let end = arguments
            .a1
            .checked_next_multiple_of(PAGE_BYTES as u64)
            .and_then(|length| start.checked_add(length))
            .filter(|end| *end <= HEAP_END);
        match end {
            Some(end) => {
                self.core.state.heap = end;
                self.observer.heap(start, end);
                Returned::ok(start)
            }
            None => Returned::failed(errno::EINVAL),
        }
    }
}
