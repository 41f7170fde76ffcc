//! How a folder of pre-images is laid out, and how that is recognised.

use alloy_primitives::hex;
use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};
use tribunal_preimage::PreimageKey;

use super::super::{arena::storable_key, temporary::is_temporary, whole_file};
use crate::error::{HostError, HostResult};

/// The file that names the layout.
const MARKER: &str = "kvformat";

/// The file in which RocksDB names its current manifest: older releases of kona-host kept a RocksDB without a marker.
const ROCKSDB_CURRENT: &str = "CURRENT";

/// The file into which op-challenger lets the VM write its counts. A run that fetches nothing leaves only this file.
const DEBUG_INFO: &str = "debug-info.json";

/// One of op-program's two layouts; kona-host has the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// `0xabcd….txt`
    Flat,
    /// `abcd/….txt`
    Nested,
}

impl Layout {
    /// The other one.
    pub(super) const fn other(self) -> Self {
        match self {
            Self::Flat => Self::Nested,
            Self::Nested => Self::Flat,
        }
    }

    /// What the marker says.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Flat => "file",
            Self::Nested => "directory",
        }
    }

    /// Where the file of `key` lies in the folder.
    pub(super) fn relative_path(self, key: PreimageKey) -> PathBuf {
        let digits = hex::encode(key.as_bytes());
        match self {
            Self::Flat => format!("0x{digits}.txt").into(),
            Self::Nested => {
                let (folder, name) = digits.split_at(4);
                Path::new(folder).join(format!("{name}.txt"))
            }
        }
    }

    /// All keys in the folder, in no order. Other entries are ignored.
    pub(super) fn keys(self, folder: &Path) -> HostResult<Vec<PreimageKey>> {
        let mut keys = Vec::new();
        for name in names(folder)? {
            match self {
                Self::Flat => keys.extend(flat_key(&name)),
                Self::Nested if is_part_of_key(&name) => {
                    let files = names(&folder.join(&name))?;
                    keys.extend(files.iter().filter_map(|file| key_of_name(&format!("{name}{file}"))));
                }
                Self::Nested => {}
            }
        }
        Ok(keys)
    }
}

/// The layout of a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    /// The layout of new pre-images.
    pub(super) layout: Layout,
    /// Whether there are pre-images in the other layout too.
    pub(super) has_other: bool,
    /// Whether a marker names the layout.
    pub(super) is_marked: bool,
}

/// Finds the layout of `folder`: the marker's, unless the folder has only files of the other; without a marker that of
/// the files, or the nested one if there are files of both. An empty folder gets the nested layout.
///
/// # Errors
/// [`HostError::NotAStore`] for a marker or files of another format, and for a folder that has other files and neither
/// marker nor pre-images; [`HostError::Io`].
pub(super) fn detect(folder: &Path) -> HostResult<Found> {
    let marked = read_marker(folder)?;
    let names = names(folder)?;
    let flat = names.iter().any(|name| flat_key(name).is_some());
    let nested = names.iter().any(|name| is_part_of_key(name));
    let present = match (flat, nested) {
        (true, false) => Some(Layout::Flat),
        (false, true) => Some(Layout::Nested),
        _ => None,
    };
    let has_other = flat && nested;
    let layout = match (marked, present) {
        (Some(marked), Some(present)) if marked != present => {
            tracing::warn!(
                folder = %folder.display(),
                "{MARKER} says {:?}, but all files are of the layout {:?}: it is ignored",
                marked.name(),
                present.name()
            );
            present
        }
        (Some(layout), _) | (None, Some(layout)) => layout,
        (None, None) if has_other => Layout::Nested,
        (None, None) if names.iter().any(|name| name == ROCKSDB_CURRENT) => {
            return Err(rocksdb(folder.into()));
        }
        (None, None) => {
            refuse_other_files(folder, names)?;
            Layout::Nested
        }
    };
    Ok(Found { layout, has_other, is_marked: marked == Some(layout) })
}

/// Refuses a folder whose files are not those of a store. The error names some of them.
fn refuse_other_files(folder: &Path, mut names: Vec<String>) -> HostResult<()> {
    /// Names in the error.
    const SHOWN: usize = 3;
    names.retain(|name| !is_temporary(name) && name != MARKER && name != DEBUG_INFO);
    names.sort();
    if names.is_empty() {
        return Ok(());
    }
    let shown: Vec<_> = names.iter().take(SHOWN).map(|name| format!("{name:?}")).collect();
    let more = if names.len() > SHOWN { ", …" } else { "" };
    let reason = format!(
        "is not a store: it has other files ({}{more}), and neither pre-images nor the marker `{MARKER}`; name a folder \
         with pre-images, or a new or an empty one to write to",
        shown.join(", ")
    );
    Err(HostError::NotAStore { path: folder.into(), reason })
}

/// Writes the marker.
pub(super) fn mark(folder: &Path, layout: Layout) -> HostResult<()> {
    let marker = folder.join(MARKER);
    whole_file::write(&marker, |file| {
        std::io::Write::write_all(file, layout.name().as_bytes()).map_err(HostError::io(&marker))
    })
}

fn read_marker(folder: &Path) -> HostResult<Option<Layout>> {
    let path = folder.join(MARKER);
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(HostError::io(path)(error)),
    };
    match text.trim_ascii() {
        // Another program is about to write it.
        b"" => Ok(None),
        name if name == Layout::Flat.name().as_bytes() => Ok(Some(Layout::Flat)),
        name if name == Layout::Nested.name().as_bytes() => Ok(Some(Layout::Nested)),
        b"rocksdb" => Err(rocksdb(path)),
        name => {
            let shown: String = String::from_utf8_lossy(name).chars().take(40).collect();
            let reason = format!("layout {shown:?} is unknown; known are \"directory\" and \"file\"");
            Err(HostError::NotAStore { path, reason })
        }
    }
}

fn rocksdb(path: PathBuf) -> HostError {
    let reason =
        "RocksDB is not supported; have kona-host write the format `directory` (--data-format directory)";
    HostError::NotAStore { path, reason: reason.into() }
}

/// The names of all entries of a folder.
fn names(folder: &Path) -> HostResult<Vec<String>> {
    let entries = fs::read_dir(folder).map_err(HostError::io(folder))?;
    entries
        .map(|entry| Ok(entry.map_err(HostError::io(folder))?.file_name().to_string_lossy().into_owned()))
        .collect()
}

/// Whether this is the first two bytes of a key of types 2 to 6.
fn is_part_of_key(name: &str) -> bool {
    let mut start = [0; 2];
    name.len() == 4 && hex::decode_to_slice(name, &mut start).is_ok() && matches!(start, [2..=6, _])
}

fn flat_key(name: &str) -> Option<PreimageKey> {
    name.strip_prefix("0x").and_then(key_of_name)
}

/// The key of a file named by 64 digits and `.txt`.
fn key_of_name(name: &str) -> Option<PreimageKey> {
    let digits =
        name.strip_suffix(".txt").filter(|digits| digits.len() == 64 && !digits.starts_with("0x"))?;
    let mut bytes = [0; 32];
    hex::decode_to_slice(digits, &mut bytes).ok()?;
    storable_key(bytes)
}
