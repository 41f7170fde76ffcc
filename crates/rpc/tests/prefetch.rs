//! Reading ahead: what the program wants is there, nothing is asked twice, and a full store asks nothing.

mod common;
#[path = "common/devnet/mod.rs"]
mod devnet;
#[path = "common/program.rs"]
mod program;

use alloy_primitives::B256;
use common::node::{Node, Reply};
use devnet::{DEVNET, Manner, Served};
use program::{Program, options};
use serde_json::json;
use std::{
    collections::BTreeMap,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};
use tribunal_preimage::{HintType, PreimageKey, PreimageOracleClient};

/// What a node was asked, each with how often. Of a batch, each call counts.
fn asked(node: &Node) -> BTreeMap<String, usize> {
    let mut asked = BTreeMap::new();
    for request in node.requests() {
        let calls = match &request.body {
            serde_json::Value::Array(calls) => calls.clone(),
            serde_json::Value::Null => vec![request.path.clone().into()],
            call => vec![call.clone()],
        };
        for call in calls {
            let text = match call.as_str() {
                Some(path) => path.to_owned(),
                None => format!("{} {}", call["method"], call["params"]),
            };
            *asked.entry(text).or_default() += 1;
        }
    }
    asked
}

#[test]
fn nothing_is_asked_twice_and_then_nothing_at_all() {
    let claim = &DEVNET.folder.claims[0];
    let served = Served::new(Manner::default());
    let first = Program::new(&DEVNET.folder, claim, &options(&[&served], claim));
    first.decide().unwrap();
    let reads = first.nodes.reads();
    assert!(reads.ahead > 0 && reads.hits > 0, "{reads:?}");
    assert!(reads.hits <= reads.ahead && reads.waited <= reads.missed, "{reads:?}");
    for node in [&served.l1, &served.l2, &served.beacon] {
        let twice: Vec<_> = asked(node).into_iter().filter(|(_, times)| *times > 1).collect();
        assert!(twice.is_empty(), "{twice:?} of {:#?}", asked(node));
    }
    // Most of what the program asks for is there.
    let (missed, hints) =
        (reads.missed, first.host.stats().hints.iter().map(|(_, count)| count).sum::<u64>());
    assert!(missed * 2 < hints, "{missed} of {hints} were missing");

    // A second run on the same store, with nodes that were never asked.
    drop(first.host);
    let fresh = Served::new(Manner::default());
    let second = Program::with_store(&DEVNET.folder, claim, &options(&[&fresh], claim), first.store);
    second.decide().unwrap();
    assert_eq!(fresh.count(), 0, "{:?}", asked(&fresh.l2));
    assert_eq!(second.nodes.reads(), tribunal_rpc::Reads::default());
}

#[test]
fn reading_ahead_ends_with_the_host() {
    let claim = &DEVNET.folder.claims[0];
    let served = Served::new(Manner::default());
    let program = Program::new(&DEVNET.folder, claim, &options(&[&served], claim));
    let head = claim.boot.l1_head;
    program.read(HintType::L1BlockHeader, &[head.as_slice()], head).unwrap();
    program.host.cancel();
    let store = Arc::downgrade(&program.store);
    let (host, kept, nodes) = (program.host, program.store, program.nodes);
    drop((host, kept));
    let start = Instant::now();
    while store.strong_count() > 0 {
        assert!(start.elapsed() < Duration::from_secs(10), "a handle keeps the store");
        thread::sleep(Duration::from_millis(5));
    }
    drop(nodes);
}

#[test]
fn equal_requests_wait_for_each_other() {
    let claim = &DEVNET.folder.claims[0];
    let head = claim.boot.l1_head;
    let l1 = Node::start(move |request, _| {
        if request.method() == "eth_chainId" {
            return request.result(&DEVNET.told_chain_id(false));
        }
        let reply = request.result(&json!(DEVNET.chain.values[&head]));
        Reply::Late(Duration::from_millis(700), Box::new(reply))
    });
    let served = Served { l1, ..Served::new(Manner::default()) };
    let program = Program::new(&DEVNET.folder, claim, &options(&[&served], claim));
    program.hint(HintType::L1BlockHeader, &[head.as_slice()]);
    let key = PreimageKey::new_keccak256(head.0);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| program.host.get(key).unwrap());
        }
    });
    let requests = served.l1.requests();
    let equal = requests.iter().filter(|request| request.body["params"][0] == json!(head));
    assert_eq!(equal.count(), 1);
    let reads = program.nodes.reads();
    assert!(reads.missed == 4 && reads.waited >= 3, "{reads:?}");
}

#[test]
fn a_slow_witness_does_not_hold_up_the_program() {
    let claim = &DEVNET.folder.claims[0];
    let head = claim.agreed_l2_head_hash.unwrap();
    let header = &DEVNET.chain.l2.headers[&head];
    // The witness never comes; nodes of the state do.
    let l2 = Node::start(move |request, _| match request.method() {
        "eth_chainId" => request.result(&DEVNET.told_chain_id(true)),
        "debug_executionWitness" => Reply::Stall,
        "debug_dbGet" => {
            let hash: B256 = request.body["params"][0].as_str().unwrap().parse().unwrap();
            request.result(&json!(DEVNET.chain.values.get(&hash)))
        }
        _ => request.result(&json!(DEVNET.chain.values[&head])),
    });
    let served = Served { l2, ..Served::new(Manner::default()) };
    let program = Program::new(&DEVNET.folder, claim, &options(&[&served], claim));
    program.read(HintType::L2BlockHeader, &[head.as_slice()], head).unwrap();
    let nodes: Vec<_> = DEVNET.chain.path_of_state(header).into_iter().take(3).collect();
    let start = Instant::now();
    for hash in &nodes {
        program.read(HintType::L2StateNode, &[hash.as_slice()], *hash).unwrap();
    }
    // One wait for the witness, not one for each node.
    assert!(start.elapsed() < Duration::from_secs(6), "{:?}", start.elapsed());
    assert!(nodes.len() > 1);
}
