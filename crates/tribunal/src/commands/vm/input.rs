//! Reads states, metadata and programs.

use anyhow::{Context, bail};
use flate2::read::MultiGzDecoder;
use std::{
    fs::File,
    io::{BufReader, Read},
    path::Path,
    str::FromStr,
};
use tribunal_vm::{Metadata, State, memory::PAGE_BYTES, read_state};

use super::output::{is_gzip, is_state_file};

/// The largest ELF and metadata files that are read, in bytes. Programs have tens of megabytes.
const MOST_FILE_BYTES: u64 = 1 << 30;

/// How much memory a guest may use, in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MemoryLimit(u64);

impl MemoryLimit {
    /// What is granted unless a flag says otherwise, as that flag would say it.
    pub(crate) const DEFAULT: &str = "8GiB";

    /// The same in pages.
    pub(crate) fn pages(self) -> usize {
        usize::try_from(self.0 / PAGE_BYTES as u64).unwrap_or(usize::MAX)
    }
}

impl FromStr for MemoryLimit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let shift = match text[digits..].trim().to_ascii_lowercase().as_str() {
            "" | "b" => 0,
            "k" | "kib" => 10,
            "m" | "mib" => 20,
            "g" | "gib" => 30,
            "t" | "tib" => 40,
            unit => return Err(format!("{unit:?} is no unit: KiB, MiB, GiB and TiB are")),
        };
        let number: u64 =
            text[..digits].parse().map_err(|error| format!("{:?}: {error}", &text[..digits]))?;
        number.checked_mul(1 << shift).map(Self).ok_or_else(|| "more than 2^64 bytes".to_owned())
    }
}

/// Reads a file, unpacked if its name says that it is packed.
fn open(path: &Path) -> anyhow::Result<Box<dyn Read>> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let file = BufReader::with_capacity(1 << 16, file);
    Ok(if is_gzip(path) {
        Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(file)))
    } else {
        Box::new(file)
    })
}

/// Reads a state.
pub(crate) fn state(path: &Path, limit: MemoryLimit) -> anyhow::Result<State> {
    if !is_state_file(path) {
        bail!(
            "{} is not the name of a binary state (.bin or .bin.gz); JSON states, of version singlethreaded, are not supported",
            path.display()
        );
    }
    read_state(&mut open(path)?, limit.pages())
        .with_context(|| format!("cannot load the state {}", path.display()))
}

/// Reads metadata.
pub(crate) fn metadata(path: &Path) -> anyhow::Result<Metadata> {
    let json = bytes(path)?;
    serde_json::from_slice(&json).with_context(|| format!("{} is not metadata", path.display()))
}

/// Reads a whole file.
pub(crate) fn bytes(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = open(path)?.take(MOST_FILE_BYTES + 1).read_to_end(&mut bytes);
    read.with_context(|| format!("cannot read {}", path.display()))?;
    if bytes.len() as u64 > MOST_FILE_BYTES {
        bail!("{} has more than {MOST_FILE_BYTES} bytes", path.display());
    }
    Ok(bytes)
}
