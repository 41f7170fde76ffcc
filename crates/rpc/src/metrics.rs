//! What was asked of the nodes, counted.

use std::{
    collections::BTreeMap,
    fmt::{self, Write},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use crate::prefetch::{Reads, Tally};

/// Upper bounds of the classes of latency, in seconds.
const BOUNDS: [f64; 9] = [0.005, 0.02, 0.1, 0.5, 1.0, 5.0, 20.0, 60.0, 300.0];

/// Counts the requests, and what the program read. Clones count together.
#[derive(Debug, Clone, Default)]
pub struct Metrics {
    counts: Arc<Mutex<BTreeMap<Series, Counts>>>,
    tally: Arc<Tally>,
}

/// Requests of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Series {
    /// Which node, without secrets.
    pub endpoint: Arc<str>,
    /// Which method, or which path, with `…` in place of what differs from request to request.
    pub method: String,
    /// What became of them: `ok`, or a kind of failure.
    pub outcome: &'static str,
}

/// What is counted of the requests of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Counts {
    /// How many requests.
    pub requests: u64,
    /// How many bytes their answers had.
    pub bytes: u64,
    /// How long they took altogether, from sending to the last byte.
    pub took: Duration,
    /// How long they waited altogether for their turn, because of limits.
    pub waited: Duration,
    /// How many took at most 5 ms, 20 ms, 100 ms, 500 ms, 1 s, 5 s, 20 s, 60 s, 300 s, and how many longer: each in one
    /// class only.
    pub latencies: [u64; BOUNDS.len() + 1],
}

/// One request that is over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) bytes: usize,
    pub(crate) took: Duration,
    pub(crate) waited: Duration,
}

impl Metrics {
    /// What was counted so far.
    #[must_use]
    pub fn snapshot(&self) -> BTreeMap<Series, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How often the program had to wait, and what reading ahead was good for.
    #[must_use]
    pub fn reads(&self) -> Reads {
        self.tally.reads()
    }

    /// The counts in the text format of Prometheus.
    #[must_use]
    pub fn prometheus(&self) -> String {
        Self::prometheus_of([self])
    }

    /// The counts of several, added up, in the text format of Prometheus.
    #[must_use]
    pub fn prometheus_of<'a>(all: impl IntoIterator<Item = &'a Self>) -> String {
        let (mut counts, mut reads) = (BTreeMap::<Series, Counts>::new(), Reads::default());
        for metrics in all {
            for (series, more) in metrics.snapshot() {
                counts.entry(series).or_default().add(&more);
            }
            reads.add(&metrics.reads());
        }
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = write_text(&counts, &mut text).and_then(|()| write_reads(&reads, &mut text));
        text
    }

    pub(crate) fn tally(&self) -> &Arc<Tally> {
        &self.tally
    }

    pub(crate) fn add(&self, endpoint: &Arc<str>, method: &str, outcome: &'static str, sample: Sample) {
        let series = Series { endpoint: endpoint.clone(), method: general(method), outcome };
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = counts.entry(series).or_default();
        counts.requests += 1;
        counts.bytes += sample.bytes as u64;
        counts.took += sample.took;
        counts.waited += sample.waited;
        let seconds = sample.took.as_secs_f64();
        let class = BOUNDS.iter().position(|&bound| seconds <= bound).unwrap_or(BOUNDS.len());
        counts.latencies[class] += 1;
    }
}

impl Counts {
    fn add(&mut self, more: &Self) {
        self.requests += more.requests;
        self.bytes += more.bytes;
        self.took += more.took;
        self.waited += more.waited;
        for (class, more) in self.latencies.iter_mut().zip(more.latencies) {
            *class += more;
        }
    }
}

/// A name, what it is, and its value.
type Counter = (&'static str, &'static str, fn(&Counts) -> f64);

fn write_text(counts: &BTreeMap<Series, Counts>, to: &mut String) -> fmt::Result {
    let simple: [Counter; 3] = [
        ("tribunal_rpc_requests_total", "Requests to nodes.", |counts| counts.requests as f64),
        ("tribunal_rpc_answer_bytes_total", "Bytes of their answers.", |counts| counts.bytes as f64),
        ("tribunal_rpc_waited_seconds_total", "Time that requests waited for their turn.", |counts| {
            counts.waited.as_secs_f64()
        }),
    ];
    for (name, help, value) in simple {
        writeln!(to, "# HELP {name} {help}\n# TYPE {name} counter")?;
        for (series, counts) in counts {
            writeln!(to, "{name}{{{}}} {}", Labels(series), value(counts))?;
        }
    }
    let name = "tribunal_rpc_request_seconds";
    writeln!(to, "# HELP {name} Time from sending to the last byte.\n# TYPE {name} histogram")?;
    for (series, counts) in counts {
        let labels = Labels(series);
        let mut below = 0;
        for (class, requests) in counts.latencies.iter().enumerate() {
            below += requests;
            match BOUNDS.get(class) {
                Some(bound) => writeln!(to, "{name}_bucket{{{labels},le=\"{bound}\"}} {below}")?,
                None => writeln!(to, "{name}_bucket{{{labels},le=\"+Inf\"}} {below}")?,
            }
        }
        writeln!(to, "{name}_sum{{{labels}}} {}", counts.took.as_secs_f64())?;
        writeln!(to, "{name}_count{{{labels}}} {}", counts.requests)?;
    }
    Ok(())
}

fn write_reads(reads: &Reads, to: &mut String) -> fmt::Result {
    let counters = [
        ("reads_missed_total", "Pre-images that the store did not have.", reads.missed as f64),
        ("reads_joined_total", "Of these, those whose request was under way.", reads.waited as f64),
        (
            "reads_waiting_seconds_total",
            "Time that the program waited for nodes.",
            reads.waiting.as_secs_f64(),
        ),
        ("ahead_total", "Requests that were answered before the program asked.", reads.ahead as f64),
        ("ahead_hits_total", "Of these, those that the program wanted later.", reads.hits as f64),
        ("hints_dropped_total", "Hints that came too fast to be read ahead.", reads.dropped as f64),
    ];
    for (name, help, value) in counters {
        let name = format!("tribunal_rpc_{name}");
        writeln!(to, "# HELP {name} {help}\n# TYPE {name} counter\n{name} {value}")?;
    }
    Ok(())
}

/// The labels of a series, as Prometheus reads them.
struct Labels<'a>(&'a Series);

impl fmt::Display for Labels<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Series { endpoint, method, outcome } = self.0;
        let (endpoint, method) = (escaped(endpoint), escaped(method));
        write!(f, "endpoint=\"{endpoint}\",method=\"{method}\",outcome=\"{outcome}\"")
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// A method or path without what differs from request to request, so that there are few series.
fn general(method: &str) -> String {
    let path = method.split('?').next().unwrap_or_default();
    let segments = path.split('/').map(|segment| {
        let differs = path.contains('/') && segment.starts_with(|char: char| char.is_ascii_digit());
        if differs { "…" } else { segment }
    });
    segments.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_by_series() {
        let metrics = Metrics::default();
        let endpoint: Arc<str> = "http://node:1".into();
        for (slot, millis) in [(7, 1), (8, 600)] {
            let sample =
                Sample { bytes: 10, took: Duration::from_millis(millis), waited: Duration::from_secs(1) };
            metrics.add(
                &endpoint,
                &format!("eth/v1/beacon/blobs/{slot}?versioned_hashes=0x01"),
                "ok",
                sample,
            );
        }
        let snapshot = metrics.snapshot();
        let (series, counts) = snapshot.first_key_value().unwrap();
        assert_eq!((snapshot.len(), series.method.as_str()), (1, "eth/v1/beacon/blobs/…"));
        assert_eq!((counts.requests, counts.bytes, counts.waited), (2, 20, Duration::from_secs(2)));

        let text = metrics.prometheus();
        let labels = "endpoint=\"http://node:1\",method=\"eth/v1/beacon/blobs/…\",outcome=\"ok\"";
        for line in [
            format!("tribunal_rpc_requests_total{{{labels}}} 2"),
            format!("tribunal_rpc_request_seconds_bucket{{{labels},le=\"0.005\"}} 1"),
            format!("tribunal_rpc_request_seconds_bucket{{{labels},le=\"1\"}} 2"),
            format!("tribunal_rpc_request_seconds_bucket{{{labels},le=\"+Inf\"}} 2"),
            format!("tribunal_rpc_request_seconds_count{{{labels}}} 2"),
        ] {
            assert!(text.lines().any(|have| have == line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn counts_of_several_are_added_up() {
        let sum = |name: &str, all: &[&Metrics]| {
            let text = Metrics::prometheus_of(all.iter().copied());
            let named = text.lines().filter(|line| line.starts_with(name));
            named.map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()).collect::<Vec<_>>()
        };
        let (one, two) = (Metrics::default(), Metrics::default());
        let sample = Sample { bytes: 10, took: Duration::from_millis(1), waited: Duration::ZERO };
        for (metrics, endpoint) in [(&one, "a"), (&two, "a"), (&two, "b")] {
            metrics.add(&endpoint.into(), "eth_chainId", "ok", sample);
            metrics.tally.missed();
            metrics.tally.waiting(Duration::from_millis(250));
        }
        let requests = "tribunal_rpc_requests_total";
        assert_eq!((sum(requests, &[&one]), sum(requests, &[&one, &two])), (vec![1.0], vec![2.0, 1.0]));
        assert_eq!(sum("tribunal_rpc_answer_bytes_total", &[&two, &one]), [20.0, 10.0]);
        assert_eq!(sum("tribunal_rpc_reads_missed_total", &[&one, &two]), [3.0]);
        assert_eq!(sum("tribunal_rpc_reads_waiting_seconds_total", &[&one, &two]), [0.75]);
        assert_eq!(sum(requests, &[]), [0.0; 0]);
        assert_eq!(sum("tribunal_rpc_ahead_total", &[]), [0.0]);
    }
}
