//! Load-linked and store-conditional, the pair that atomic operations are made of.
//!
//! A load-linked reserves the loaded bytes for its thread. A store-conditional of that thread stores only if the
//! reservation still stands; any store to the reserved word clears it. The page of the reserved word is marked, so that
//! compiled code leaves stores to it to the interpreter.

use super::{Observer, bus::MachineBus};
use crate::{
    memory::{Memory, MemoryError, MemoryView},
    state::{LlStatus, Reservation},
};
use tribunal_mips::{Bus, WORD_MASK, Width};

impl<O: Observer> MachineBus<'_, O> {
    /// `ll`, `lld`: loads the word around `address`, and reserves it.
    #[inline(never)]
    pub(super) fn reserve(&mut self, address: u64, width: Width) -> Result<u64, MemoryError> {
        let word = self.load(address & WORD_MASK)?;
        let reservation = Reservation { status: LlStatus::of(width), address, owner: self.thread };
        self.set_reservation(reservation);
        Ok(word)
    }

    /// `sc`, `scd`: stores if the thread still has a reservation of this address and width. Returns whether it stored.
    #[inline(never)]
    pub(super) fn store_if_reserved(
        &mut self,
        address: u64,
        width: Width,
        value: u64,
    ) -> Result<bool, MemoryError> {
        let stands = self.has_reserved(address, width);
        if stands {
            self.set_reservation(Reservation::default());
            let place = address & WORD_MASK;
            let word = width.insert(address, self.load(place)?, value);
            // Not `self.store`: the reservation is cleared already.
            self.observer.store(&mut MemoryView::of(self.memory), place, word);
            self.memory.write_word(place, word)?;
        }
        self.observer.conditional(self.thread, address, stands);
        Ok(stands)
    }

    /// Whether the reservation is of this thread, address and width.
    pub(crate) fn has_reserved(&self, address: u64, width: Width) -> bool {
        *self.reservation == Reservation { status: LlStatus::of(width), address, owner: self.thread }
    }

    /// Clears the reservation, because its word was stored to.
    pub(super) fn lose_reservation(&mut self) {
        let lost = *self.reservation;
        self.set_reservation(Reservation::default());
        self.observer.reservation_lost(&lost);
    }

    fn set_reservation(&mut self, reservation: Reservation) {
        self.observer.reservation(self.reservation, &reservation);
        *self.reservation = reservation;
        mark(self.memory, &reservation);
    }
}

/// Marks the page of the reserved word.
///
/// As in Cannon, the reservation's address counts even if nothing is reserved. The address is then 0, unless a state
/// file gave another. A store to the word at that address sets all fields of the reservation to 0.
pub(super) fn mark(memory: &mut Memory, reservation: &Reservation) {
    memory.set_reserved(Some(reservation.address));
}
