//! A store of one file per pre-image, laid out as op-program's `--datadir`.

use alloy_primitives::{Bytes, hex, map::HashMap};
use std::{
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Read, Write},
    path::{Path, PathBuf},
    sync::{PoisonError, RwLock},
};
use tempfile::NamedTempFile;
use tribunal_preimage::{Limits, PreimageKey};

use super::{PreimageStore, arena::storable_key, record_digest, refuse_local};
use crate::error::{HostError, HostResult};

/// The file that names the layout.
const FORMAT_FILE: &str = "kvformat";

/// The file that remembers which records were found good: one line each, key and checksum.
const VOUCHED_FILE: &str = "vouched";

/// Pre-images as files with hexadecimal content, in one of op-program's two layouts.
///
/// A file is written under a temporary name and moved into its place, so that a crash leaves none half written.
#[derive(Debug)]
pub struct DirectoryStore {
    path: PathBuf,
    layout: Layout,
    vouched: RwLock<HashMap<PreimageKey, [u8; 32]>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// `0xabcd….txt`
    Flat,
    /// `abcd/….txt`
    Nested,
}

impl Layout {
    const fn name(self) -> &'static str {
        match self {
            Self::Flat => "file",
            Self::Nested => "directory",
        }
    }

    fn relative_path(self, key: PreimageKey) -> PathBuf {
        let digits = hex::encode(key.as_bytes());
        match self {
            Self::Flat => format!("0x{digits}.txt").into(),
            Self::Nested => {
                let (folder, name) = digits.split_at(4);
                Path::new(folder).join(format!("{name}.txt"))
            }
        }
    }
}

impl DirectoryStore {
    /// Opens the store in the folder `path`, or makes one there (nested, as op-program does).
    ///
    /// # Errors
    /// [`HostError::NotAStore`] if `kvformat` names another layout; [`HostError::Io`].
    pub fn open(path: impl Into<PathBuf>) -> HostResult<Self> {
        let path = path.into();
        fs::create_dir_all(&path).map_err(HostError::io(&path))?;
        let format = path.join(FORMAT_FILE);
        let layout = match fs::read_to_string(&format) {
            Ok(name) if name == Layout::Flat.name() => Layout::Flat,
            Ok(name) if name == Layout::Nested.name() => Layout::Nested,
            Ok(name) => {
                let reason =
                    format!("layout {:?} is not supported", name.chars().take(40).collect::<String>());
                return Err(HostError::NotAStore { path: format, reason });
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let layout = Layout::Nested;
                fs::write(&format, layout.name()).map_err(HostError::io(&format))?;
                layout
            }
            Err(error) => return Err(HostError::io(&format)(error)),
        };
        let vouched = RwLock::new(read_vouched(&path.join(VOUCHED_FILE))?);
        Ok(Self { path, layout, vouched })
    }

    fn path_of(&self, key: PreimageKey) -> PathBuf {
        self.path.join(self.layout.relative_path(key))
    }

    fn put_one(&self, key: PreimageKey, value: &[u8]) -> HostResult<()> {
        refuse_local(key)?;
        let path = self.path_of(key);
        let folder = path.parent().unwrap_or(&self.path);
        fs::create_dir_all(folder).map_err(HostError::io(folder))?;
        let mut file = NamedTempFile::new_in(&self.path).map_err(HostError::io(&self.path))?;
        file.write_all(hex::encode(value).as_bytes()).map_err(HostError::io(&path))?;
        file.as_file().sync_data().map_err(HostError::io(&path))?;
        file.persist(&path).map_err(|error| HostError::io(&path)(error.error))?;
        Ok(())
    }

    /// The names of all entries of a folder.
    fn names(folder: &Path) -> HostResult<Vec<String>> {
        let entries = fs::read_dir(folder).map_err(HostError::io(folder))?;
        entries
            .map(|entry| Ok(entry.map_err(HostError::io(folder))?.file_name().to_string_lossy().into_owned()))
            .collect()
    }
}

impl PreimageStore for DirectoryStore {
    fn get(&self, key: PreimageKey) -> HostResult<Option<Bytes>> {
        let path = self.path_of(key);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(HostError::io(path)(error)),
        };
        let limit = 2 * Limits::default().preimage;
        let mut digits = Vec::new();
        file.take(limit + 1).read_to_end(&mut digits).map_err(HostError::io(&path))?;
        let wrong = |reason: &str| HostError::Record { path: path.clone(), key, reason: reason.into() };
        if digits.len() as u64 > limit {
            return Err(wrong("the file is too long"));
        }
        // The decoder would skip a prefix, which the layout does not have.
        if digits.starts_with(b"0x") {
            return Err(wrong("the file is not hexadecimal"));
        }
        let value = hex::decode(&digits).map_err(|_| wrong("the file is not hexadecimal"))?;
        Ok(Some(value.into()))
    }

    fn put_all(&self, records: &mut dyn Iterator<Item = (PreimageKey, Bytes)>) -> HostResult<()> {
        for (key, value) in records {
            self.put_one(key, &value)?;
        }
        Ok(())
    }

    fn keys(&self) -> HostResult<Vec<PreimageKey>> {
        let mut keys = Vec::new();
        for name in Self::names(&self.path)? {
            match self.layout {
                Layout::Flat => keys.extend(name.strip_prefix("0x").and_then(key_of_name)),
                // Other entries are not ours, or a temporary file that a crash left behind.
                Layout::Nested if name.len() == 4 && name.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                    let files = Self::names(&self.path.join(&name))?;
                    keys.extend(files.iter().filter_map(|file| key_of_name(&format!("{name}{file}"))));
                }
                Layout::Nested => {}
            }
        }
        keys.sort_unstable();
        Ok(keys)
    }

    fn is_vouched(&self, key: PreimageKey, value: &[u8]) -> HostResult<bool> {
        let vouched = self.vouched.read().unwrap_or_else(PoisonError::into_inner);
        Ok(vouched.get(&key).is_some_and(|digest| *digest == record_digest(key, value)))
    }

    fn vouch(&self, keys: &[PreimageKey]) -> HostResult<()> {
        let mut lines = String::new();
        let mut fresh = Vec::new();
        for key in keys {
            if let Some(value) = self.get(*key)?
                && !self.is_vouched(*key, &value)?
            {
                let digest = record_digest(*key, &value);
                lines.push_str(&format!("{} {}\n", hex::encode(key.as_bytes()), hex::encode(digest)));
                fresh.push((*key, digest));
            }
        }
        let path = self.path.join(VOUCHED_FILE);
        let file = OpenOptions::new().append(true).create(true).open(&path);
        let written =
            file.and_then(|mut file| file.write_all(lines.as_bytes()).and_then(|()| file.sync_data()));
        if let Err(error) = written {
            // Then the checks will be made again next time.
            tracing::warn!(path = %path.display(), %error, "cannot remember what was verified");
        }
        self.vouched.write().unwrap_or_else(PoisonError::into_inner).extend(fresh);
        Ok(())
    }
}

/// The key of a file named by 64 digits and `.txt`.
fn key_of_name(name: &str) -> Option<PreimageKey> {
    let digits =
        name.strip_suffix(".txt").filter(|digits| digits.len() == 64 && !digits.starts_with("0x"))?;
    let mut bytes = [0; 32];
    hex::decode_to_slice(digits, &mut bytes).ok()?;
    storable_key(bytes)
}

/// Reads what was vouched for. A line that is cut off or damaged vouches for nothing, which costs a check and no more.
fn read_vouched(path: &Path) -> HostResult<HashMap<PreimageKey, [u8; 32]>> {
    let lines = match fs::read_to_string(path) {
        Ok(lines) => lines,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::InvalidData) => String::new(),
        Err(error) => return Err(HostError::io(path)(error)),
    };
    let entries = lines.lines().filter_map(|line| {
        let (key, digest) = line.split_once(' ')?;
        let (mut key_bytes, mut digest_bytes) = ([0; 32], [0; 32]);
        hex::decode_to_slice(key, &mut key_bytes).ok()?;
        hex::decode_to_slice(digest, &mut digest_bytes).ok()?;
        Some((storable_key(key_bytes)?, digest_bytes))
    });
    Ok(entries.collect())
}
