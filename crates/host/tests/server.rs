//! The server, over pipes in one process and over file descriptors of another.

mod common;

use common::*;
use std::{
    fs::{File, OpenOptions},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    thread,
};
use tribunal_host::{Checks, Descriptors, HostError, serve, store};
use tribunal_preimage::HintType;
use tribunal_preimage::{
    FdChannel, HintWriter, HintWriterClient, OracleReader, PreimageKey, PreimageOracleClient,
    PreimageOracleError, pipe,
};

const STORE: &str = "TRIBUNAL_TEST_SERVED";

#[test]
fn a_program_is_served_over_pipes() {
    let store = Arc::new(store::MemoryStore::new());
    let (key, value) = hashed(b"value");
    store::PreimageStore::put(&*store, key, &value).unwrap();
    for checks in [Checks::BeforeServing, Checks::Meanwhile] {
        let host = Arc::new(host(store.clone(), checks));
        let ((hints, server_hints), (preimages, server_preimages)) = (pipe(), pipe());
        let server = thread::spawn({
            let host = host.clone();
            move || serve(&host, server_hints, server_preimages)
        });
        let (writer, reader) = (HintWriter::new(hints), OracleReader::new(preimages));
        writer.write(&HintType::L2Code.encode(&[&[7; 32]])).unwrap();
        writer.write(b"what is this").unwrap();
        assert_eq!(reader.get(key).unwrap(), value);
        assert_eq!(reader.get(PreimageKey::new_local(4)).unwrap(), 4u64.to_be_bytes());
        drop((writer, reader));
        server.join().unwrap().unwrap();
        assert_eq!(host.stats().total().0, 2);
    }
}

#[test]
fn a_missing_preimage_ends_the_service_and_is_named() {
    let host = Arc::new(host(Arc::new(store::MemoryStore::new()), Checks::BeforeServing));
    let ((hints, server_hints), (preimages, server_preimages)) = (pipe(), pipe());
    let server = thread::spawn({
        let host = host.clone();
        move || serve(&host, server_hints, server_preimages)
    });
    let reader = OracleReader::new(preimages);
    let (key, _) = hashed(b"absent");
    assert!(reader.get(key).is_err());
    let error = server.join().unwrap().unwrap_err();
    assert!(
        matches!(error, HostError::Oracle(PreimageOracleError::Missing(named)) if named == key),
        "{error}"
    );
    assert_eq!(host.last_failure(), Some(PreimageOracleError::Missing(key)));
    drop(hints);
}

/// The process that serves on the descriptors 3 to 6.
#[test]
#[ignore = "only run by the test below, in a process of its own"]
fn server() {
    let Some(path) = std::env::var_os(STORE) else { return };
    let descriptors = Descriptors::take().unwrap();
    let host = Arc::new(host(store::open(Path::new(&path)).unwrap(), Checks::BeforeServing));
    descriptors.serve(&host).unwrap();
    assert!(matches!(Descriptors::take(), Err(HostError::DescriptorsTaken)));
}

/// A server in another process, and our ends of its channels: hints, pre-images.
fn start_server(folder: &Path, store: &Path) -> (std::process::Child, FdChannel, FdChannel) {
    let fifos = ["3", "4", "5", "6"].map(|name| folder.join(name));
    assert!(Command::new("mkfifo").args(&fifos).status().unwrap().success());
    let child = Command::new("sh")
        .args(["-c", r#"exec "$EXE" --exact server --ignored 3<3 4>4 5<5 6>6"#])
        .current_dir(folder)
        .env("EXE", std::env::current_exe().unwrap())
        .env(STORE, store)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // Opening a fifo waits for the other side, so the order is the shell's.
    let write = |path| OpenOptions::new().write(true).open(path).unwrap();
    let hints_out = write(&fifos[0]);
    let hints_in = File::open(&fifos[1]).unwrap();
    let keys_out = write(&fifos[2]);
    let values_in = File::open(&fifos[3]).unwrap();
    let hints = FdChannel::new(hints_in.into(), hints_out.into());
    (child, hints, FdChannel::new(values_in.into(), keys_out.into()))
}

#[test]
fn a_process_serves_on_its_descriptors() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let (key, value) = hashed(&[5; 100_000]);
    store::create(&path).unwrap().put(key, &value).unwrap();

    let (mut child, hints, preimages) = start_server(folder.path(), &path);
    let (writer, reader) = (HintWriter::new(hints), OracleReader::new(preimages));
    writer.write(&HintType::L2Code.encode(&[&[7; 32]])).unwrap();
    assert_eq!(reader.get(key).unwrap(), value);
    assert_eq!(reader.get(PreimageKey::new_local(1)).unwrap(), [1; 32]);
    drop((writer, reader));
    assert!(child.wait().unwrap().success());

    // A server that cannot go on ends with an exit status other than 0.
    let folder = tempfile::tempdir().unwrap();
    let (mut child, hints, preimages) = start_server(folder.path(), &path);
    let (writer, reader) = (HintWriter::new(hints), OracleReader::new(preimages));
    assert!(reader.get(hashed(b"absent").0).is_err());
    drop((writer, reader));
    assert!(!child.wait().unwrap().success());
}
