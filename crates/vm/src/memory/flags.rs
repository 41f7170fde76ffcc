//! Page flags: one byte for each page of a segment, which compiled code reads before a store.

/// The page is allocated: it was stored to, or loaded from a file.
pub(crate) const PRESENT: u8 = 1;
/// The page is in the dirty log already.
pub(crate) const DIRTY: u8 = 2;
/// Instructions of the page are decoded or compiled: a store to it is self-modifying code.
pub(crate) const CODE: u8 = 4;
/// The page contains the word of the load-linked reservation.
pub(crate) const RESERVED: u8 = 8;
/// The flags of a page to which a store needs no further check.
pub(crate) const WRITABLE: u8 = PRESENT | DIRTY;
