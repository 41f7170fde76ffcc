//! What a command is doing that has several steps: on a terminal a line that changes, elsewhere log lines.

use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use std::{
    fmt::{Display, Write},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tribunal_runner::{BlockProgress, BlockReport, Progress};

use crate::{count::count, metrics::Watch, printable::printable, progress, terminal::Stream};

/// The line that is shown now. Code that writes to the terminal hides it meanwhile: see [`aside`].
static SHOWN: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// Tells what a command is doing. There is one at a time. When it is dropped, its line disappears.
#[derive(Debug)]
pub(crate) struct Steps(Option<ProgressBar>);

impl Steps {
    /// Shows steps from now on, beside what `watch` counts.
    pub(crate) fn start(watch: &Watch) -> Self {
        let bar = Stream::Stderr.is_terminal().then(|| spinner(watch.clone()));
        shown().clone_from(&bar);
        Self(bar)
    }

    /// A step begins.
    pub(crate) fn begin(&self, what: impl Display) {
        tracing::info!("{what}");
        self.update(what);
    }

    /// What is shown for the step changes. It is not logged.
    pub(crate) fn update(&self, what: impl Display) {
        if let Some(bar) = &self.0 {
            bar.set_message(printable(what).to_string());
        }
    }
}

impl Drop for Steps {
    fn drop(&mut self) {
        shown().take();
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

/// Shows and logs the L2 blocks that are derived.
#[derive(Debug)]
pub(crate) struct DerivedBlocks<'a> {
    pub(crate) steps: &'a Steps,
    /// What they are derived for.
    pub(crate) doing: &'static str,
    /// The first and the last of them.
    pub(crate) first: u64,
    pub(crate) last: u64,
}

impl BlockProgress for DerivedBlocks<'_> {
    fn block(&mut self, block: &BlockReport) {
        progress::log(block);
        let (at, of) = (place(block.number, self.first), place(self.last, self.first));
        self.steps.update(format_args!("{}: L2 block {at} of {of}", self.doing));
    }
}

impl Progress for DerivedBlocks<'_> {}

/// The place of a block after those before `first`, counted from 1.
pub(crate) fn place(number: u64, first: u64) -> u64 {
    number.saturating_sub(first).saturating_add(1)
}

/// Writes to the terminal while no line is shown there.
pub(crate) fn aside<T>(write: impl FnOnce() -> T) -> T {
    let bar = shown().clone();
    match bar {
        Some(bar) => bar.suspend(write),
        None => write(),
    }
}

fn shown() -> MutexGuard<'static, Option<ProgressBar>> {
    SHOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A line with the step, and how many requests there were.
fn spinner(watch: Watch) -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    let requests = move |_: &ProgressState, to: &mut dyn Write| {
        let _ = to.write_str(&count(watch.requests(), "request"));
    };
    if let Ok(style) = ProgressStyle::with_template("{spinner} [{elapsed}] {msg} ({requests})") {
        bar.set_style(style.with_key("requests", requests));
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}
