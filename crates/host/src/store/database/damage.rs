//! What redb reports, as our errors. On some kinds of damage redb panics: that is the file's fault, so it becomes an error
//! too, and nothing is printed.

use std::{
    any::Any,
    cell::Cell,
    fs,
    io::ErrorKind,
    panic::{self, AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::Once,
    thread,
    time::Duration,
};

use super::{file, holder::Holder};
use crate::error::{HostError, HostResult};

thread_local! {
    /// Whether panics of this thread are caught, so that the panic hook must not print them.
    static IS_CAUGHT: Cell<bool> = const { Cell::new(false) };
}

/// Does `work` and turns its failure into an error about the database at `path`.
pub(super) fn guarded<T>(
    path: &Path,
    lock_timeout: Duration,
    work: impl FnOnce() -> Result<T, redb::Error>,
) -> HostResult<T> {
    silence_caught_panics();
    let outer = IS_CAUGHT.replace(true);
    let done = catch_unwind(AssertUnwindSafe(work));
    IS_CAUGHT.set(outer);
    match done {
        Ok(done) => done.map_err(|error| failure(path, lock_timeout, error)),
        Err(panic) => Err(damaged(path, text_of(&*panic))),
    }
}

/// Puts a panic hook before the present one, which skips it for panics that are caught here.
fn silence_caught_panics() {
    static INSTALLED: Once = Once::new();
    // The hook cannot be changed during a panic, when the drop of a store may lead here.
    if thread::panicking() {
        return;
    }
    INSTALLED.call_once(|| {
        let present = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !IS_CAUGHT.try_with(Cell::get).unwrap_or_default() {
                present(panic);
            }
        }));
    });
}

fn text_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("unknown failure")
}

fn damaged(path: &Path, detail: &str) -> HostError {
    let detail: String = detail.chars().filter(|c| !c.is_control()).take(200).collect();
    let reason =
        format!("the database is damaged (redb: {detail}); import its pre-images again into a new store");
    HostError::Database { path: path.into(), reason }
}

fn cut_off(path: &Path) -> String {
    let size = fs::metadata(path).map(|file| format!(" ({} bytes)", file.len())).unwrap_or_default();
    format!("the database is damaged or cut off{size}; import its pre-images again into a new store")
}

fn failure(path: &Path, lock_timeout: Duration, error: redb::Error) -> HostError {
    use redb::Error::{
        Corrupted, DatabaseAlreadyOpen, Io, LockProtocolMismatch, TableDoesNotExist, Unsupported,
    };
    let reason = match error {
        Io(error) if file::is_timeout(&error) => {
            let (seconds, holder) = (lock_timeout.as_secs(), Holder::read(path));
            return HostError::Locked { path: path.into(), seconds, holder };
        }
        // redb expects more of the file than there is.
        Io(error) if error.kind() == ErrorKind::UnexpectedEof => cut_off(path),
        Io(error) => return HostError::io(path)(error),
        Corrupted(detail) => return damaged(path, &detail),
        DatabaseAlreadyOpen => "another program has it open for itself alone".into(),
        LockProtocolMismatch => "a program with another version of redb has it open".into(),
        Unsupported => {
            "its file system has no locks on parts of a file: use a folder as store, which needs none".into()
        }
        TableDoesNotExist(table) => format!("is a redb database, but has no table {table:?} of pre-images"),
        error => error.to_string(),
    };
    HostError::Database { path: path.into(), reason }
}
