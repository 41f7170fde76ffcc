//! How long each stage of proving takes, from the tracing spans of `tribunal-zkvm` and of Plonky3.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tracing::{Subscriber, span};
use tracing_subscriber::{Layer, filter::filter_fn, layer::Context, registry::LookupSpan};

/// A stage. Those from [`Self::Commit`] on are parts of a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    /// The first run, without a trace.
    Run,
    /// The second run, which makes rows.
    Record,
    /// Counting how often each row is used, and filling the tables.
    Trace,
    /// Extending the tables, and hashing them.
    Commit,
    /// The columns that prove the messages.
    LogUp,
    /// The quotients of the constraints.
    Quotient,
    /// The openings, with FRI.
    Openings,
    /// What a proof does besides.
    Other,
}

const STAGES: [(Stage, &str); 8] = [
    (Stage::Run, "run"),
    (Stage::Record, "record"),
    (Stage::Trace, "trace"),
    (Stage::Commit, "commit"),
    (Stage::LogUp, "LogUp"),
    (Stage::Quotient, "quotient"),
    (Stage::Openings, "openings"),
    (Stage::Other, "other"),
];

/// The span that is a whole proof.
const PROOF: &str = "prove tables";

/// The spans that make a stage. A span inside a span of the list belongs to the stage of the outer one.
const SPANS: [(&str, Stage); 11] = [
    ("rehearse", Stage::Run),
    ("record", Stage::Record),
    ("fill tables", Stage::Trace),
    ("coset_lde_batch_with_transform", Stage::Commit),
    ("build merkle tree", Stage::Commit),
    ("fractions", Stage::LogUp),
    ("compute quotient", Stage::Quotient),
    ("compute_inverse_denominators", Stage::Openings),
    ("evaluate matrix", Stage::Openings),
    ("reduce matrix quotient", Stage::Openings),
    ("FRI prover", Stage::Openings),
];

/// A tracing layer that measures the stages. Clones share the result.
///
/// The time of a stage is how long at least one thread is in one of its spans. Stages on different threads overlap.
#[derive(Debug, Clone, Default)]
pub(crate) struct StageTimer(Arc<Mutex<Sweep>>);

/// The time of each stage, by name, in the order of a proof.
pub(crate) type StageTimes = [(&'static str, Duration); 8];

#[derive(Debug, Default)]
struct Sweep {
    /// When a span was last entered or left.
    last: Option<Instant>,
    /// How many threads are in each stage.
    active: [usize; STAGES.len()],
    /// How many proofs are being made.
    proofs: usize,
    spent: [Duration; STAGES.len()],
    /// How often each span was entered.
    entries: BTreeMap<&'static str, u64>,
}

/// A span on the stack of a thread.
#[derive(Debug, Clone, Copy)]
enum Entered {
    Proof,
    Stage(Stage),
    /// It is inside another stage.
    Inner,
}

thread_local! {
    static STACK: RefCell<Vec<Entered>> = const { RefCell::new(Vec::new()) };
}

impl StageTimer {
    /// The same as a layer that sees no other spans than it needs.
    pub(crate) fn layer<S: Subscriber + for<'a> LookupSpan<'a>>(&self) -> impl Layer<S> + use<S> {
        self.clone().with_filter(filter_fn(|metadata| metadata.is_span() && kind(metadata.name()).is_some()))
    }

    /// The times since the last call of this, or since the beginning.
    pub(crate) fn take(&self) -> StageTimes {
        let mut sweep = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let spent = std::mem::take(&mut sweep.spent);
        STAGES.map(|(stage, name)| (name, spent[stage as usize]))
    }

    fn change(&self, name: Option<&'static str>, entered: Entered, by: isize) {
        let mut sweep = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sweep.advance();
        if let Some(name) = name {
            *sweep.entries.entry(name).or_default() += 1;
        }
        let count = match entered {
            Entered::Proof => &mut sweep.proofs,
            Entered::Stage(stage) => &mut sweep.active[stage as usize],
            Entered::Inner => return,
        };
        *count = count.saturating_add_signed(by);
    }
}

impl Sweep {
    /// Adds the time since the last change to the stages that are active.
    fn advance(&mut self) {
        let now = Instant::now();
        let passed = self.last.replace(now).map_or(Duration::ZERO, |last| now - last);
        for (active, spent) in self.active.iter().zip(&mut self.spent) {
            if *active > 0 {
                *spent += passed;
            }
        }
        let in_proof = self.active[Stage::Commit as usize..].iter().any(|&active| active > 0);
        if self.proofs > 0 && !in_proof {
            self.spent[Stage::Other as usize] += passed;
        }
    }
}

fn kind(name: &str) -> Option<Entered> {
    if name == PROOF {
        return Some(Entered::Proof);
    }
    SPANS.iter().find(|(span, _)| *span == name).map(|(_, stage)| Entered::Stage(*stage))
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for StageTimer {
    fn on_enter(&self, id: &span::Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let Some(mut entered) = kind(span.name()) else { return };
        STACK.with_borrow_mut(|stack| {
            if stack.iter().any(|outer| matches!(outer, Entered::Stage(_))) {
                entered = Entered::Inner;
            }
            stack.push(entered);
        });
        self.change(Some(span.name()), entered, 1);
    }

    fn on_exit(&self, id: &span::Id, context: Context<'_, S>) {
        if context.span(id).is_none_or(|span| kind(span.name()).is_none()) {
            return;
        }
        if let Some(entered) = STACK.with_borrow_mut(Vec::pop) {
            self.change(None, entered, -1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::bench::programs;
    use tracing_subscriber::layer::SubscriberExt;
    use tribunal_vm::NoOracle;
    use tribunal_zkvm::{Setup, prove_run_with, rehearse, stark::Parameters};

    /// Also notices when another release of Plonky3 names its spans differently.
    #[test]
    fn each_span_of_a_proof_is_seen() {
        let timer = StageTimer::default();
        tracing::subscriber::set_global_default(tracing_subscriber::registry().with(timer.layer())).unwrap();
        let state = programs::arithmetic(10).unwrap();
        let setup = Setup::new(&Parameters::FAST);
        let mut run = rehearse(state, Box::new(NoOracle), Box::new(|_, _| ()), &setup, 1 << 20).unwrap();
        let mut tables = Vec::new();
        prove_run_with(&mut run.machine, run.preimages, &setup, run.plan, |progress| {
            tables.extend_from_slice(&progress.tables);
        })
        .unwrap();
        assert!(tables.iter().any(|table| table.name == "add" && table.rows > 0), "{tables:?}");
        let entries = timer.0.lock().unwrap().entries.clone();
        for name in SPANS.iter().map(|(name, _)| *name).chain([PROOF]) {
            assert!(entries.get(name).is_some_and(|&entries| entries > 0), "{name}: {entries:?}");
        }
        let times = timer.take();
        assert!(times.iter().all(|(_, spent)| *spent > Duration::ZERO), "{times:?}");
        assert!(timer.take().iter().all(|(_, spent)| spent.is_zero()));
    }

    #[test]
    fn time_without_a_stage_is_that_of_the_proof() {
        let timer = StageTimer::default();
        timer.change(Some(PROOF), Entered::Proof, 1);
        timer.change(None, Entered::Proof, -1);
        let [.., (_, openings), (_, other)] = timer.take();
        assert!(openings.is_zero() && !other.is_zero());
    }
}
