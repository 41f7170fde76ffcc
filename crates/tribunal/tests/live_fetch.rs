//! `tribunal fetch` from real nodes: the folder decides the same claim without them, and has what was read and nothing else.
//!
//! `TRIBUNAL_DEVNET` names the program that runs the nodes. Without it the test is marked as skipped. With
//! `CONFORMANCE_ALL=1` it goes through all forks, otherwise through one.

#[path = "live/claims.rs"]
mod claims;
#[path = "../../rpc/tests/common/real.rs"]
mod real;
#[path = "common/mod.rs"]
mod runs;

use alloy_primitives::B256;
use claims::Addresses;
use real::{FORKS, RealDevnet, everything};
use runs::{Ran, check, program, read_and_kept};
use std::{fs, path::Path};
use tempfile::TempDir;

/// Fetches the claim that L2 goes on from before block `first` to block `last`, with the configs of a rollup node.
fn fetch(devnet: &RealDevnet, out: &Path, first: u64, last: u64) -> Ran {
    let [l1, beacon, l2] = ["l1", "beacon", "l2"].map(|name| vec![devnet.url(name).to_owned()]);
    let mut command = program();
    command.arg("fetch").arg("--out").arg(out).args(Addresses { l1, beacon, l2 }.flags());
    command.args(["--rollup-node-address", devnet.url("rollup")]);
    command.arg("--l1-config").arg(devnet.file("l1-genesis-config.json"));
    Ran::of(command.args(["--l2-block", &first.to_string(), "--to", &last.to_string()]))
}

#[test]
fn what_is_fetched_from_real_nodes_decides_the_same_claim_offline() {
    for fork in if everything() { &FORKS[..] } else { &["isthmus"] } {
        let Some(devnet) = RealDevnet::start(fork, &["--claims", "1"]) else { return };
        let blocks = devnet.line["l2"]["blocks"].as_array().unwrap();
        let (last, turn) = (blocks.len() as u64 - 1, devnet.line["activation_l2_block"].as_u64().unwrap());
        for (first, last) in [(turn, turn), (turn - 2, turn + 2), (last, last)] {
            let place = TempDir::new().unwrap();
            let out = place.path().join("claim");
            fetch(&devnet, &out, first, last).expect(0, &["TRUE"]);
            check(&out, &["--expect"]).expect(0, &["1 claim, 1 as expected"]);
            let claim: serde_json::Value =
                serde_json::from_slice(&fs::read(out.join("claim.json")).unwrap()).unwrap();
            let of = |number: u64| &blocks[number as usize];
            assert_eq!(claim["l1_head"], of(last)["first_safe_l1"]["hash"], "{fork}: {first} to {last}");
            assert_eq!(claim["claimed_l2_output_root"], of(last)["output_root"]);
            assert_eq!(claim["agreed_l2_output_root"], of(first - 1)["output_root"]);
            let (read, kept) = read_and_kept(&out);
            let differ: Vec<&B256> = read.symmetric_difference(&kept).collect();
            assert!(differ.is_empty(), "{fork}: {first} to {last}: {differ:?}");
        }
    }
}
