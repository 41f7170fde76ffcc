//! Load-linked and store-conditional, the pair that atomic operations are made of.
//!
//! There is at most one reservation, whatever the number of threads. A load-linked reserves the loaded bytes for its
//! thread. Any store to the 8-byte word that contains these bytes clears the reservation. A store-conditional of the
//! thread stores only if the reservation still exists. The page of the word is marked, so that compiled code leaves
//! stores to the page to the interpreter.

use super::{Observer, bus::MachineBus};
use crate::{
    memory::{Memory, MemoryError, MemoryView},
    state::{LlStatus, Reservation},
};
use tribunal_mips::{Bus, WORD_MASK, Width};

impl<O: Observer> MachineBus<'_, O> {
    /// `ll`, `lld`: reserves `width` bytes at `address`, and returns the 8-byte word that contains them.
    #[inline(never)]
    pub(super) fn load_and_reserve(&mut self, address: u64, width: Width) -> Result<u64, MemoryError> {
        let word = self.load(address & WORD_MASK)?;
        let reservation = Reservation { status: LlStatus::of(width), address, owner: self.thread };
        self.set_reservation(reservation);
        Ok(word)
    }

    /// `sc`, `scd`: stores the lowest `width` bytes of `value` at `address` if the thread still has these bytes
    /// reserved. Returns whether it stored.
    #[inline(never)]
    pub(super) fn store_if_reserved(
        &mut self,
        address: u64,
        width: Width,
        value: u64,
    ) -> Result<bool, MemoryError> {
        let is_reserved = self.has_reserved(address, width);
        if is_reserved {
            self.set_reservation(Reservation::default());
            let word_address = address & WORD_MASK;
            let word = width.insert(address, self.load(word_address)?, value);
            // `self.store` is not used: for the word at address 0, it would report a lost reservation, see `mark_page`.
            self.observer.store(&mut MemoryView::of(self.memory), word_address, word);
            self.memory.write_word(word_address, word)?;
        }
        self.observer.store_conditional(self.thread, address, is_reserved);
        Ok(is_reserved)
    }

    /// Whether this thread has reserved exactly `width` bytes at `address`.
    pub(crate) fn has_reserved(&self, address: u64, width: Width) -> bool {
        *self.reservation == Reservation { status: LlStatus::of(width), address, owner: self.thread }
    }

    /// Clears the reservation, because a store other than a store-conditional has replaced its word.
    pub(super) fn lose_reservation(&mut self) {
        let lost = *self.reservation;
        self.set_reservation(Reservation::default());
        self.observer.reservation_lost(&lost);
    }

    fn set_reservation(&mut self, reservation: Reservation) {
        self.observer.reservation(self.reservation, &reservation);
        *self.reservation = reservation;
        mark_page(self.memory, &reservation);
    }
}

/// Marks the page of the reserved word.
///
/// As in Cannon, the reservation's address counts even if nothing is reserved: a store to the word at that address sets
/// all fields of the reservation to 0. Without a reservation, the address is 0, unless a state file contains another.
pub(super) fn mark_page(memory: &mut Memory, reservation: &Reservation) {
    memory.set_reserved(Some(reservation.address));
}
