//! `mmap` and `brk`. Neither allocates pages. A page is allocated by the first store to it.

use super::{Arguments, Returned, errno};
use crate::{
    layout::{HEAP_END, PROGRAM_BREAK},
    machine::{Observer, Step},
    memory::PAGE_BYTES,
};

/// `brk`: returns the program break, which never moves.
pub(super) const fn brk() -> Returned {
    Returned::ok(PROGRAM_BREAK)
}

impl<O: Observer> Step<'_, O> {
    /// `mmap`: returns the requested address `a0`. If that is 0, extends the heap by `a1` bytes, rounded up to whole
    /// pages, and returns where the new part begins.
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
