//! The bus, through which instructions and system calls access memory.

use super::{Counter, Observer};
use crate::{
    memory::{Memory, MemoryError, MemoryView},
    state::Reservation,
};
use tribunal_mips::{Bus, WORD_MASK, Width};

/// The guest's memory and reservation, as one thread accesses them. The observer is told of every access.
pub(crate) struct MachineBus<'a, O> {
    pub(crate) memory: &'a mut Memory,
    pub(crate) reservation: &'a mut Reservation,
    /// The id of the thread.
    pub(crate) thread: u64,
    pub(crate) observer: &'a mut O,
}

/// The bus of the fast path. Its only observer is the statistics.
pub(crate) type FastBus<'a> = MachineBus<'a, Option<&'a mut Counter>>;

impl<O: Observer> Bus for MachineBus<'_, O> {
    type Error = MemoryError;

    #[inline]
    fn load(&mut self, address: u64) -> Result<u64, MemoryError> {
        self.observer.load(&mut MemoryView::of(self.memory), address);
        Ok(self.memory.read_word(address))
    }

    #[inline(always)]
    fn store(&mut self, address: u64, word: u64) -> Result<(), MemoryError> {
        self.observer.store(&mut MemoryView::of(self.memory), address, word);
        if address != self.reservation.address & WORD_MASK && self.memory.try_write_word(address, word) {
            return Ok(());
        }
        self.store_slowly(address, word)
    }

    #[cold]
    fn load_linked(&mut self, address: u64, width: Width) -> Result<u64, MemoryError> {
        self.load_and_reserve(address, width)
    }

    #[cold]
    fn store_conditional(&mut self, address: u64, width: Width, value: u64) -> Result<bool, MemoryError> {
        self.store_if_reserved(address, width, value)
    }
}

impl<O: Observer> MachineBus<'_, O> {
    /// Stores the reserved word, or a word of a page whose flags are not exactly [`crate::memory::WRITABLE`].
    #[cold]
    fn store_slowly(&mut self, address: u64, word: u64) -> Result<(), MemoryError> {
        self.memory.write_word(address, word)?;
        if address == self.reservation.address & WORD_MASK {
            self.lose_reservation();
        }
        Ok(())
    }
}
