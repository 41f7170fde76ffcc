//! Locks that are held for too long, and file systems without them.

use redb::{BackendError, StorageBackend, backends::InMemoryBackend};
use std::{io, ops::Bound, sync::mpsc, thread};

use super::*;

const SHORT: Duration = Duration::from_millis(50);

fn blob_key(number: u8) -> PreimageKey {
    PreimageKey::new_blob([number; 32])
}

#[test]
fn a_writer_waits_for_another_up_to_the_time_out_and_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    File::create(&path).unwrap();
    let first = DatabaseStore::make(&path, SHORT).unwrap();
    first.put(blob_key(1), b"one").unwrap();
    let (holding, is_held) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let writer = thread::spawn(move || {
        first
            .write(|_| {
                holding.send(()).unwrap();
                let _ = released.recv();
                Ok(())
            })
            .unwrap();
        first
    });
    is_held.recv().unwrap();

    // A reader needs no lock.
    let second = DatabaseStore::open(&path, SHORT).unwrap();
    assert_eq!(second.get(blob_key(1)).unwrap().unwrap(), b"one"[..]);
    assert_eq!(second.get(blob_key(2)).unwrap(), None);
    let error = second.put(blob_key(2), b"two").unwrap_err();
    let HostError::Locked { holder: Some(holder), .. } = &error else { panic!("{error}") };
    assert!(holder.contains(&format!("process {} (", std::process::id())), "{holder}");
    assert!(error.to_string().contains("--lock-timeout"));

    drop(release);
    let first = writer.join().unwrap();
    second.put(blob_key(2), b"two").unwrap();
    assert_eq!(first.get(blob_key(2)).unwrap().unwrap(), b"two"[..]);
    drop((first, second));
    // Nothing is left beside the store.
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_holder_that_died_is_not_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let note = folder.path().join("store.redb.writer");
    for text in ["", "x y", "0 init", "4194305 no such process", "-1 all", "99999999999 none"] {
        std::fs::write(&note, text).unwrap();
        assert_eq!(Holder::read(&path), None, "{text}");
    }
    std::fs::write(&note, format!("{} a\u{7}command\n", std::process::id())).unwrap();
    assert_eq!(Holder::read(&path).unwrap(), format!("process {} (acommand)", std::process::id()));
}

/// A file on a file system that has no locks on parts of a file.
#[derive(Debug)]
struct Lockless(InMemoryBackend);

impl StorageBackend for Lockless {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write(offset, data)
    }

    fn try_lock_shared_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<bool, BackendError> {
        // What the operating system reports there.
        Err(io::Error::from(io::ErrorKind::Unsupported).into())
    }
}

#[test]
fn a_file_system_without_range_locks_is_an_error_that_names_the_alternative() {
    let path = Path::new("store.redb");
    let error = guarded(path, SHORT, || {
        Ok(builder().create_with_backend(Lockless(InMemoryBackend::new())).map(drop)?)
    });
    let error = error.unwrap_err().to_string();
    assert!(error.contains("no locks on parts of a file: use a folder"), "{error}");
}
