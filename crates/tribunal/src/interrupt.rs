//! Interrupts: the first one ends the work in good order, the second one at once.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, Ordering},
};

static ASKED: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// What a command that was interrupted fails with.
#[derive(Debug, thiserror::Error)]
#[error("command interrupted")]
pub(crate) struct Interrupted;

/// Set by an interrupt.
pub(crate) fn flag() -> Arc<AtomicBool> {
    ASKED.get_or_init(Arc::default).clone()
}

/// Whether there was an interrupt.
pub(crate) fn was_asked() -> bool {
    ASKED.get().is_some_and(|asked| asked.load(Ordering::Relaxed))
}

/// From now on an interrupt, or a request to terminate, sets the flag; the next one ends the process.
pub(crate) fn listen() {
    // Made here, so that the handler only ever reads it.
    drop(flag());
    for signal in [libc::SIGINT, libc::SIGTERM] {
        // SAFETY: an all-zero sigaction is a valid one: no flags, an empty mask, the default handler.
        let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
        action.sa_sigaction = note as extern "C" fn(libc::c_int) as libc::sighandler_t;
        action.sa_flags = libc::SA_RESETHAND | libc::SA_RESTART;
        // SAFETY: the handler only loads and stores atomics, which may be done in one; the action outlives the call.
        unsafe { libc::sigaction(signal, &action, std::ptr::null_mut()) };
    }
}

extern "C" fn note(_signal: libc::c_int) {
    if let Some(asked) = ASKED.get() {
        asked.store(true, Ordering::Relaxed);
    }
}
