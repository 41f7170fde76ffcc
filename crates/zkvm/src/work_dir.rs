//! The folder in which a run keeps the segments that are proven, so that a run that was stopped can go on.
//!
//! The file `run` says which run it is. Each segment has a file. A file is written under another name, synced and renamed, so
//! it is there as a whole or not at all.

use crate::{hash::Digest, run::Program, stark::Parameters};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{
    fs::{self, File, TryLockError},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
};

/// How each file begins.
const HEADER: &[u8] = b"tribunal segments 3\n";

/// Which run a folder is about. Its segments fit no other one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) program: Program,
    /// The root of the pre-images that it reads.
    pub(crate) preimages: Digest,
    /// The most steps of a segment.
    pub(crate) segment_steps: u32,
    pub(crate) parameters: Parameters,
    /// The steps of its segments, as they were planned.
    pub(crate) planned: Vec<u32>,
}

impl Run {
    /// Whether it is the same run, but perhaps with another plan.
    fn is(&self, other: &Self) -> bool {
        let Self { program, preimages, segment_steps, parameters, planned: _ } = self;
        (program, preimages, segment_steps, parameters)
            == (&other.program, &other.preimages, &other.segment_steps, &other.parameters)
    }
}

/// A folder for the segments of one run. No other process uses it at the same time.
#[derive(Debug)]
pub(crate) struct WorkDir {
    path: PathBuf,
    run: Run,
    /// Held open, because the lock ends with it.
    _lock: File,
}

/// What is wrong with a folder for segments.
#[derive(Debug, thiserror::Error)]
pub enum WorkDirError {
    /// It cannot be read or written.
    #[error("{0}: {1}")]
    Io(PathBuf, io::Error),
    /// Another process proves a run in it.
    #[error("{0} is used by another process")]
    InUse(PathBuf),
    /// It has segments already.
    #[error("{0} has segments of a run already: resume that run, or choose another folder")]
    NotEmpty(PathBuf),
    /// It is about another run.
    #[error("{0} has segments of another run: its program, pre-images, segment steps or security differ")]
    OtherRun(PathBuf),
    /// It has other files than those of a run.
    #[error("{0} is a file of something else: choose an empty folder, or one that is missing")]
    OtherFile(PathBuf),
    /// The file that says which run a folder is about is damaged.
    #[error("{0} is damaged, and no longer says which run the folder is about: choose another folder")]
    DamagedRun(PathBuf),
    /// A file is none of ours, or is damaged.
    #[error("{0} is damaged: delete it, and its segment is proven again")]
    Damaged(PathBuf),
    /// A segment makes other steps, or its proof is not valid.
    #[error("{0} is damaged or does not belong to this run: {1}; delete it, and its segment is proven again")]
    Foreign(PathBuf, String),
}

impl WorkDir {
    /// Opens a folder for a run, and makes it if it is missing. With `resume`, it may have segments of the same run.
    pub(crate) fn open(path: &Path, run: &Run, resume: bool) -> Result<Self, WorkDirError> {
        let io = |error| WorkDirError::Io(path.to_owned(), error);
        fs::create_dir_all(path).map_err(io)?;
        // What is in the file is left alone: it may be someone else's.
        let lock =
            File::options().write(true).create(true).truncate(false).open(path.join("lock")).map_err(io)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(WorkDirError::InUse(path.to_owned())),
            Err(TryLockError::Error(error)) => return Err(io(error)),
        }
        let mut folder = Self { path: path.to_owned(), run: run.clone(), _lock: lock };
        let found = folder.load::<Run>("run").map_err(|error| match error {
            WorkDirError::Damaged(path) => WorkDirError::DamagedRun(path),
            error => error,
        })?;
        match found {
            None => {
                for entry in fs::read_dir(path).map_err(io)? {
                    let file = entry.map_err(io)?.path();
                    let unfinished = file.extension().is_some_and(|ending| ending == "new");
                    if !unfinished && !file.ends_with("lock") {
                        return Err(WorkDirError::OtherFile(file));
                    }
                }
                folder.store("run", run)?;
            }
            Some(_) if !resume => return Err(WorkDirError::NotEmpty(path.to_owned())),
            Some(other) if !other.is(run) => return Err(WorkDirError::OtherRun(path.to_owned())),
            Some(same) => folder.run = same,
        }
        Ok(folder)
    }

    /// The run that the folder is about.
    pub(crate) const fn run(&self) -> &Run {
        &self.run
    }

    /// The path of a file.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// What a file holds. `None` if there is no such file.
    pub(crate) fn load<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, WorkDirError> {
        let path = self.file(name);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(WorkDirError::Io(path, error)),
        };
        let value = bytes.strip_prefix(HEADER).and_then(|bytes| postcard::take_from_bytes(bytes).ok());
        match value {
            Some((value, [])) => Ok(Some(value)),
            _ => Err(WorkDirError::Damaged(path)),
        }
    }

    /// Writes a file.
    pub(crate) fn store<T: Serialize>(&self, name: &str, value: &T) -> Result<(), WorkDirError> {
        let bytes = match postcard::to_extend(value, HEADER.to_vec()) {
            Ok(bytes) => bytes,
            Err(error) => unreachable!("a vector takes all bytes: {error}"),
        };
        let path = self.file(name);
        let unfinished = self.file(&format!("{name}.new"));
        let write = || {
            let mut file = File::create(&unfinished)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            fs::rename(&unfinished, &path)?;
            File::open(&self.path)?.sync_all()
        };
        write().map_err(|error| WorkDirError::Io(path.clone(), error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(segment_steps: u32) -> Run {
        let digest = Digest::default();
        let program = Program {
            memory: digest,
            registers: digest,
            system: digest,
            window: 0,
            pc: 1,
            next_pc: 2,
            step: 3,
        };
        Run { program, preimages: digest, segment_steps, parameters: Parameters::FAST, planned: vec![3] }
    }

    #[test]
    fn a_folder_belongs_to_one_run_and_one_process() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("new");
        let open = |run: &Run, resume| WorkDir::open(&path, run, resume);
        let folder = open(&run(5), false).unwrap();
        assert!(matches!(open(&run(5), true), Err(WorkDirError::InUse(_))));
        folder.store("segment", &7_u32).unwrap();
        drop(folder);

        assert!(matches!(open(&run(5), false), Err(WorkDirError::NotEmpty(_))));
        assert!(matches!(open(&run(6), true), Err(WorkDirError::OtherRun(_))));
        // The plan that the folder was begun with counts.
        let folder = open(&Run { planned: vec![4], ..run(5) }, true).unwrap();
        assert_eq!(folder.run(), &run(5));
        assert_eq!(folder.load("segment").unwrap(), Some(7_u32));
        assert_eq!(folder.load::<u32>("another").unwrap(), None);

        let bytes = fs::read(folder.file("segment")).unwrap();
        for damaged in [&bytes[1..], &bytes[..bytes.len() - 1], &[&bytes[..], &[0]].concat()] {
            fs::write(folder.file("segment"), damaged).unwrap();
            assert!(matches!(folder.load::<u32>("segment"), Err(WorkDirError::Damaged(_))));
        }
    }

    #[test]
    fn a_folder_with_other_files_is_left_alone() {
        let temporary = tempfile::tempdir().unwrap();
        fs::write(temporary.path().join("lock"), b"mine").unwrap();
        fs::write(temporary.path().join("segment.new"), b"unfinished").unwrap();
        drop(WorkDir::open(temporary.path(), &run(5), false).unwrap());
        assert_eq!(fs::read(temporary.path().join("lock")).unwrap(), b"mine");
        // Segments of an unknown run are no one's.
        fs::remove_file(temporary.path().join("run")).unwrap();
        fs::write(temporary.path().join("segment-00000"), b"").unwrap();
        for resume in [false, true] {
            let opened = WorkDir::open(temporary.path(), &run(5), resume);
            assert!(matches!(opened, Err(WorkDirError::OtherFile(file)) if file.ends_with("segment-00000")));
        }
    }

    /// Files of random bytes, and of great lengths, are damaged, and take no more memory than they have bytes.
    #[test]
    fn hostile_files_are_damaged() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = WorkDir::open(temporary.path(), &run(5), false).unwrap();
        let is_damaged = |bytes: &[u8]| {
            fs::write(folder.file("segment"), [HEADER, bytes].concat()).unwrap();
            matches!(folder.load::<(u32, Vec<Vec<u64>>)>("segment"), Err(WorkDirError::Damaged(path)) if path.ends_with("segment"))
        };
        // Lengths of 2^40 and 2^64 - 1, where there is a number, a length, and a length in that.
        for length in [&[0x80, 0x80, 0x80, 0x80, 0x80, 0x40][..], &[[0xff; 9].as_slice(), &[1]].concat()] {
            for before in [&[][..], &[7], &[7, 1]] {
                assert!(is_damaged(&[before, length, &[0; 100]].concat()));
            }
        }
        for byte in 1..=255 {
            assert!(is_damaged(&[byte; 5000]));
        }
        // A run that is damaged is not taken for another one.
        drop(folder);
        fs::write(temporary.path().join("run"), b"anything").unwrap();
        assert!(
            matches!(WorkDir::open(temporary.path(), &run(5), true), Err(WorkDirError::DamagedRun(path)) if path.ends_with("run"))
        );
    }
}
