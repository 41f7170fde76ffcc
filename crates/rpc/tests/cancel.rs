//! What ends when the program goes: waits, requests, threads.

mod common;
#[path = "common/devnet/mod.rs"]
mod devnet;
#[path = "common/program.rs"]
mod program;

use common::node::{Node, Reply};
use devnet::{DEVNET, Manner, Served};
use program::{Program, options};
use std::{
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};
use tribunal_preimage::{HintType, PreimageKey, PreimageOracleClient};

/// How long an end may take. The host itself waits a second for what was tried.
const SOON: Duration = Duration::from_secs(5);

/// Nodes of which those of L1 do this.
fn with_l1(reply: Reply) -> Served {
    let l1 = Node::start(move |_, _| reply.clone());
    Served { l1, ..Served::new(Manner::default()) }
}

fn cancelled_while(reply: Reply) {
    let claim = &DEVNET.folder.claims[0];
    let served = with_l1(reply);
    let mut options = options(&[&served], claim);
    options.retry_for = Duration::from_secs(3600);
    let program = Program::new(&DEVNET.folder, claim, &options);
    let head = claim.boot.l1_head;
    program.hint(HintType::L1BlockHeader, &[head.as_slice()]);
    let host = program.host.clone();
    let (sender, ended) = mpsc::channel();
    let waiting = thread::spawn(move || {
        let got = host.get(PreimageKey::new_keccak256(head.0));
        sender.send(Instant::now()).unwrap();
        got.unwrap_err().to_string()
    });
    while served.l1.count() == 0 {
        thread::sleep(Duration::from_millis(5));
    }
    let start = Instant::now();
    program.host.cancel();
    let end = ended.recv_timeout(SOON).expect("the wait ends soon");
    assert!(end.duration_since(start) < SOON);
    let error = waiting.join().unwrap();
    assert!(error.contains("the program has gone"), "{error}");
}

#[test]
fn a_wait_for_a_node_that_stalls_ends() {
    cancelled_while(Reply::Stall);
}

#[test]
fn retries_end() {
    cancelled_while(Reply::status(503));
}

#[test]
fn an_answer_that_trickles_ends() {
    cancelled_while(Reply::Trickle);
}

#[test]
fn the_nodes_can_be_dropped_while_a_request_is_under_way() {
    let claim = &DEVNET.folder.claims[0];
    let served = with_l1(Reply::Stall);
    let program = Program::new(&DEVNET.folder, claim, &options(&[&served], claim));
    let head = claim.boot.l1_head;
    program.hint(HintType::L1BlockHeader, &[head.as_slice()]);
    let host = program.host.clone();
    let waiting = thread::spawn(move || host.get(PreimageKey::new_keccak256(head.0)).unwrap_err());
    while served.l1.count() == 0 {
        thread::sleep(Duration::from_millis(5));
    }
    let start = Instant::now();
    program.host.cancel();
    drop(program);
    waiting.join().unwrap();
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
}
