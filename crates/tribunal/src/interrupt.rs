//! Interrupts: the first one lets the work end cleanly, the second one ends the process.

use signal_hook::{
    consts::{SIGINT, SIGTERM, SIGXFSZ},
    flag,
};
use std::{
    io,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

static ASKED: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// The error of a command that was interrupted.
#[derive(Debug, thiserror::Error)]
#[error("command interrupted")]
pub(crate) struct Interrupted;

/// From now on a write beyond the limit of file sizes (`ulimit -f`) fails, as it does on a full disk. Without a handler, the
/// signal ends the process without a message.
pub(crate) fn survive_file_size_limit() {
    // If this fails, the process ends as before.
    let _ = flag::register(SIGXFSZ, Arc::default());
}

/// The flag that an interrupt sets.
pub(crate) fn flag() -> Arc<AtomicBool> {
    ASKED.get_or_init(Arc::default).clone()
}

/// Whether there was an interrupt.
pub(crate) fn was_asked() -> bool {
    ASKED.get().is_some_and(|asked| asked.load(Ordering::Relaxed))
}

/// From now on SIGINT and SIGTERM set the flag. If it was already set, they end the process.
pub(crate) fn listen() -> io::Result<()> {
    for signal in [SIGINT, SIGTERM] {
        // The other order would end the process at the first signal: it would set the flag, then find it set.
        flag::register_conditional_default(signal, flag())?;
        flag::register(signal, flag())?;
    }
    Ok(())
}
