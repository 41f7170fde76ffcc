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
            .write(SHORT, |_| {
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

/// A database with the pre-image of `blob_key(1)`.
fn database(path: &Path, lock_timeout: Duration) -> DatabaseStore {
    File::create(path).unwrap();
    let store = DatabaseStore::make(path, lock_timeout).unwrap();
    store.put(blob_key(1), b"one").unwrap();
    store
}

#[test]
fn what_was_verified_is_not_worth_waiting_for_a_writer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    // If `vouch` waited for the writer, the test would never end.
    let forever = Duration::MAX;
    let first = database(&path, forever);
    let second = DatabaseStore::open(&path, forever).unwrap();
    first
        .write(forever, |_| {
            let error = second.vouch(&[Voucher::new(blob_key(1), b"one")]).unwrap_err();
            assert!(matches!(error, HostError::Locked { .. }), "{error}");
            Ok(())
        })
        .unwrap();
    second.vouch(&[Voucher::new(blob_key(1), b"one")]).unwrap();
    assert!(second.is_vouched(blob_key(1), b"one").unwrap());
    // And afterwards a write waits as long as before.
    let (holding, is_held) = mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(|| {
            first
                .write(forever, |_| {
                    holding.send(()).unwrap();
                    thread::sleep(3 * BRIEFLY);
                    Ok(())
                })
                .unwrap();
        });
        is_held.recv().unwrap();
        second.put(blob_key(2), b"two").unwrap();
    });
}

#[test]
fn an_overlay_and_a_writer_exclude_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let store = database(&path, SHORT);
    store
        .write(SHORT, |_| {
            let error = guarded(&path, SHORT, || Overlay::open(&path, SHORT)).unwrap_err();
            assert!(matches!(error, HostError::Locked { .. }), "{error}");
            Ok(())
        })
        .unwrap();
    let overlay = guarded(&path, SHORT, || Overlay::open(&path, SHORT)).unwrap();
    let other = guarded(&path, SHORT, || Overlay::open(&path, SHORT)).unwrap();
    assert!(matches!(store.put(blob_key(2), b"two"), Err(HostError::Locked { .. })));
    drop((overlay, other));
    store.put(blob_key(2), b"two").unwrap();
}

#[test]
fn an_overlay_behaves_as_memory_and_leaves_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let before: Vec<u8> = (0..20_000).map(|at: u32| at.to_le_bytes()[0] | 1).collect();
    std::fs::write(&path, &before).unwrap();
    let (overlay, memory) = (Overlay::open(&path, SHORT).unwrap(), InMemoryBackend::new());
    memory.set_len(before.len() as u64).unwrap();
    memory.write(0, &before).unwrap();
    // A simple generator of numbers: the steps only have to differ.
    let mut state = 7u64;
    let mut next = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) % below
    };
    for _ in 0..500 {
        let length = memory.len().unwrap();
        if next(5) == 0 {
            let length = next(40_000);
            for file in [&overlay as &dyn StorageBackend, &memory] {
                file.set_len(length).unwrap();
            }
        } else if length > 0 {
            let start = next(length);
            let data = vec![next(256) as u8; next(length - start + 1) as usize];
            for file in [&overlay as &dyn StorageBackend, &memory] {
                file.write(start, &data).unwrap();
            }
        }
        let mut all = [vec![0; memory.len().unwrap() as usize], vec![9; overlay.len().unwrap() as usize]];
        memory.read(0, &mut all[0]).unwrap();
        overlay.read(0, &mut all[1]).unwrap();
        assert!(all[0] == all[1]);
    }
    assert!(overlay.read(overlay.len().unwrap(), &mut [0]).is_err());
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn a_sound_database_passes_the_integrity_check_beside_other_handles() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let writer = database(&path, SHORT);
    let reader = DatabaseStore::open(&path, SHORT).unwrap();
    for number in 2..20 {
        writer.put(blob_key(number), &[number; 9000]).unwrap();
        writer.put(blob_key(number / 2), &[number; 5]).unwrap();
        writer.vouch(&[Voucher::new(blob_key(number), &[number; 9000])]).unwrap();
        let before = std::fs::read(&path).unwrap();
        reader.check_integrity().unwrap();
        writer.check_integrity().unwrap();
        assert!(std::fs::read(&path).unwrap() == before);
    }
    drop((writer, reader));
    DatabaseStore::open(&path, SHORT).unwrap().check_integrity().unwrap();
}
