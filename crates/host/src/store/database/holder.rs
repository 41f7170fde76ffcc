//! Who writes to a database: a file beside it with pid and command. It is for the error of a process whose wait for the
//! lock timed out. The lock itself is redb's.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
    process,
};

/// The ending of the file's name.
const ENDING: &str = ".writer";

/// The longest command that is written and read, in characters.
const LONGEST: usize = 200;

/// The entry of this process. It is removed when the holder is dropped.
#[derive(Debug)]
pub(super) struct Holder {
    path: PathBuf,
    text: String,
}

impl Holder {
    /// The holder of the database `database`, not yet written down.
    pub(super) fn of(database: &Path) -> Self {
        let command = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
        let command: String = command.collect::<Vec<_>>().join(" ").chars().take(LONGEST).collect();
        Self { path: beside(database), text: format!("{} {command}\n", process::id()) }
    }

    /// Writes down that this process is writing.
    pub(super) fn announce(&self) {
        if let Err(error) = fs::write(&self.path, &self.text) {
            tracing::debug!(path = %self.path.display(), %error, "cannot say who writes");
        }
    }

    /// The process that wrote last, if it still runs: `process 17 (tribunal preimages import …)`.
    pub(super) fn read(database: &Path) -> Option<String> {
        let text = read_start(&beside(database)).ok()?;
        let (pid, command) = text.trim_end().split_once(' ')?;
        let pid: u32 = pid.parse().ok()?;
        let command: String = command.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
        is_alive(pid).then(|| format!("process {pid} ({command})"))
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        // Another process may have written its own entry meanwhile.
        if read_start(&self.path).is_ok_and(|text| text == self.text) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// The start of the file: it may be anything.
fn read_start(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(8 * LONGEST as u64).read_to_string(&mut text)?;
    Ok(text)
}

fn beside(database: &Path) -> PathBuf {
    let mut name = OsString::from(database);
    name.push(ENDING);
    name.into()
}

fn is_alive(pid: u32) -> bool {
    let Some(pid) = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw) else { return false };
    match rustix::process::test_kill_process(pid) {
        Ok(()) => true,
        // It runs under another user.
        Err(error) => io::Error::from(error).kind() == io::ErrorKind::PermissionDenied,
    }
}
