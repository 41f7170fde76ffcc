//! What an instruction needs besides registers, and why it may not complete.

use crate::Width;

/// Memory as instructions see it: 8-byte words, the most significant byte first.
pub trait Bus {
    /// Why memory could not be accessed.
    type Error;

    /// The word at `address`, a multiple of 8.
    ///
    /// # Errors
    /// [`Self::Error`].
    fn load(&mut self, address: u64) -> Result<u64, Self::Error>;

    /// Stores the word at `address`, a multiple of 8.
    ///
    /// # Errors
    /// [`Self::Error`].
    fn store(&mut self, address: u64, word: u64) -> Result<(), Self::Error>;

    /// Loads the word around `address`, which need not be aligned, and reserves `width` bytes at `address` for the
    /// running thread.
    ///
    /// # Errors
    /// [`Self::Error`].
    fn load_linked(&mut self, address: u64, width: Width) -> Result<u64, Self::Error>;

    /// If the running thread still has exactly these bytes reserved: stores the lowest `width` bytes of `value` at
    /// `address`, and clears the reservation. Returns whether it stored.
    ///
    /// # Errors
    /// [`Self::Error`].
    fn store_conditional(&mut self, address: u64, width: Width, value: u64) -> Result<bool, Self::Error>;
}

/// Why an instruction did not complete. The registers are then as before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Trap<E> {
    /// A system call, which the machine executes.
    #[error("a system call")]
    Syscall,
    /// An instruction that no machine can execute.
    #[error("{0}")]
    Exception(Exception),
    /// Memory could not be accessed.
    #[error("{0}")]
    Bus(E),
}

/// Why no machine can execute an instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Exception {
    /// The word is not an instruction.
    #[error("invalid instruction {word:#010x}")]
    InvalidInstruction {
        /// The word.
        word: u32,
    },
    /// A branch or jump in the delay slot of a branch that was taken.
    #[error("a branch in a delay slot")]
    BranchInDelaySlot,
    /// A division by zero.
    #[error("division by zero")]
    DivisionByZero,
}

impl<E> From<Exception> for Trap<E> {
    fn from(exception: Exception) -> Self {
        Self::Exception(exception)
    }
}
