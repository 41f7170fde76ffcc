//! Claims from nodes: `tribunal host single` with addresses, `tribunal fetch`, and `tribunal check` with nodes.

#[path = "../../rpc/tests/common/mod.rs"]
mod common;
#[path = "../../rpc/tests/common/devnet/mod.rs"]
mod devnet;
#[path = "common/mod.rs"]
mod runs;

use common::node::{Node, Reply};
use devnet::{DEVNET, Manner, Served};
use runs::{Ran, check, program, read_and_kept};
use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader, Read, Write},
    iter,
    net::{TcpListener, TcpStream},
    os::fd::{FromRawFd, OwnedFd},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    ptr,
};
use tempfile::TempDir;
use tribunal_host::{
    Claim, FixtureFolder, fixture,
    store::{MemoryStore, PreimageStore},
};
use tribunal_preimage::PreimageKey;

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

    /// Decides a claim about a block with `check`.
    fn check(&self, more: &[&str]) -> Ran {
        let mut command = program();
        command.arg("check").arg("--rollup-config").arg(&self.rollup).arg("--l1-config").arg(&self.l1);
        Ran::of(command.args(more))
    }
}

/// The last block of the devnet.
fn last_block() -> u64 {
    *DEVNET.chain.l2.hashes.keys().next_back().unwrap()
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
    // Reading ahead could bring the L2 header in a raw block.
    let lying_alone = place.decide(claim(true), &with(&flags(&[&lying]), &["--no-prefetch"]));
    let said = ["another hash", &lying.l2.url(), "debug_getRawHeader"];
    lying_alone.expect(2, &said);

    let closed = format!("http://{}", common::node::closed_port());
    let all = flags(&[&honest]);
    let away: Vec<String> =
        all.iter().map(|flag| if flag.starts_with("http") { closed.clone() } else { flag.clone() }).collect();
    place.decide(claim(true), &with(&away, &[])).expect(2, &["UNDECIDED", &closed]);
    let both: Vec<String> = all
        .iter()
        .map(|flag| if flag.starts_with("http") { format!("{closed},{flag}") } else { flag.clone() })
        .collect();
    place.decide(claim(true), &with(&both, &[])).expect(0, &["TRUE"]);
}

#[test]
fn nodes_are_named_all_or_not_at_all_and_secrets_are_not_shown() {
    let (place, served) = (Place::new(), Served::new(Manner::default()));
    let flags = flags(&[&served]);
    place.decide(claim(true), &with(&flags[..2], &[])).expect(2, &["--l1-beacon-address is missing"]);
    let idle = place.decide(claim(true), &["--data-dir", "nowhere", "--no-prefetch"]);
    idle.expect(2, &["--no-prefetch is about nodes; nodes are missing"]);
    let rollup = ["--rollup-node-address", "http://localhost:1"];
    place.decide(claim(true), &with(&flags, &rollup)).expect(2, &["--rollup-node-address gives the config"]);
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
fn logs_of_libraries_do_not_say_where_they_were_built() {
    let (place, served) = (Place::new(), Served::new(Manner::default()));
    let flags = flags(&[&served]);
    for format in ["text", "json"] {
        let logged = with(&flags, &["--log", "debug", "--log-format", format]);
        let ran = place.decide(claim(true), &logged).expect(0, &["reqwest::connect"]);
        assert!(!ran.err.contains("log.file"), "{ran:?}");
    }
}

#[test]
fn what_is_fetched_decides_the_same_claim_offline() {
    let (place, served) = (Place::new(), Served::new(Manner::default()));
    let last = last_block();
    let out = place.path("claim");
    let (first, to) = ((last - 1).to_string(), last.to_string());
    let flags = flags(&[&served]);
    place
        .fetch(&out, &with(&flags, &["--l2-block", &first, "--to", &to]))
        .expect(0, &["TRUE", "1 claim", "nodes: ", "warning: no L1 block is known to be final"]);
    check(&out, &["--expect"]).expect(0, &["1 claim, 1 as expected"]);
    let (read, kept) = read_and_kept(&out);
    assert_eq!(read, kept, "what was read, and nothing else");

    place
        .fetch(&place.path("none"), &with(&flags, &["--l2-block", "100000"]))
        .expect(2, &["no L2 block 99999"]);
    assert!(!place.path("none").exists());
    place.fetch(&out, &with(&flags, &["--l2-block", "0"])).expect(2, &["--l2-block 0"]);
    place.fetch(&out, &with(&flags, &["--l2-block", "5", "--to", "4"])).expect(2, &["--to is before"]);
    place.fetch(&place.path("none"), &["--l2-block", "5"]).expect(2, &["--l1-node-address"]);
}

#[test]
fn check_decides_a_block_of_a_live_chain() {
    let (place, served) = (Place::new(), Served::new(Manner::default()));
    let flags = flags(&[&served]);
    let last = last_block();
    let (first, to) = ((last - 1).to_string(), last.to_string());
    let checked = |more: &[&str]| {
        let mut all = vec!["--l2-block", &first, "--to", &to];
        all.extend(more);
        place.check(&with(&flags, &all))
    };
    let text = checked(&[]).expect(0, &["claim 0: TRUE", "2 L2 blocks", "1 claim in ", "nodes: "]);
    assert!(text.out.contains(&format!("block     {last} {}", DEVNET.chain.l2.hashes[&last])), "{text:#?}");
    let store = place.path("store.redb");
    let kept = ["--json", "--store", store.to_str().unwrap()];
    let json = checked(&kept).expect(0, &[]).json();
    assert_eq!(json[0]["verdict"], "true");
    assert_eq!(json[0]["claimed_block_number"], last);
    assert_eq!(json[0]["l2_blocks"], 2);
    assert_eq!(json[0].get("expected"), None);
    // What was fetched is in the store. What the claim is made of is asked anew.
    let asked = served.beacon.count();
    assert!(asked > 0);
    checked(&kept).expect(0, &[]);
    assert_eq!(served.beacon.count(), asked);

    // The L1 head is the first that suffices: the block before it does not.
    let out = place.path("claim");
    place.fetch(&out, &with(&flags, &["--l2-block", &first, "--to", &to])).expect(0, &["TRUE"]);
    let head = FixtureFolder::read(&out).unwrap().claims[0].boot.l1_head;
    let before = (DEVNET.chain.l1.headers[&head].number - 1).to_string();
    checked(&["--l1-block", &before]).expect(1, &["claim 0: FALSE"]);
    place
        .check(&with(&flags, &["--l2-block", "100000"]))
        .expect(2, &["the output of L2 block 99999", "there is no L2 block 99999"]);
}

#[test]
fn check_takes_a_folder_or_a_block() {
    let place = Place::new();
    let dir = place.folder.path().to_str().unwrap();
    for (args, said) in [
        (&[][..], "<DIR>"),
        (&[dir, "--l2-block", "5"], "cannot be used with"),
        (&[dir, "--to", "5"], "--to needs --l2-block"),
        (&[dir, "--l1-block", "5"], "--l1-block needs --l2-block"),
        (&["--l2-block", "5", "--expect"], "cannot be used with"),
        (&["--l2-block", "5", "--claim", "0"], "cannot be used with"),
        (&["--l2-block", "0"], "--l2-block 0"),
        (&["--l2-block", "5", "--to", "4"], "--to is before"),
        (&["--l2-block", "five"], "not a number"),
    ] {
        place.check(args).expect(2, &[said, "Usage: "]);
    }
    place.check(&["--l2-block", "5"]).expect(2, &["nodes are missing", "--l1-node-address"]);
    place
        .check(&["--l2-block", "5", "--l1-node-address", "http://localhost:1"])
        .expect(2, &["--l1-beacon-address is missing"]);
}

#[test]
fn check_completes_a_folder_from_nodes() {
    let (place, served) = (Place::new(), Served::new(Manner::default()));
    let flags = flags(&[&served]);
    let folder = place.path("claims");
    fs::create_dir(&folder).unwrap();
    let [valid, invalid] = [true, false].map(|valid| serde_json::to_value(claim(valid)).unwrap());
    let mut unnamed = valid.clone();
    unnamed.as_object_mut().unwrap().remove("agreed_l2_head_hash");
    let write = |claims: &serde_json::Value| {
        fs::write(folder.join("claims.json"), claims.to_string()).unwrap();
    };
    write(&serde_json::json!([valid, invalid]));
    let check = |more: &[&str]| {
        let mut all = vec![folder.to_str().unwrap()];
        all.extend(more);
        place.check(&all)
    };
    check(&["--expect"]).expect(2, &["preimages.bin.zst", "not found"]);
    check(&with(&flags, &["--expect"])).expect(0, &["2 claims, 2 as expected", "nodes: "]);

    // Half of the pre-images.
    let values: BTreeMap<_, _> = DEVNET.chain.values.iter().collect();
    let half = MemoryStore::new();
    for (hash, value) in values.into_iter().step_by(2) {
        half.put(PreimageKey::new_keccak256(hash.0), value).unwrap();
    }
    fixture::save(&half, &folder.join(fixture::PREIMAGES)).unwrap();
    check(&["--expect"]).expect(2, &["UNDECIDED", "missing"]);
    check(&with(&flags, &["--expect", "--jobs", "2"])).expect(0, &["2 claims, 2 as expected"]);

    let store = place.path("store");
    let kept = ["--expect", "--store", store.to_str().unwrap()];
    check(&with(&flags, &kept)).expect(0, &["2 claims, 2 as expected"]);
    check(&kept).expect(0, &["2 claims, 2 as expected"]);

    write(&serde_json::json!(unnamed));
    let from = |flags: &[String]| {
        let empty = place.path("empty.redb");
        check(&with(flags, &["--store", empty.to_str().unwrap()]))
    };
    from(&flags).expect(2, &["UNDECIDED", "the claim file has no agreed_l2_head_hash"]);
    check(&with(&flags, &["--store", store.to_str().unwrap()])).expect(0, &["TRUE", "nodes: 0 requests"]);
}

/// The page at a path of a server.
fn page(address: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET /metrics HTTP/1.1\r\nhost: here\r\n\r\n").unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).unwrap();
    page
}

#[test]
fn metrics_are_served_while_a_command_runs_and_no_longer() {
    let place = Place::new();
    let served = Served::new(Manner::default());
    let stalling = Node::start(|_, _| Reply::Stall);
    let mut flags = flags(&[&served]);
    flags[1] = stalling.url().replace("http://", "http://user:hunter2@");
    let mut command = program();
    command.args(["check", "--l2-block", "5", "--log", "info", "--metrics-addr", "127.0.0.1:0"]);
    command.arg("--rollup-config").arg(&place.rollup).arg("--l1-config").arg(&place.l1);
    command.args(&flags).args(["--request-timeout", "2s"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("metrics are served") {
        line.clear();
        assert_ne!(log.read_line(&mut line).unwrap(), 0, "the program has ended");
    }
    let address = line.trim().rsplit_once("address=").unwrap().1;
    // It keeps its connection, and says nothing.
    let silent = TcpStream::connect(address).unwrap();
    let l2 = format!("endpoint=\"{}\",method=\"eth_chainId\",outcome=\"ok\"", served.l2.url());
    let counted = format!("tribunal_rpc_requests_total{{{l2}}} 1\n");
    let found = iter::repeat_with(|| page(address)).find(|page| page.contains(&counted)).unwrap();
    for part in [
        format!("tribunal_rpc_request_seconds_count{{{l2}}} 1\n"),
        "tribunal_rpc_reads_missed_total 0\n".into(),
        "# TYPE tribunal_host_preimages_total counter\n".into(),
    ] {
        assert!(found.contains(&part), "{part} is not in {found}");
    }
    assert!(!found.contains("hunter2") && !found.contains("user"), "{found}");
    assert_eq!(child.wait().unwrap().code(), Some(2));
    assert!(TcpStream::connect(address).is_err());
    drop(silent);
}

#[test]
fn a_metrics_address_that_cannot_be_used_is_named() {
    let (place, served) = (Place::new(), Served::new(Manner::default()));
    let flags = flags(&[&served]);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = listener.local_addr().unwrap().to_string();
    let out = place.path("out");
    for address in ["localhost:9100", "9100", "127.0.0.1:99999"] {
        let wrong = with(&flags, &["--metrics-addr", address]);
        place.decide(claim(true), &wrong).expect(2, &["--metrics-addr", "IP address and a port", "Usage: "]);
    }
    let (named, why) = (format!("--metrics-addr {taken}"), "another process uses the port");
    let used = with(&flags, &["--metrics-addr", &taken]);
    place.decide(claim(true), &used).expect(2, &[&named, why]);
    let block = [&used[..], &["--l2-block", "5"]].concat();
    place.check(&block).expect(2, &[&named, why]);
    place.fetch(&out, &block).expect(2, &[&named, why]);
    assert_eq!(served.count(), 0);
    assert!(!out.exists());
    place.decide(claim(true), &with(&flags, &["--metrics-addr", "127.0.0.1:0"])).expect(0, &["TRUE"]);
}

/// Runs a command with a terminal for standard error. Returns what is shown there.
fn on_a_terminal(command: &mut Command) -> String {
    let (mut ours, mut theirs) = (-1, -1);
    let size = libc::winsize { ws_row: 24, ws_col: 200, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: all pointers are valid or null, and null asks for the default.
    let opened = unsafe {
        libc::openpty(&raw mut ours, &raw mut theirs, ptr::null_mut(), ptr::null(), &raw const size)
    };
    assert_eq!(opened, 0);
    // SAFETY: both were opened just now, and nothing else owns them.
    let (ours, theirs) = unsafe { (OwnedFd::from_raw_fd(ours), OwnedFd::from_raw_fd(theirs)) };
    let mut child = command.env("TERM", "xterm").stdout(Stdio::null()).stderr(theirs).spawn().unwrap();
    // The command holds the other end, too.
    command.stderr(Stdio::null());
    let mut shown = Vec::new();
    // It ends with an error when the other end is closed.
    let _ = fs::File::from(ours).read_to_end(&mut shown);
    child.wait().unwrap();
    String::from_utf8_lossy(&shown).into_owned()
}

#[test]
fn steps_are_shown_on_a_terminal_and_logged_elsewhere() {
    let (place, served) = (Place::new(), Served::new(Manner::default()));
    let last = last_block().to_string();
    let fetch = |name: &str, more: &[&str]| {
        let mut all = vec!["--l2-block", &last];
        all.extend(more);
        place.fetch(&place.path(name), &with(&flags(&[&served]), &all))
    };
    let silent = fetch("silent", &[]).expect(0, &["nodes: "]);
    assert!(silent.err.lines().all(|line| line.starts_with("nodes: ") || line.starts_with("warning: ")));
    let logged = fetch("logged", &["--log", "info"]).expect(
        0,
        &[
            "asking the nodes",
            "output roots",
            "looking for the L1 head",
            "deciding",
            "deciding again",
            "writing ",
        ],
    );
    assert!(!logged.err.contains('\x1b'), "{logged:#?}");

    let stalling = Node::start(|_, _| Reply::Stall);
    let mut flags = flags(&[&served]);
    flags[1] = stalling.url();
    let mut command = program();
    command.args(["check", "--l2-block", "5", "--request-timeout", "1s"]).args(&flags);
    let shown = on_a_terminal(&mut command);
    assert!(shown.contains("asking the nodes for their chains and configs ("), "{shown}");
    assert!(shown.contains("1 request)"), "{shown}");
    assert!(shown.contains("error: the chain id of the L1 node") && shown.contains("nodes: "), "{shown}");
}
