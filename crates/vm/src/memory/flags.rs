//! Page flags. Each page of a segment has a byte of flags. The machine and compiled code read it before a store, see
//! [`WRITABLE`].

/// The page is allocated.
pub(crate) const ALLOCATED: u8 = 1;
/// The page is already in the current interval of the dirty log.
pub(crate) const DIRTY: u8 = 2;
/// The page is watched for stores, because some of its instructions were decoded or compiled.
pub(crate) const WATCHED: u8 = 4;
/// The page contains the word at the address of the reservation, see [`super::Memory::set_reserved`]. A store to this
/// word has to clear the reservation.
pub(crate) const RESERVED: u8 = 8;
/// The flags of a *writable* page. A store needs no further check if the flags of its page are exactly these.
/// The chunk of such a page (see [`super::segment`]) is writable, too.
pub(crate) const WRITABLE: u8 = ALLOCATED | DIRTY;
