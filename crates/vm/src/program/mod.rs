//! Loading a program: an ELF file becomes the initial state and a table of symbols.

mod elf;
mod go_sort;
mod metadata;
mod object;
mod stack;
#[cfg(test)]
mod tests;

pub use elf::{ElfError, load_elf};
pub use metadata::{Metadata, Symbol};
