//! Reads states, metadata and programs.

use anyhow::{Context, bail};
use flate2::read::MultiGzDecoder;
use std::{
    fmt,
    fs::File,
    io::{BufReader, ErrorKind, Read},
    path::Path,
    str::FromStr,
};
use tribunal_vm::{Metadata, State, memory::PAGE_BYTES, read_state};

use super::{
    execution::in_binary_units,
    number::parse_unsigned,
    output::{is_gzip, is_state_file},
};

/// The largest size of ELF and metadata files, in bytes. Programs have tens of megabytes.
const MAX_FILE_BYTES: u64 = 1 << 30;

/// How much memory a guest may use, in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MemoryLimit(u64);

impl MemoryLimit {
    /// The default value of the flag.
    pub(crate) const DEFAULT: &str = "8GiB";

    /// The limit in pages.
    pub(crate) fn pages(self) -> usize {
        usize::try_from(self.0 / PAGE_BYTES as u64).unwrap_or(usize::MAX)
    }
}

/// As people read it.
impl fmt::Display for MemoryLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => f.write_str("1 byte"),
            bytes if bytes < 1024 => write!(f, "{bytes} bytes"),
            bytes => f.write_str(&in_binary_units(bytes)),
        }
    }
}

impl FromStr for MemoryLimit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.starts_with("0x") || text.starts_with("0X") {
            return parse_unsigned(text).map(Self);
        }
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let shift = match text[digits..].trim().to_ascii_lowercase().as_str() {
            "" | "b" => 0,
            "k" | "kib" => 10,
            "m" | "mib" => 20,
            "g" | "gib" => 30,
            "t" | "tib" => 40,
            unit => return Err(format!("unknown unit {unit:?}: use KiB, MiB, GiB or TiB")),
        };
        let number: u64 =
            text[..digits].parse().map_err(|error| format!("{:?}: {error}", &text[..digits]))?;
        number.checked_mul(1 << shift).map(Self).ok_or_else(|| format!("{text:?} is more than 2^64 bytes"))
    }
}

/// Opens a file, and decompresses it if its name ends in .gz.
fn open(path: &Path) -> anyhow::Result<Box<dyn Read>> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let file = BufReader::with_capacity(1 << 16, file);
    Ok(if is_gzip(path) {
        Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(file)))
    } else {
        Box::new(file)
    })
}

/// A state file that is open.
pub(crate) struct StateFile<'a> {
    path: &'a Path,
    content: Box<dyn Read>,
}

impl<'a> StateFile<'a> {
    /// Opens a state file.
    pub(crate) fn open(path: &'a Path) -> anyhow::Result<Self> {
        if !is_state_file(path) {
            bail!(
                "{} does not have the name of a binary state (.bin or .bin.gz); JSON states are not supported",
                path.display()
            );
        }
        Ok(Self { path, content: open(path)? })
    }

    /// Reads the state.
    pub(crate) fn read(mut self, limit: MemoryLimit) -> anyhow::Result<State> {
        read_whole_state(&mut self.content, limit)
            .with_context(|| format!("cannot load the state {}", self.path.display()))
    }
}

/// Reads a state.
pub(crate) fn state(path: &Path, limit: MemoryLimit) -> anyhow::Result<State> {
    StateFile::open(path)?.read(limit)
}

fn read_whole_state(file: &mut impl Read, limit: MemoryLimit) -> anyhow::Result<State> {
    let state = read_state(file, limit.pages())?;
    require_end(file)?;
    Ok(state)
}

/// Requires that a file ends here. The decompressor compares its checksum only at the end.
fn require_end(file: &mut impl Read) -> anyhow::Result<()> {
    let mut next = [0];
    loop {
        match file.read(&mut next) {
            Ok(0) => return Ok(()),
            Ok(_) => bail!("the file goes on after the end of the state"),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error).context("the file is damaged"),
        }
    }
}

/// Reads metadata.
pub(crate) fn metadata(path: &Path) -> anyhow::Result<Metadata> {
    let json = bytes(path)?;
    // As in Cannon, `null` is empty metadata.
    let metadata: Option<Metadata> = serde_json::from_slice(&json)
        .with_context(|| format!("cannot load the metadata {}", path.display()))?;
    Ok(metadata.unwrap_or_default())
}

/// Reads a whole file, and decompresses it if its name ends in .gz.
pub(crate) fn bytes(path: &Path) -> anyhow::Result<Vec<u8>> {
    whole(open(path)?, path)
}

/// Reads a whole file as it is.
pub(crate) fn plain(path: &Path) -> anyhow::Result<Vec<u8>> {
    whole(File::open(path).with_context(|| format!("cannot open {}", path.display()))?, path)
}

fn whole(file: impl Read, path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes);
    read.with_context(|| format!("cannot read {}", path.display()))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        bail!("{} is larger than {MAX_FILE_BYTES} bytes", path.display());
    }
    Ok(bytes)
}
