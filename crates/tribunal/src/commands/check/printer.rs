//! What is printed while claims are decided, and after.

use indicatif::ProgressBar;
use std::time::Instant;

use super::Args;
use crate::{count::count, exit::Status, output, printable::printable_json, report::Report};

/// Prints reports as they come.
pub(super) struct Printer<'a> {
    pub(super) args: &'a Args,
    pub(super) bar: Option<&'a ProgressBar>,
    pub(super) reports: Vec<Report>,
}

impl Printer<'_> {
    /// Prints a report, unless it has nothing to say, and keeps it.
    pub(super) fn take(&mut self, mut report: Report) -> anyhow::Result<()> {
        if !self.args.stats {
            report.stats = None;
        }
        if !self.args.verbose && !self.args.json && !report.may_be_due_to_configs() {
            report.configs = None;
        }
        let is_as_expected = report.status(true) == Status::True;
        let show = !self.args.json && (!self.args.expect || !is_as_expected || self.args.stats);
        match self.bar {
            Some(bar) => {
                bar.inc(1);
                if show {
                    bar.suspend(|| output::line(&report))?;
                }
            }
            None if show => output::line(&report)?,
            None => {}
        }
        self.reports.push(report);
        Ok(())
    }
}

/// Prints what remains when every claim has been decided.
pub(super) fn print_summary(args: &Args, reports: &[Report], start: Instant) -> anyhow::Result<()> {
    let claims = count(reports.len() as u64, "claim");
    if args.json {
        output::line(printable_json(&serde_json::to_string_pretty(reports)?))?;
    } else if args.expect {
        let agreed = reports.iter().filter(|report| report.status(true) == Status::True).count();
        output::line(format_args!("{claims}, {agreed} as expected"))?;
    } else {
        // This is more than the claims' own time, because the pre-images were read first.
        output::line(format_args!("{claims} in {:.1?}", start.elapsed()))?;
    }
    Ok(())
}
