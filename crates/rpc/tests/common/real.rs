//! The running program of `conformance/devnet`: real nodes, and claims whose verdicts the reference says.

// Each test file uses a part of this.
#![allow(dead_code)]

use serde_json::Value;
use std::{
    env,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
};
use tempfile::TempDir;
use tribunal_host::FixtureFolder;

/// The forks that devnets can have, the oldest first.
pub(crate) const FORKS: [&str; 7] = ["ecotone", "fjord", "granite", "holocene", "isthmus", "jovian", "karst"];

/// Whether everything is to be tested, and not only a sample.
pub(crate) fn everything() -> bool {
    env::var_os("CONFORMANCE_ALL").is_some()
}

/// The running program. It ends when its standard input does.
#[derive(Debug)]
pub(crate) struct RealDevnet {
    child: Child,
    _input: ChildStdin,
    place: TempDir,
    pub(crate) folder: FixtureFolder,
    /// What the program says of the chains.
    pub(crate) line: Value,
}

impl RealDevnet {
    /// Starts the program that `TRIBUNAL_DEVNET` names. Without it, the test is marked as skipped.
    pub(crate) fn start(fork: &str, more: &[&str]) -> Option<Self> {
        let Some(program) = env::var_os("TRIBUNAL_DEVNET") else {
            tribunal_fixtures::skip("the devnet with real nodes needs Go");
            return None;
        };
        let place = TempDir::new().unwrap();
        let mut command = Command::new(program);
        command.args(["--fork", fork, "--seed", "7", "--out"]).arg(place.path()).args(more);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let input = child.stdin.take().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let line = serde_json::from_str(&line).expect("the program prints a line of JSON");
        let folder = FixtureFolder::read(place.path()).unwrap();
        Some(Self { child, _input: input, place, folder, line })
    }

    /// The address of a kind of node: `l1`, `beacon`, `l2` and so on.
    pub(crate) fn url(&self, name: &str) -> &str {
        self.line["endpoints"][name].as_str().unwrap()
    }

    /// A file about the chains, such as `rollup.json`.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// The folder with these files.
    pub(crate) fn path(&self) -> &Path {
        self.place.path()
    }
}

impl Drop for RealDevnet {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
