//! Adds up the self time of tracing spans by name. Self time leaves out the spans inside.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tracing::{Subscriber, span};
use tracing_subscriber::{Layer, layer::Context, registry::LookupSpan};

/// Self time and number of entries by span name.
pub(crate) type Totals = BTreeMap<&'static str, (Duration, u64)>;

/// A tracing layer that measures. Clones share the result.
#[derive(Debug, Clone, Default)]
pub(crate) struct SpanTimer(Arc<Mutex<Totals>>);

thread_local! {
    /// The spans entered on this thread, innermost last, each with its self time so far and when it last resumed.
    static STACK: RefCell<Vec<(&'static str, Duration, Instant)>> = const { RefCell::new(Vec::new()) };
}

impl SpanTimer {
    /// The totals until now.
    pub(crate) fn totals(&self) -> Totals {
        self.0.lock().map(|totals| totals.clone()).unwrap_or_default()
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for SpanTimer {
    fn on_enter(&self, id: &span::Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let now = Instant::now();
        STACK.with_borrow_mut(|stack| {
            if let Some((_, spent, since)) = stack.last_mut() {
                *spent += now - *since;
            }
            stack.push((span.name(), Duration::ZERO, now));
        });
    }

    fn on_exit(&self, _: &span::Id, _: Context<'_, S>) {
        let now = Instant::now();
        let finished = STACK.with_borrow_mut(|stack| {
            let finished = stack.pop();
            if let Some((_, _, since)) = stack.last_mut() {
                *since = now;
            }
            finished
        });
        if let (Some((name, spent, since)), Ok(mut totals)) = (finished, self.0.lock()) {
            let entry = totals.entry(name).or_default();
            entry.0 += spent + (now - since);
            entry.1 += 1;
        }
    }
}
