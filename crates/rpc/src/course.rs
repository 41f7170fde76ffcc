//! What one ask knows of a node, and when it asks the node again.

use std::time::Duration;
use tokio::time::Instant;

use crate::{endpoint::Endpoint, fault::Fault, outage::Patience, retry};

/// Rounds that are tried however short the time for outages is: a single refusal ends nothing.
const LEAST_ROUNDS: u32 = 3;

/// An attempt that lasts longer than this is no single refusal.
const SHORT: Duration = Duration::from_secs(2);

/// How long all nodes together may take for a look at whether they are back.
pub(crate) const LOOK: Duration = Duration::from_secs(3);

/// How patient an ask is with a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// As the options say.
    Patient,
    /// The node has been away for long: as patient, but the first attempts are short.
    Short,
    /// One short attempt, and no more.
    Once,
}

/// What an ask knows of a node.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Course {
    /// When to ask next; `None` is now.
    pub(crate) next: Option<Instant>,
    /// Answers without what was asked for, and how long they are doubted.
    absent: usize,
    absent_for: Duration,
    /// Times when the node was busy or not there.
    busy: u32,
    /// Attempts that lasted too long.
    pub(crate) overdue: u32,
    /// Whether nothing more is expected of the node.
    pub(crate) given_up: bool,
    /// Whether it was given up because it was waited for in vain.
    pub(crate) in_vain: bool,
    pub(crate) look: Look,
}

impl Course {
    /// Where an ask begins. A node that needs a pause gets it, unless it is only looked at.
    pub(crate) fn new(endpoint: &Endpoint, look: Look, absent_for: Duration) -> Self {
        let next = endpoint.health().ready().filter(|_| look == Look::Patient);
        Self { next, absent: 0, absent_for, busy: 0, overdue: 0, given_up: false, in_vain: false, look }
    }

    /// Whether the node was busy or not there.
    pub(crate) fn was_busy(&self) -> bool {
        self.busy > 0
    }

    /// Decides when a node is asked again that failed after an attempt of this length.
    pub(crate) fn plan(&mut self, endpoint: &Endpoint, fault: Fault, patience: Patience, took: Duration) {
        let now = Instant::now();
        match fault {
            Fault::Unsupported | Fault::Denied | Fault::Gone | Fault::Ours => self.given_up = true,
            Fault::Absent | Fault::Wrong => {
                if fault == Fault::Wrong {
                    endpoint.health().lied();
                }
                let pause =
                    retry::pause_if_absent(self.absent, self.absent_for).filter(|_| !patience.is_spent);
                self.absent += 1;
                self.given_up = pause.is_none();
                self.next = pause.map(|pause| now + pause);
            }
            Fault::Busy { after } => {
                self.busy += 1;
                let once = self.look == Look::Once;
                let enough = once || self.busy >= LEAST_ROUNDS || took > SHORT;
                self.in_vain = enough && (once || patience.is_over());
                self.given_up = self.in_vain;
                let pause = after.map_or_else(
                    || retry::pause(self.busy - 1),
                    |after| after.clamp(retry::pause(0), retry::LONGEST_ASKED),
                );
                // When the time is over, there is a last look.
                self.next = Some(now + pause.min(patience.left().max(retry::pause(0))));
            }
        }
    }
}
