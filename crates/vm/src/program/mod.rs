//! Programs: from an ELF file to the initial state.

mod elf;
mod go_sort;
mod metadata;
mod object;
mod stack;
#[cfg(test)]
mod tests;

pub use elf::{ElfError, load_elf};
pub use metadata::{Metadata, Symbol};
