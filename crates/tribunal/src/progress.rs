//! Progress bars, for people only: nothing is drawn when standard error is not a terminal.

use indicatif::{ProgressBar, ProgressStyle};
use std::time::{Duration, Instant};
use tribunal_runner::{BlockProgress, BlockReport, Progress, Work};

/// A bar that counts to `length`.
pub(crate) fn bar(length: u64, unit: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(length);
    let template = format!("{{spinner}} [{{elapsed}}] {{wide_bar}} {{pos}}/{{len}} {unit} ({{eta}}) {{msg}}");
    if let Ok(style) = ProgressStyle::with_template(&template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

/// Logs the blocks of one claim, and shows its progress on a bar if there is one.
#[derive(Debug)]
pub(crate) struct ClaimProgress<'a> {
    claim: usize,
    bar: Option<&'a ProgressBar>,
    start: Instant,
}

impl<'a> ClaimProgress<'a> {
    /// For the claim with index `claim`, which starts now.
    pub(crate) fn new(claim: usize, bar: Option<&'a ProgressBar>) -> Self {
        Self { claim, bar, start: Instant::now() }
    }
}

/// Logs a block that was derived.
pub(crate) fn log(block: &BlockReport) {
    tracing::info!(
        number = block.number,
        hash = %block.hash,
        l1 = block.derived_from.number,
        transactions = block.transactions,
        gas = block.gas_used,
        replaced = block.replaced,
        "derived block"
    );
}

impl BlockProgress for ClaimProgress<'_> {
    fn block(&mut self, block: &BlockReport) {
        log(block);
        if let Some(bar) = self.bar {
            bar.set_message(format!("claim {}: L2 block {}", self.claim, block.number));
        }
    }
}

impl Progress for ClaimProgress<'_> {
    fn work(&mut self, work: &Work) {
        let Some(bar) = self.bar else { return };
        let per_second = work.done as f64 / self.start.elapsed().as_secs_f64().max(1e-9);
        let total = work.total.map(|total| format!(" of {:.0}", total as f64 / 1e6)).unwrap_or_default();
        bar.set_message(format!(
            "claim {}: {:.0}{total} million {}, {:.1} a second",
            self.claim,
            work.done as f64 / 1e6,
            work.unit,
            per_second / 1e6
        ));
    }
}
