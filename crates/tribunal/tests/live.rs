//! Claims from nodes: `tribunal host single` with addresses, and `tribunal fetch`.

#[path = "../../rpc/tests/common/mod.rs"]
mod common;
#[path = "../../rpc/tests/common/devnet/mod.rs"]
mod devnet;
#[path = "common/mod.rs"]
mod runs;

use devnet::{DEVNET, Manner, Served};
use runs::{Ran, check, program};
use std::{
    fs,
    path::{Path, PathBuf},
};
use tempfile::TempDir;
use tribunal_host::Claim;

/// A folder for what the program reads and writes, with the configs of the devnet.
struct Place {
    folder: TempDir,
    rollup: PathBuf,
    l1: PathBuf,
}

impl Place {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let configs = &DEVNET.folder.configs;
        let write = |name: &str, json: &[u8]| {
            let path = folder.path().join(name);
            fs::write(&path, json).unwrap();
            path
        };
        let rollup = write("rollup.json", &configs.rollup.as_ref().unwrap().json);
        let l1 = write("l1.json", &configs.l1.as_ref().unwrap().json);
        Self { rollup, l1, folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Decides a claim with `host single --native`.
    fn decide(&self, claim: &Claim, more: &[&str]) -> Ran {
        let boot = &claim.boot;
        let head = claim.agreed_l2_head_hash.unwrap().to_string();
        let mut command = program();
        command.args(["host", "single", "--native", "--l1-head", &boot.l1_head.to_string()]);
        command.args(["--agreed-l2-head-hash", &head]);
        command.args(["--agreed-l2-output-root", &boot.agreed_output_root.to_string()]);
        command.args(["--claimed-l2-output-root", &boot.claimed_output_root.to_string()]);
        command.args(["--claimed-l2-block-number", &boot.claimed_block_number.to_string()]);
        command.arg("--rollup-config-path").arg(&self.rollup).arg("--l1-config-path").arg(&self.l1);
        Ran::of(command.args(more))
    }

    fn fetch(&self, out: &Path, more: &[&str]) -> Ran {
        let mut command = program();
        command.arg("fetch").arg("--out").arg(out);
        command.arg("--rollup-config").arg(&self.rollup).arg("--l1-config").arg(&self.l1);
        Ran::of(command.args(more))
    }
}

/// The flags that name these nodes. The first of a kind is preferred.
fn flags(nodes: &[&Served]) -> Vec<String> {
    let urls =
        |url: fn(&Served) -> String| nodes.iter().map(|served| url(served)).collect::<Vec<_>>().join(",");
    [
        ("--l1-node-address", urls(|served| served.l1.url())),
        ("--l1-beacon-address", urls(|served| served.beacon.url())),
        ("--l2-node-address", urls(|served| served.l2.url())),
        ("--retry-for", "1s".into()),
    ]
    .into_iter()
    .flat_map(|(flag, value)| [flag.into(), value])
    .collect()
}

fn with<'a>(flags: &'a [String], more: &[&'a str]) -> Vec<&'a str> {
    flags.iter().map(String::as_str).chain(more.iter().copied()).collect()
}

/// A claim whose verdict is this one.
fn claim(valid: bool) -> &'static Claim {
    DEVNET.folder.claims.iter().find(|claim| claim.valid == Some(valid)).unwrap()
}

#[test]
fn a_claim_is_decided_once_from_nodes_and_then_from_the_store() {
    let (place, served) = (Place::new(), Served::new(Manner::default()));
    let flags = flags(&[&served]);
    for format in ["directory", "redb"] {
        let store = place.path(format);
        let store = store.to_str().unwrap();
        let kept = ["--data-dir", store, "--data-format", format];
        place.decide(claim(true), &with(&flags, &kept)).expect(0, &["TRUE", "nodes: "]);
        let asked = served.count();
        assert!(asked > 0);
        place.decide(claim(true), &with(&flags, &kept)).expect(0, &["TRUE", "nodes: 0 requests"]);
        assert_eq!(served.count(), asked, "nothing is fetched twice");
        place.decide(claim(true), &["--data-dir", store]).expect(0, &["TRUE"]);
    }
    // In memory, and without reading ahead.
    place
        .decide(claim(false), &with(&flags, &["--no-prefetch"]))
        .expect(1, &["FALSE", "0 answers read ahead"]);
}

#[test]
fn the_next_node_is_asked_when_one_lies_or_is_away() {
    let place = Place::new();
    let lying = Served::new(Manner {
        lies: vec!["debug_getRawHeader", "eth_getBlockByHash", "debug_dbGet", "eth_getProof", "blobs"],
        ..Manner::default()
    });
    let honest = Served::new(Manner::default());
    place.decide(claim(true), &with(&flags(&[&lying, &honest]), &[])).expect(0, &["TRUE"]);
    let lying_alone = place.decide(claim(true), &with(&flags(&[&lying]), &[]));
    let said = ["another hash", &lying.l2.url(), "debug_getRawHeader"];
    lying_alone.expect(2, &said);

    let nobody = format!("http://{}", common::node::nobody());
    let all = flags(&[&honest]);
    let away: Vec<String> =
        all.iter().map(|flag| if flag.starts_with("http") { nobody.clone() } else { flag.clone() }).collect();
    place.decide(claim(true), &with(&away, &[])).expect(2, &["UNDECIDED", &nobody]);
    let both: Vec<String> = all
        .iter()
        .map(|flag| if flag.starts_with("http") { format!("{nobody},{flag}") } else { flag.clone() })
        .collect();
    place.decide(claim(true), &with(&both, &[])).expect(0, &["TRUE"]);
}

#[test]
fn nodes_are_named_all_or_not_at_all_and_secrets_are_not_shown() {
    let (place, served) = (Place::new(), Served::new(Manner::default()));
    let flags = flags(&[&served]);
    place.decide(claim(true), &with(&flags[..2], &[])).expect(2, &["--l1-beacon-address is missing"]);
    let mut spoiled = flags.clone();
    spoiled[1] = "ws://user:hunter2@localhost:1".into();
    let ran = place.decide(claim(true), &with(&spoiled, &[]));
    let ran = ran.expect(2, &["--l1-node-address", "websockets are not supported"]);
    assert!(!format!("{ran:?}").contains("hunter2"));
    // Basic authentication goes into a header, and the node here does not mind.
    spoiled[1] = served.l1.url().replace("http://", "http://user:hunter2@");
    let ran = place.decide(claim(true), &with(&spoiled, &["--no-prefetch"])).expect(0, &["TRUE"]);
    assert!(!format!("{ran:?}").contains("hunter2"));
    assert!(served.l1.requests().iter().any(|request| request.header("authorization").starts_with("Basic ")));

    let token = place.path("token");
    fs::write(&token, "s3cret-token\n").unwrap();
    place
        .decide(claim(true), &with(&flags, &["--l2-token-file", token.to_str().unwrap()]))
        .expect(0, &["TRUE"]);
    let sent = served.l2.requests();
    assert!(sent.iter().any(|request| request.header("authorization") == "Bearer s3cret-token"));
    fs::write(&token, "two words").unwrap();
    place
        .decide(claim(true), &with(&flags, &["--l2-token-file", token.to_str().unwrap()]))
        .expect(2, &["must hold one token"]);
}

#[test]
fn what_is_fetched_decides_the_same_claim_offline() {
    let (place, served) = (Place::new(), Served::new(Manner::default()));
    let last = *DEVNET.chain.l2.hashes.keys().next_back().unwrap();
    let out = place.path("claim");
    let (first, to) = ((last - 1).to_string(), last.to_string());
    let flags = flags(&[&served]);
    place
        .fetch(&out, &with(&flags, &["--l2-block", &first, "--to", &to]))
        .expect(0, &["TRUE", "1 claim", "nodes: ", "warning: no L1 block is known to be final"]);
    let checked = check(&out, &["--expect", "--stats", "--json"]).expect(0, &[]);
    let checked = checked.json();
    let kinds = checked[0]["stats"]["preimages"].as_object().unwrap().iter();
    let read: u64 =
        kinds.filter(|(kind, _)| *kind != "local").map(|(_, count)| count["number"].as_u64().unwrap()).sum();
    let have = Ran::of(program().args(["preimages", "stats"]).arg(out.join("preimages.bin.zst")));
    let have = have.expect(0, &[]);
    assert!(have.out.contains(&read.to_string()), "{read} were read: {have:?}");

    place
        .fetch(&place.path("none"), &with(&flags, &["--l2-block", "100000"]))
        .expect(2, &["no L2 block 99999"]);
    assert!(!place.path("none").exists());
    place.fetch(&out, &with(&flags, &["--l2-block", "0"])).expect(2, &["--l2-block 0"]);
    place.fetch(&out, &with(&flags, &["--l2-block", "5", "--to", "4"])).expect(2, &["--to is before"]);
    place.fetch(&place.path("none"), &["--l2-block", "5"]).expect(2, &["--l1-node-address"]);
}
