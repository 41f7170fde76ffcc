//! Hosts that are killed (`kill -9`) while they fetch from real nodes leave a data directory that the next run goes on with.
//!
//! `TRIBUNAL_DEVNET` names the program that runs the nodes. Without it the tests are marked as skipped. With
//! `CONFORMANCE_ALL=1` each test kills 50 hosts or more, otherwise 4.

#[path = "live/claims.rs"]
mod claims;
#[path = "../../rpc/tests/common/mod.rs"]
mod common;
#[path = "live/process.rs"]
mod process;
#[path = "live/proxy.rs"]
mod proxy;
#[path = "../../rpc/tests/common/real.rs"]
mod real;
#[path = "common/mod.rs"]
mod runs;

use claims::{Addresses, deciding, right_code};
use process::Process;
use proxy::Proxy;
use real::{RealDevnet, everything};
use runs::{Ran, Random};
use std::{
    hash::{BuildHasher, Hasher, RandomState},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tribunal_host::Claim;

/// The formats of data directories.
const FORMATS: [&str; 2] = ["directory", "redb"];

/// A run that lasts longer than this hangs, on a busy machine too.
const LONGEST: Duration = Duration::from_secs(600);

/// Hosts about one claim, on nodes that count the requests.
struct Hosts {
    devnet: RealDevnet,
    claim: Claim,
    nodes: [Proxy; 3],
    folder: TempDir,
}

/// The moment at which to kill a host: so long after the nodes have seen so many requests of it.
#[derive(Debug, Clone, Copy)]
struct Moment {
    requests: usize,
    later: Duration,
}

impl Hosts {
    fn start() -> Option<Self> {
        let devnet = RealDevnet::start("karst", &[])?;
        let wanted = |claim: &&Claim| claim.note.as_deref() == Some("up to what is safe at this L1 head");
        let claim = devnet.folder.claims.iter().find(wanted).unwrap().clone();
        let nodes = ["l1", "beacon", "l2"].map(|name| Proxy::counting(devnet.url(name)));
        Some(Self { devnet, claim, nodes, folder: TempDir::new().unwrap() })
    }

    fn store(&self, number: usize) -> PathBuf {
        self.folder.path().join(number.to_string())
    }

    fn host(&self, store: &Path, format: &str) -> Process {
        let [l1, beacon, l2] = self.nodes.each_ref().map(|node| vec![node.url()]);
        let mut command = deciding(&self.devnet, &self.claim);
        command.args(Addresses { l1, beacon, l2 }.flags());
        command.arg("--data-dir").arg(store).args(["--data-format", format]);
        Process::start(&mut command)
    }

    fn requests(&self) -> usize {
        self.nodes.iter().map(Proxy::count).sum()
    }

    #[track_caller]
    fn expect_right(&self, ran: Ran) {
        assert!(!ran.err.contains("panicked at"), "{ran:#?}");
        ran.expect(right_code(&self.claim), &[]);
    }

    /// Waits for the end of a host, or kills it at this moment. Says whether it was killed. If not, its verdict is right.
    #[track_caller]
    fn killed(&self, host: &mut Process, moment: Moment) -> bool {
        let (start, before) = (Instant::now(), self.requests());
        let mut due = None;
        let ended = host.ended_unless(|| {
            assert!(start.elapsed() < LONGEST, "it hangs");
            if self.requests() - before >= moment.requests {
                due.get_or_insert_with(|| Instant::now() + moment.later);
            }
            due.is_some_and(|due| Instant::now() >= due)
        });
        ended.map(|ran| self.expect_right(ran)).is_none()
    }

    /// A whole run on a store gives the right verdict, and another one then asks nothing.
    #[track_caller]
    fn expect_complete(&self, store: &Path, format: &str) {
        self.expect_right(self.host(store, format).end_within(LONGEST));
        let before = self.requests();
        let ran = self.host(store, format).end_within(LONGEST);
        assert!(ran.err.contains("nodes: 0 requests"), "{ran:#?}");
        self.expect_right(ran);
        assert_eq!(self.requests(), before, "all is there");
        // The store is enough by itself too.
        let mut offline = deciding(&self.devnet, &self.claim);
        self.expect_right(Process::start(offline.arg("--data-dir").arg(store)).end_within(LONGEST));
    }

    /// The requests of a run on an empty store.
    fn requests_of_a_run(&self) -> usize {
        let before = self.requests();
        self.expect_complete(&self.folder.path().join("first"), "directory");
        self.requests() - before
    }
}

fn least_kills() -> usize {
    if everything() { 50 } else { 4 }
}

/// Other numbers in every run, which are said: the moments depend on the machine anyway.
fn random() -> Random {
    let seed = RandomState::new().build_hasher().finish();
    println!("the seed is {seed}");
    Random(seed)
}

/// A moment in a run that makes up to so many requests, or soon after it has started.
fn moment(random: &mut Random, requests: usize) -> Moment {
    let requests = random.below(requests / 2);
    let longest = if requests == 0 { 300 } else { 40 };
    Moment { requests, later: Duration::from_millis(random.below(longest) as u64) }
}

#[test]
fn a_host_that_is_killed_leaves_a_store_to_go_on_with() {
    let Some(hosts) = Hosts::start() else { return };
    let (whole, mut random) = (hosts.requests_of_a_run(), random());
    for (number, format) in FORMATS.into_iter().enumerate() {
        let (mut kills, mut whole_runs) = (0, 0);
        while kills < least_kills() / FORMATS.len() {
            let store = hosts.store(number * 1000 + whole_runs);
            // Killed again and again, until it gets to its end.
            while hosts.killed(&mut hosts.host(&store, format), moment(&mut random, whole)) {
                kills += 1;
            }
            hosts.expect_complete(&store, format);
            whole_runs += 1;
        }
        println!("{format}: killed {kills} times, {whole_runs} stores, {whole} requests a run");
    }
}

#[test]
fn of_two_hosts_on_one_store_each_goes_on_when_the_other_is_killed() {
    let Some(hosts) = Hosts::start() else { return };
    let (whole, mut random) = (hosts.requests_of_a_run(), random());
    for (number, format) in FORMATS.into_iter().enumerate() {
        let (mut kills, mut whole_runs) = (0, 0);
        while kills < least_kills() / FORMATS.len() {
            let store = hosts.store(number * 1000 + whole_runs);
            loop {
                let moments = [moment(&mut random, whole), moment(&mut random, whole)];
                // Of three times, both are killed once, and in the others one gets to its end.
                let both = random.below(3) == 0;
                let mut first = hosts.host(&store, format);
                let mut second = hosts.host(&store, format);
                let killed = thread::scope(|scope| {
                    let second = scope.spawn(|| match both {
                        true => hosts.killed(&mut second, moments[1]),
                        false => {
                            hosts.expect_right(second.end_within(LONGEST));
                            false
                        }
                    });
                    [hosts.killed(&mut first, moments[0]), second.join().unwrap()]
                });
                kills += killed.iter().filter(|killed| **killed).count();
                if killed != [true, true] {
                    break;
                }
            }
            hosts.expect_complete(&store, format);
            whole_runs += 1;
        }
        println!("{format}: killed {kills} of two hosts, {whole_runs} stores, {whole} requests a run");
    }
}
