//! The names of a program's functions, as Cannon's `meta.json` has them.

use object::{
    BigEndian,
    elf::FileHeader64,
    read::elf::{FileHeader, Sym},
};
use serde::{Deserialize, Serialize};

/// A named piece of a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Symbol {
    /// Its name.
    pub name: String,
    /// Its address.
    pub start: u64,
    /// Its bytes.
    pub size: u64,
}

/// The names of a program's functions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// All symbols, by address.
    #[serde(deserialize_with = "sorted")]
    symbols: Vec<Symbol>,
}

/// A file that somebody wrote by hand may have its symbols in any order, or none.
fn sorted<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<Symbol>, D::Error> {
    let mut symbols = Option::<Vec<Symbol>>::deserialize(from)?.unwrap_or_default();
    symbols.sort_by_key(|symbol| symbol.start);
    Ok(symbols)
}

impl Metadata {
    /// The symbols of an ELF file; none if it has no sound table of them.
    pub(super) fn of(header: &FileHeader64<BigEndian>, endian: BigEndian, file: &[u8]) -> Self {
        let Ok(sections) = header.sections(endian, file) else { return Self::default() };
        let Ok(table) = sections.symbols(endian, file, object::elf::SHT_SYMTAB) else {
            return Self::default();
        };
        let mut symbols: Vec<_> = table
            .iter()
            .skip(1)
            .map(|symbol| Symbol {
                name: String::from_utf8_lossy(symbol.name(endian, table.strings()).unwrap_or_default())
                    .into_owned(),
                start: symbol.st_value(endian),
                size: symbol.st_size(endian),
            })
            .collect();
        symbols.sort_by_key(|symbol| symbol.start);
        Self { symbols }
    }

    /// All symbols, by address.
    #[must_use]
    pub fn symbols(&self) -> &[Symbol] {
        &self.symbols
    }

    /// The symbol that `address` belongs to: `!unknown` without symbols, `!start` before the first, `!gap` between two.
    #[must_use]
    pub fn lookup(&self, address: u64) -> &str {
        if self.symbols.is_empty() {
            return "!unknown";
        }
        let after = self.symbols.partition_point(|symbol| symbol.start <= address);
        match after.checked_sub(1).and_then(|at| self.symbols.get(at)) {
            None => "!start",
            Some(symbol) if symbol.start.wrapping_add(symbol.size) < address => "!gap",
            Some(symbol) => &symbol.name,
        }
    }
}
