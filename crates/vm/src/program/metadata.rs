//! The symbols of a program, as in Cannon's `meta.json`.

use super::{go_sort, object::Object};
use object::{
    BigEndian,
    elf::FileHeader64,
    read::elf::{FileHeader, Sym},
};
use serde::{Deserialize, Serialize};

/// A named range of a program's memory, usually a function.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Symbol {
    /// Its name.
    pub name: String,
    /// Its first address.
    pub start: u64,
    /// Its size in bytes.
    pub size: u64,
}

/// The symbols of a program.
///
/// Any field may be missing in JSON, as in Cannon: `{}` has no symbols.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Object<MetadataFile>")]
pub struct Metadata {
    /// All symbols, in ascending order of their addresses.
    symbols: Vec<Symbol>,
}

/// A metadata file. The symbols can be in any order. `"symbols": null` means that there are none.
#[derive(Deserialize)]
struct MetadataFile {
    symbols: Option<Vec<Object<Symbol>>>,
}

impl From<Object<MetadataFile>> for Metadata {
    /// Sorts the symbols by address. Symbols with equal addresses keep their order.
    fn from(Object(file): Object<MetadataFile>) -> Self {
        let symbols = file.symbols.unwrap_or_default().into_iter();
        let mut symbols: Vec<_> = symbols.map(|Object(symbol)| symbol).collect();
        symbols.sort_by_key(|symbol| symbol.start);
        Self { symbols }
    }
}

impl Metadata {
    /// The symbols of an ELF file, in Cannon's order. There are none if the file has no valid symbol table.
    pub(super) fn of(header: &FileHeader64<BigEndian>, endian: BigEndian, file: &[u8]) -> Self {
        let Ok(sections) = header.sections(endian, file) else { return Self::default() };
        let Ok(table) = sections.symbols(endian, file, object::elf::SHT_SYMTAB) else {
            return Self::default();
        };
        let mut symbols: Vec<_> = table
            .iter()
            // The first entry of an ELF symbol table is always empty.
            .skip(1)
            .map(|symbol| Symbol {
                name: String::from_utf8_lossy(symbol.name(endian, table.strings()).unwrap_or_default())
                    .into_owned(),
                start: symbol.st_value(endian),
                size: symbol.st_size(endian),
            })
            .collect();
        go_sort::sort_by_key(&mut symbols, |symbol| symbol.start);
        Self { symbols }
    }

    /// All symbols, in ascending order of their addresses.
    #[must_use]
    pub fn symbols(&self) -> &[Symbol] {
        &self.symbols
    }

    /// The name of the last symbol that begins at or below `address`, as Cannon prints it. Returns `!gap` if `address`
    /// lies after the end of that symbol, `!start` if `address` lies below all symbols, and `!unknown` if there are no
    /// symbols.
    #[must_use]
    pub fn lookup(&self, address: u64) -> &str {
        if self.symbols.is_empty() {
            return "!unknown";
        }
        let after = self.symbols.partition_point(|symbol| symbol.start <= address);
        match after.checked_sub(1).and_then(|at| self.symbols.get(at)) {
            None => "!start",
            // As in Cannon, the first address after the end still counts as part of the symbol.
            Some(symbol) if symbol.start.wrapping_add(symbol.size) < address => "!gap",
            Some(symbol) => &symbol.name,
        }
    }
}
