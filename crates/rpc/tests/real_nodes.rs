//! Claims from real nodes: op-geth, and a beacon API on its blobs.
//!
//! `TRIBUNAL_DEVNET` names the program of `conformance/devnet`, which `scripts/devnet` builds. Without it the test is marked as
//! skipped. With `CONFORMANCE_ALL=1` it goes through all forks, otherwise through three.

#[path = "common/real.rs"]
mod real;

use real::{FORKS, RealDevnet, everything};
use std::{sync::Arc, time::Duration};
use tribunal_host::{Claim, FixtureFolder, Host, LocalInputs, LocalKeyFlavour, Verified, store::MemoryStore};
use tribunal_proof::Silent;
use tribunal_rpc::{Nodes, NodesOptions, Reads, RoleOptions};

const PATIENT: Duration = Duration::from_secs(60);

/// Profiles of the nodes: what follows the addresses of L1, L2 and the beacon node. All L2 nodes have `debug_dbGet`, because
/// the client reads accounts that geth's execution, and so its witness, does not have.
const PROFILES: [[&str; 3]; 4] = [
    ["", "", ""],
    [
        "/without/debug_getRawHeader,debug_getRawBlock,debug_getRawReceipts",
        "/without/debug_executionWitness",
        "/sidecars",
    ],
    [
        "/without/debug_getRawHeader,debug_getRawBlock,debug_getRawReceipts,eth_getBlockReceipts",
        "/without/debug_getRawHeader,debug_getRawBlock,debug_executionWitness",
        "/blobs",
    ],
    ["/without/debug_getRawReceipts", "/without/debug_getRawHeader,debug_executePayload", ""],
];

/// Nodes of these profiles, for a claim.
fn options(devnet: &RealDevnet, profile: [&str; 3], claim: &Claim) -> NodesOptions {
    let role = |name: &str, profile: &str| {
        let url = format!("{}{profile}", devnet.url(name));
        RoleOptions::new(vec![url.parse().unwrap()], PATIENT)
    };
    NodesOptions {
        l1: role("l1", profile[0]),
        l2: role("l2", profile[1]),
        beacon: role("beacon", profile[2]),
        retry_for: Duration::from_secs(5),
        agreed_head: claim.agreed_l2_head_hash,
        ..NodesOptions::default()
    }
}

fn decide(folder: &FixtureFolder, claim: &Claim, options: &NodesOptions) -> Result<(bool, Reads), String> {
    let nodes = Arc::new(Nodes::new(options).unwrap());
    let local = LocalInputs::new(claim.boot, folder.configs.clone(), LocalKeyFlavour::Kona);
    let verified = Arc::new(Verified::new(Arc::new(MemoryStore::new())));
    let host = Host::with_source(verified, local, nodes.clone(), PATIENT);
    let verdict = tribunal_client::run(&host, &mut Silent).map_err(|error| error.to_string())?;
    Ok((verdict.valid, nodes.reads()))
}

#[test]
fn claims_are_decided_from_real_nodes() {
    let sample = ["ecotone", "isthmus", "karst"];
    for fork in if everything() { &FORKS[..] } else { &sample[..] } {
        let Some(devnet) = RealDevnet::start(fork, &[]) else { return };
        for (index, claim) in devnet.folder.claims.iter().enumerate() {
            let profile = PROFILES[index % PROFILES.len()];
            let (valid, reads) = decide(&devnet.folder, claim, &options(&devnet, profile, claim))
                .unwrap_or_else(|error| panic!("{fork}, {profile:?}, {:?}: {error}", claim.note));
            assert_eq!(Some(valid), claim.valid, "{fork}, {profile:?}, {:?}", claim.note);
            println!("{fork}, {profile:?}, {:?}: {reads:?}", claim.note);
        }
    }
}
