//! A run of the program that is watched: how much memory it takes, and whether it ends.

// Each test file uses a part of this.
#![allow(dead_code)]

use crate::runs::Ran;
use std::{
    fs,
    io::Read,
    process::{Child, Command, Stdio},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// How often a run is looked at.
const TICK: Duration = Duration::from_millis(5);

/// A run of the program. It is killed when it is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    out: Option<JoinHandle<String>>,
    err: Option<JoinHandle<String>>,
    /// The most memory that it took so far, in KiB.
    peak: u64,
}

impl Process {
    pub(crate) fn start(command: &mut Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let out = reading(child.stdout.take().unwrap());
        let err = reading(child.stderr.take().unwrap());
        Self { child, out: Some(out), err: Some(err), peak: 0 }
    }

    /// What came of the run, if it is over.
    pub(crate) fn ended(&mut self) -> Option<Ran> {
        // The kernel forgets the peak when the run is over.
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let peak = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:")?.strip_suffix("kB")?.trim().parse().ok());
        self.peak = self.peak.max(peak.unwrap_or_default());
        let code = self.child.try_wait().unwrap()?.code();
        Some(Ran { code, out: self.out.take()?.join().unwrap(), err: self.err.take()?.join().unwrap() })
    }

    /// Waits for the end of the run, and until then does nothing but look at `wanted`, which says whether to kill it.
    /// Returns `None` if it was killed.
    pub(crate) fn ended_unless(&mut self, mut wanted: impl FnMut() -> bool) -> Option<Ran> {
        loop {
            if let Some(ran) = self.ended() {
                return Some(ran);
            }
            if wanted() {
                self.kill();
                return None;
            }
            thread::sleep(TICK);
        }
    }

    /// Waits for the end of the run. It must not hang: it fails if it lasts longer than this.
    #[track_caller]
    pub(crate) fn end_within(&mut self, longest: Duration) -> Ran {
        let start = Instant::now();
        let ran = self.ended_unless(|| start.elapsed() > longest);
        ran.unwrap_or_else(|| {
            panic!("it hangs: it was killed after {longest:?}, and had said: {:?}", self.said())
        })
    }

    /// Kills it as `kill -9` does.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The most memory that was in use when the run was looked at, in MiB.
    pub(crate) fn peak_mib(&self) -> u64 {
        self.peak >> 10
    }

    /// What a run that was killed had said.
    fn said(&mut self) -> Option<(String, String)> {
        Some((self.out.take()?.join().unwrap(), self.err.take()?.join().unwrap()))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads a stream to its end beside the run, which would stop when a pipe is full.
fn reading(mut stream: impl Read + Send + 'static) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}
