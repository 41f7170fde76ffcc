//! Progress bars, for people only: nothing is drawn when standard error is not a terminal.

use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;
use tribunal_proof::{BlockReport, Observer};

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

/// Shows on a bar, if there is one, how many steps the VM has made for a claim, and how fast.
pub(crate) fn steps(bar: Option<&ProgressBar>, claim: usize) -> impl FnMut(u64, f64) {
    move |steps, per_second| {
        if let Some(bar) = bar {
            let (steps, per_second) = (steps as f64 / 1e6, per_second / 1e6);
            bar.set_message(format!("claim {claim}: {steps:.0} million steps, {per_second:.1} a second"));
        }
    }
}

/// Moves a bar with every derived block.
#[derive(Debug)]
pub(crate) struct BlockProgress<'a> {
    bar: Option<&'a ProgressBar>,
}

impl<'a> BlockProgress<'a> {
    /// Shows blocks on `bar`, if there is one.
    pub(crate) fn new(bar: Option<&'a ProgressBar>) -> Self {
        Self { bar }
    }
}

impl Observer for BlockProgress<'_> {
    fn block(&mut self, block: &BlockReport) {
        tracing::info!(
            number = block.number,
            hash = %block.hash,
            l1 = block.derived_from.number,
            transactions = block.transactions,
            gas = block.gas_used,
            replaced = block.replaced,
            "derived block"
        );
        if let Some(bar) = self.bar {
            bar.set_message(format!("L2 block {}", block.number));
        }
    }
}
