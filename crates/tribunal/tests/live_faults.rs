//! `tribunal host single` with real nodes that misbehave: the verdict is right or the error is, without a panic, a hang or
//! memory without bound.
//!
//! `TRIBUNAL_DEVNET` names the program that runs the nodes. Without it the tests are marked as skipped. With
//! `CONFORMANCE_ALL=1` they take several forks and claims, otherwise one fork.

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
use proxy::{FAULTS, Fault, Proxy, When};
use real::{RealDevnet, everything};
use std::{
    fmt,
    sync::{LazyLock, Mutex},
    thread,
    time::Duration,
};
use tribunal_host::Claim;

/// Runs at the same time. Most of them wait most of the time.
const AT_ONCE: usize = 6;

/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(2);

/// A run that lasts longer than this hangs, on a busy machine too. The longest wait for one pre-image is the time for outages,
/// four requests that time out, and a minute.
const LONGEST: Duration = Duration::from_secs(600);

/// The memory that a run may take, in MiB. A node may send two answers of 128 MiB at once, and eight more of up to 8 MiB
/// each; there are nodes of three kinds; and the program has its own.
const MOST_MEMORY: u64 = 3 * (2 * 128 + 8 * 8) + 256;

/// What follows the addresses of L1, the beacon node and L2, so that the ways round missing methods are taken too. Commas are
/// encoded, because they separate addresses.
const PROFILES: [[&str; 3]; 3] = [
    ["", "", ""],
    ["/without/debug_getRawHeader%2Cdebug_getRawBlock%2Cdebug_getRawReceipts", "/sidecars", ""],
    [
        "/without/debug_getRawReceipts%2Ceth_getBlockReceipts",
        "/blobs",
        "/without/debug_executionWitness%2Cdebug_executePayload",
    ],
];

/// Devnets that all tests share. They end with this process.
static DEVNETS: LazyLock<Vec<RealDevnet>> = LazyLock::new(|| {
    let forks = if everything() { &["ecotone", "isthmus", "karst"][..] } else { &["karst"] };
    forks.iter().filter_map(|fork| RealDevnet::start(fork, &["--stale", "1"])).collect()
});

/// One run.
#[derive(Clone, Copy)]
struct Case {
    devnet: &'static RealDevnet,
    claim: &'static Claim,
    profile: [&'static str; 3],
    fault: Fault,
    seed: u64,
    timeout: Duration,
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (fork, note) = (self.devnet.line["fork"].as_str(), self.claim.note.as_deref());
        write!(f, "{:?} with seed {}, {fork:?}, {note:?}, {:?}", self.fault, self.seed, self.profile)
    }
}

impl Case {
    /// The nodes of the devnet behind proxies, which must be kept.
    fn nodes(&self, when: When) -> Vec<Proxy> {
        let names = ["l1", "beacon", "l2"].into_iter().zip(self.profile);
        let proxy =
            |(name, profile)| Proxy::before(&format!("{}{profile}", self.devnet.url(name)), self.fault, when);
        names.map(proxy).collect()
    }

    /// Decides the claim with these nodes, the preferred ones first.
    #[track_caller]
    fn decide(&self, nodes: &[&[String]], retry_for: &str) -> runs::Ran {
        let of = |kind: usize| nodes.iter().map(|nodes| nodes[kind].clone()).collect();
        let addresses = Addresses { l1: of(0), beacon: of(1), l2: of(2) };
        let mut command = deciding(self.devnet, self.claim);
        let timeout = format!("{}s", self.timeout.as_secs());
        command.args(addresses.flags()).args(["--retry-for", retry_for, "--request-timeout", &timeout]);
        let mut process = Process::start(&mut command);
        let ran = process.end_within(LONGEST);
        assert!(!ran.err.contains("panicked at"), "{self:?}: {ran:#?}");
        assert!(process.peak_mib() <= MOST_MEMORY, "{self:?} took {} MiB: {ran:#?}", process.peak_mib());
        println!("{self:?}: {} MiB, {}", process.peak_mib(), ran.err.lines().last().unwrap_or_default());
        ran
    }

    #[track_caller]
    fn expect_right(&self, ran: &runs::Ran) {
        assert_eq!(ran.code, Some(right_code(self.claim)), "{self:?}: {ran:#?}");
    }

    /// The verdict may be missing, if the run says which node failed.
    #[track_caller]
    fn expect_right_or_clear(&self, ran: &runs::Ran, nodes: &[Proxy]) {
        if ran.code == Some(right_code(self.claim)) {
            return;
        }
        assert_eq!(ran.code, Some(2), "{self:?}: {ran:#?}");
        assert!(ran.out.contains("UNDECIDED") || ran.err.contains("UNDECIDED"), "{self:?}: {ran:#?}");
        let said = |proxy: &Proxy| ran.out.contains(&proxy.origin()) || ran.err.contains(&proxy.origin());
        assert!(nodes.iter().any(said), "no node is named: {self:?}: {ran:#?}");
    }
}

fn urls(nodes: &[Proxy]) -> Vec<String> {
    nodes.iter().map(Proxy::url).collect()
}

/// A run for each of these faults: in a sample one, with a claim and a profile for each fault in turn, otherwise one with each
/// devnet and several claims.
fn cases(faults: &[Fault]) -> Vec<Case> {
    if DEVNETS.is_empty() {
        // For each test, since only the first one starts the devnets.
        tribunal_fixtures::skip("the devnet with real nodes needs Go");
    }
    let claims = if everything() { 3 } else { 1 };
    let mut cases = Vec::new();
    for devnet in DEVNETS.iter() {
        for (number, &fault) in faults.iter().enumerate() {
            for turn in number..number + claims {
                // A claim about the agreed block itself needs next to nothing of the nodes.
                let is_long = |claim: &&Claim| {
                    claim.note.as_deref().is_none_or(|note| !note.contains("trace extension"))
                };
                let claims: Vec<&Claim> = devnet.folder.claims.iter().filter(is_long).collect();
                let profile = PROFILES[turn % PROFILES.len()];
                let seed = cases.len() as u64;
                let claim = claims[turn % claims.len()];
                cases.push(Case { devnet, claim, profile, fault, seed, timeout: TIMEOUT });
            }
        }
    }
    cases
}

/// Does this for each case, several at once.
fn each(cases: Vec<Case>, run: impl Fn(&Case) + Sync) {
    let cases = Mutex::new(cases.into_iter());
    let next = || cases.lock().unwrap().next();
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(case) = next() {
                    run(&case);
                }
            });
        }
    });
}

#[test]
fn nodes_that_fail_now_and_then() {
    let mut cases = cases(&FAULTS);
    if everything() {
        // Stalls of ten seconds: with a time-out that is shorter, and with one that is longer.
        for (number, seconds) in [5, 30].into_iter().enumerate() {
            let late = Case { fault: Fault::Late, timeout: Duration::from_secs(seconds), ..cases[number] };
            cases.push(late);
        }
    }
    each(cases, |case| {
        let nodes = case.nodes(When::Often { seed: case.seed });
        let ran = case.decide(&[&urls(&nodes)], "60s");
        case.expect_right_or_clear(&ran, &nodes);
    });
}

#[test]
fn nodes_that_always_fail_beside_others() {
    each(cases(&FAULTS), |case| {
        let (faulty, honest) = (case.nodes(When::Always), case.nodes(When::Never));
        let ran = case.decide(&[&urls(&faulty), &urls(&honest)], "60s");
        case.expect_right(&ran);
        assert!(faulty.iter().any(|node| node.spoiled() > 0), "the fault met nothing: {case:?}: {ran:#?}");
    });
}

#[test]
fn nodes_that_always_fail_alone() {
    let sample = [Fault::TooManyAfter, Fault::CutBody, Fault::WrongBlock, Fault::Stale, Fault::Endless];
    each(cases(if everything() { &FAULTS } else { &sample }), |case| {
        let nodes = case.nodes(When::Always);
        let ran = case.decide(&[&urls(&nodes)], "1s");
        case.expect_right_or_clear(&ran, &nodes);
    });
}

#[test]
fn a_node_that_is_behind() {
    for mut case in cases(&[Fault::Stale]) {
        case.claim = case
            .devnet
            .folder
            .claims
            .iter()
            .find(|claim| claim.note.as_deref() == Some("the newest blocks"))
            .unwrap();
        case.profile = PROFILES[0];
        let honest = ["l1", "beacon", "l2"].map(|name| case.devnet.url(name).to_owned());
        let mut behind = honest.clone();
        behind[2] = case.devnet.url("l2_stale").into();
        case.expect_right(&case.decide(&[&behind, &honest], "60s"));
        case.decide(&[&behind], "1s").expect(2, &["UNDECIDED", "/l2-stale"]);
    }
}
