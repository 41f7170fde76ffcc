//! Interrupts: the first one lets the work end cleanly, the second one ends the process.

use signal_hook::{
    consts::{SIGINT, SIGTERM},
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

/// The flag that an interrupt sets.
pub(crate) fn flag() -> Arc<AtomicBool> {
    ASKED.get_or_init(Arc::default).clone()
}

/// Whether there was an interrupt.
pub(crate) fn was_asked() -> bool {
    ASKED.get().is_some_and(|asked| asked.load(Ordering::Relaxed))
}

/// From now on SIGINT and SIGTERM set the flag. If it is set, they end the process.
pub(crate) fn listen() -> io::Result<()> {
    for signal in [SIGINT, SIGTERM] {
        // In this order, so that the signal that sets the flag does not also find it set.
        flag::register_conditional_default(signal, flag())?;
        flag::register(signal, flag())?;
    }
    Ok(())
}
