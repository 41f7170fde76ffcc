//! What a command counts while it runs.

use std::{
    collections::BTreeMap,
    fmt::{self, Write},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tribunal_host::{Counting, Host, OracleStats, kind_name};
use tribunal_rpc::{Metrics, Nodes};

/// The counts of nodes and hosts. Clones watch together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Watch(Arc<Mutex<Watched>>);

#[derive(Debug, Default)]
struct Watched {
    nodes: Vec<Metrics>,
    hosts: Vec<Counting>,
}

impl Watch {
    /// Counts what is asked of these nodes, too.
    pub(crate) fn nodes(&self, nodes: &Nodes) {
        self.lock().nodes.push(nodes.metrics().clone());
    }

    /// Counts what this host serves, too.
    pub(crate) fn host(&self, host: &Host) {
        self.lock().hosts.push(host.counting());
    }

    /// How many requests were made.
    pub(crate) fn requests(&self) -> u64 {
        let watched = self.lock();
        let all = watched.nodes.iter().flat_map(|nodes| nodes.snapshot().into_values());
        all.map(|counts| counts.requests).sum()
    }

    /// All counts, in the text format of Prometheus.
    pub(crate) fn prometheus(&self) -> String {
        let watched = self.lock();
        let mut text = Metrics::prometheus_of(&watched.nodes);
        // Writing to a string does not fail.
        let _ = write_served(watched.hosts.iter().map(Counting::stats), &mut text)
            .and_then(|()| write_version(&mut text));
        text
    }

    fn lock(&self) -> MutexGuard<'_, Watched> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn write_served(hosts: impl Iterator<Item = OracleStats>, to: &mut String) -> fmt::Result {
    let mut preimages = BTreeMap::<_, (u64, u64)>::new();
    let mut hints = BTreeMap::<_, u64>::new();
    for stats in hosts {
        for served in stats.preimages {
            let (number, bytes) = preimages.entry(kind_name(served.kind)).or_default();
            *number += served.number;
            *bytes += served.bytes;
        }
        for (route, count) in stats.hints {
            *hints.entry(route.name()).or_default() += count;
        }
    }
    let numbers = preimages.iter().map(|(kind, (number, _))| (*kind, *number));
    write_counter(to, "preimages", "Pre-images that were served to the program.", "type", numbers)?;
    let bytes = preimages.iter().map(|(kind, (_, bytes))| (*kind, *bytes));
    write_counter(to, "preimage_bytes", "Bytes of these.", "type", bytes)?;
    write_counter(to, "hints", "Hints that the program gave.", "hint", hints.into_iter())
}

/// A counter of the host, by one label.
fn write_counter<'a>(
    to: &mut String,
    name: &str,
    help: &str,
    label: &str,
    values: impl Iterator<Item = (&'a str, u64)>,
) -> fmt::Result {
    let name = format!("tribunal_host_{name}_total");
    writeln!(to, "# HELP {name} {help}\n# TYPE {name} counter")?;
    for (of, value) in values {
        writeln!(to, "{name}{{{label}=\"{of}\"}} {value}")?;
    }
    Ok(())
}

fn write_version(to: &mut String) -> fmt::Result {
    let name = "tribunal_build_info";
    writeln!(to, "# HELP {name} The version of the program.\n# TYPE {name} gauge")?;
    writeln!(to, "{name}{{version=\"{}\"}} 1", env!("CARGO_PKG_VERSION"))
}
