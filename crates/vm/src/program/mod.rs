//! Programs: from an ELF file to a state that is about to execute its first instruction.

mod elf;
mod go_sort;
mod metadata;
mod stack;
#[cfg(test)]
mod tests;

pub use elf::{ElfError, load_elf};
pub use metadata::{Metadata, Symbol};
