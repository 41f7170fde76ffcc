//! A process that is killed while it writes leaves a store that opens, with all that was acknowledged.

mod common;

use common::*;
use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};
use tribunal_host::store;

const PATH: &str = "TRIBUNAL_TEST_STORE";

/// The process to be killed: puts one record after the other and says which are there.
#[test]
#[ignore = "only run by the test below, in a process of its own"]
fn writer() {
    let Some(path) = std::env::var_os(PATH) else { return };
    let store = store::create(Path::new(&path)).unwrap();
    for number in 0u64.. {
        let (key, value) = hashed(&number.to_be_bytes());
        store.put(key, &value).unwrap();
        println!("{number}");
    }
}

#[test]
fn acknowledged_records_survive_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    for (round, name) in ["a.redb", "b.pack", "c", "d.redb", "e.pack", "f"].into_iter().enumerate() {
        let path = folder.path().join(name);
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "writer", "--ignored", "--nocapture"])
            .env(PATH, &path)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let wanted = 10 + 7 * round as u64;
        let last =
            lines.filter_map(|line| line.parse::<u64>().ok()).find(|number| *number == wanted).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();

        let store = store::open(&path).unwrap();
        for number in 0..=last {
            let (key, value) = hashed(&number.to_be_bytes());
            assert_eq!(store.get(key).unwrap(), Some(value), "{name}: record {number} of {last}");
        }
        // And it goes on from there.
        let (key, value) = hashed(b"more");
        store.put(key, &value).unwrap();
        assert_eq!(store.get(key).unwrap(), Some(value));
        for key in store.keys().unwrap() {
            assert!(store.get(key).unwrap().is_some());
        }
    }
}
