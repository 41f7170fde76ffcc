//! Nodes of another chain than the claim's: they are refused, and named.

mod common;
#[path = "common/devnet/mod.rs"]
mod devnet;
#[path = "common/program.rs"]
mod program;

use common::node::{Node, Reply, Request};
use devnet::{DEVNET, Manner, Served};
use program::{Program, options};
use serde_json::json;
use tribunal_preimage::{HintType, PreimageKey, PreimageOracleClient};

/// How a node answers the request with this number.
type Answer = fn(&Request, usize) -> Reply;

/// A chain that is not the devnet's.
const OTHER: u64 = 4711;

fn of_another_chain() -> Served {
    Served::new(Manner { chain_id: Some(OTHER), ..Manner::default() })
}

fn asked_for_chain(node: &Node) -> usize {
    node.requests().iter().filter(|request| request.method() == "eth_chainId").count()
}

#[test]
fn nodes_of_another_chain_are_passed_over() {
    let claim = &DEVNET.folder.claims[1];
    let (other, right) = (of_another_chain(), Served::new(Manner::default()));
    let program = Program::new(&DEVNET.folder, claim, &options(&[&other, &right], claim));
    let verdict = program.decide().unwrap();
    assert_eq!(Some(verdict.valid), claim.valid);
    for (node, right) in [(&other.l1, &right.l1), (&other.l2, &right.l2)] {
        let requests = node.requests();
        assert!(!requests.is_empty());
        assert!(requests.iter().all(|request| request.method() == "eth_chainId"), "nothing else is asked");
        assert_eq!(asked_for_chain(right), 1, "each is asked once");
    }
    assert_eq!(other.beacon.count(), 2, "genesis and spec");
}

#[test]
fn a_node_of_another_chain_is_named() {
    let claim = &DEVNET.folder.claims[1];
    let (other, right) = (of_another_chain(), Served::new(Manner::default()));
    let error = |served: &Served, route: HintType, parts: &[&[u8]], key: PreimageKey| {
        let program = Program::new(&DEVNET.folder, claim, &options(&[served], claim));
        program.hint(route, parts);
        program.host.get(key).unwrap_err().to_string()
    };
    let said = |id| format!("the node is of chain {OTHER}, and the claim is about chain {id}");
    let hash = [7; 32];
    for (route, l2) in [(HintType::L1BlockHeader, false), (HintType::L2BlockHeader, true)] {
        let error = error(&other, route, &[&hash], PreimageKey::new_keccak256(hash));
        let node = if l2 { &other.l2 } else { &other.l1 };
        for part in [&*said(DEVNET.chain_id(l2)), "eth_chainId", &node.url()] {
            assert!(error.contains(part), "{part}: {error}");
        }
    }
    let served = Served { beacon: other.beacon, ..right };
    let error = error(&served, HintType::L1Blob, &[&hash, &[0; 8]], PreimageKey::new_sha256(hash));
    for part in [&*said(DEVNET.chain_id(false)), "eth/v1/config/spec", &served.beacon.url()] {
        assert!(error.contains(part), "{part}: {error}");
    }
}

#[test]
fn a_node_that_cannot_say_its_chain_now_is_waited_for_and_one_that_never_says_it_is_used() {
    let claim = &DEVNET.folder.claims[1];
    let head = claim.boot.l1_head;
    let header = &DEVNET.chain.values[&head];
    let script = |chain: Answer| {
        move |request: &Request, number: usize| match request.method() {
            "eth_chainId" => chain(request, number),
            _ => request.result(&json!(header)),
        }
    };
    let answers: [(Answer, usize); 5] = [
        (
            |request, number| match number {
                0 | 1 => Reply::status(503),
                _ => request.result(&DEVNET.told_chain_id(false)),
            },
            3,
        ),
        (|request, _| request.error(-32601, "Method not found"), 1),
        (|request, _| request.error(-32603, "Internal error"), 1),
        (|request, _| request.error(-32000, "header not found"), 1),
        (|request, _| request.result(&json!("no number")), 1),
    ];
    for (chain, times) in answers {
        let served = Served { l1: Node::start(script(chain)), ..Served::new(Manner::default()) };
        let mut options = options(&[&served], claim);
        options.prefetch = false;
        let program = Program::new(&DEVNET.folder, claim, &options);
        program.read(HintType::L1BlockHeader, &[head.as_slice()], head).unwrap();
        assert_eq!(asked_for_chain(&served.l1), times);
    }
}
