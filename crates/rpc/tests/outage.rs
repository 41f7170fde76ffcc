//! What a program sees when nodes fail: nothing, or an error that says what was tried.

mod common;

use alloy_consensus::Header;
use alloy_primitives::{Address, Bytes, hex, keccak256};
use common::{
    chaos::{Chaos, Trouble},
    node::{Node, Reply, Script, closed_port},
};
use serde_json::json;
use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};
use tribunal_host::{
    BootValues, ChainConfigs, Host, LocalInputs, LocalKeyFlavour, Verified, store::MemoryStore,
};
use tribunal_preimage::{HintType, HintWriterClient, PreimageKey, PreimageOracleClient};
use tribunal_rpc::{Nodes, NodesOptions};

/// How long a host waits for its source, which says by itself when it gives up.
const PATIENT: Duration = Duration::from_secs(120);

/// A header, as a node sends it.
fn header(number: u64) -> Bytes {
    alloy_rlp::encode(Header { number, ..Header::default() }).into()
}

/// A node that has this header and no other method.
fn knows(header: Bytes) -> impl Script {
    let hash = keccak256(&header).to_string();
    move |request: &common::node::Request, _: usize| {
        request.each(|method, params| match method {
            "debug_getRawHeader" if params[0] == json!(hash) => Ok(json!(header)),
            "debug_getRawHeader" => Err(json!({"code": -32000, "message": "header not found"})),
            _ => Err(json!({"code": -32601, "message": "Method not found"})),
        })
    }
}

/// Options for these nodes, which wait out an outage of this many seconds.
fn options(urls: &[String], retry_for: u64) -> NodesOptions {
    let mut options = NodesOptions { retry_for: Duration::from_secs(retry_for), ..NodesOptions::default() };
    options.l1.addresses = urls.iter().map(|url| url.parse().unwrap()).collect();
    options.l2.addresses = options.l1.addresses.clone();
    options.l1.timeout = Duration::from_secs(2);
    options.l2.timeout = Duration::from_secs(1);
    options
}

/// A host that asks these L1 nodes, and waits out an outage of this many seconds.
fn host(urls: &[String], retry_for: u64) -> (Host, Arc<Nodes>) {
    host_with(&options(urls, retry_for))
}

fn host_with(options: &NodesOptions) -> (Host, Arc<Nodes>) {
    let nodes = Arc::new(Nodes::new(options).unwrap());
    let values = BootValues {
        l1_head: [1; 32].into(),
        agreed_output_root: [2; 32].into(),
        claimed_output_root: [3; 32].into(),
        claimed_block_number: 100,
        // Of no chain, so that no node is asked for its own.
        chain_id: 0,
    };
    let local = LocalInputs::new(values, ChainConfigs::default(), LocalKeyFlavour::Kona);
    let verified = Arc::new(Verified::new(Arc::new(MemoryStore::new())));
    (Host::with_source(verified, local, nodes.clone(), PATIENT), nodes)
}

/// Announces a header and reads it.
fn read(host: &Host, header: &Bytes) -> Result<Vec<u8>, String> {
    let hash = keccak256(header);
    host.write(&HintType::L1BlockHeader.encode(&[hash.as_slice()])).unwrap();
    host.get(PreimageKey::new_keccak256(*hash)).map_err(|error| error.to_string())
}

#[test]
fn an_outage_is_not_seen_by_the_program() {
    let header = header(7);
    let node = Node::start(knows(header.clone()));
    let chaos = Chaos::before(node.address(), Trouble::Drop);
    let (host, nodes) = host(&[chaos.url()], 60);
    thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(1500));
            chaos.set(Trouble::None);
        });
        assert_eq!(read(&host, &header), Ok(header.to_vec()));
    });
    assert!(nodes.metrics().prometheus().contains("outcome=\"busy\""));
}

#[test]
fn one_healthy_node_is_enough() {
    let header = header(7);
    let other = self::header(8);
    let stalled = Node::start(|_, _| Reply::Stall);
    let busy = Node::start(|_, _| Reply::status(429));
    let liar = Node::start(move |request, _| request.result(&json!(hex::encode_prefixed(&other))));
    let honest = Node::start(knows(header.clone()));
    for faulty in [stalled.url(), busy.url(), liar.url(), format!("http://{}", closed_port())] {
        let (host, _nodes) = host(&[faulty, honest.url()], 60);
        assert_eq!(read(&host, &header), Ok(header.to_vec()));
    }
}

#[test]
fn an_error_names_what_was_tried() {
    let (ours, other) = (header(7), header(8));
    let other = other.clone();
    let liar = Node::start(move |request, _| request.result(&json!(hex::encode_prefixed(&other))));
    let empty = Node::start(knows(header(9)));
    let (host, _nodes) = host(&[liar.url(), empty.url()], 60);
    let error = read(&host, &ours).unwrap_err();
    let key = PreimageKey::new_keccak256(*keccak256(&ours));
    for said in [&*liar.url(), &*empty.url(), "debug_getRawHeader", "header not found", &*key.to_string()] {
        assert!(error.contains(said), "{said} is not in: {error}");
    }
}

#[test]
fn an_outage_is_waited_for_once() {
    let (host, _nodes) = host(&[format!("http://{}", closed_port())], 4);
    for byte in 0..8 {
        let address = Address::repeat_byte(byte);
        let hint = HintType::L2AccountProof.encode(&[&7u64.to_be_bytes(), address.as_slice()]);
        host.write(&hint).unwrap();
    }
    let began = Instant::now();
    let error = host.get(PreimageKey::new_keccak256([7; 32])).unwrap_err().to_string();
    let took = began.elapsed();
    assert!(error.contains("eth_getProof") && error.contains("cannot connect"), "{error}");
    assert!(
        took >= Duration::from_secs(3) && took < Duration::from_secs(20),
        "eight hints, one outage: {took:?}"
    );
}

#[test]
fn an_outage_has_one_clock_although_other_methods_answer() {
    // No proofs, but an answer to each other request.
    let no_proofs = |request: &common::node::Request, _: usize| match request.method() {
        "eth_getProof" => Reply::status(503),
        _ => request.error(-32601, "Method not found"),
    };
    let stalls = |request: &common::node::Request, _: usize| match request.method() {
        "eth_getProof" => Reply::Stall,
        _ => request.error(-32601, "Method not found"),
    };
    for node in [Node::start(no_proofs), Node::start(stalls)] {
        // What is read ahead would ask for the same.
        let (host, _nodes) = host_with(&NodesOptions { prefetch: false, ..options(&[node.url()], 3) });
        let addresses: Vec<Address> = (0..8).map(Address::repeat_byte).collect();
        for address in &addresses {
            let hint = HintType::L2AccountProof.encode(&[&7u64.to_be_bytes(), address.as_slice()]);
            host.write(&hint).unwrap();
        }
        let error = host.get(PreimageKey::new_keccak256([7; 32])).unwrap_err().to_string();
        for said in
            ["no L2 node has given what was needed for", "for 3 s (--retry-for)", "eth_getProof", &node.url()]
        {
            assert!(error.contains(said), "{said}: {error}");
        }
        // The newest hint is tried first and waits out the outage. The others get one look.
        let asked = |address: &Address| {
            let requests = node.requests();
            let of_it = |request: &&common::node::Request| {
                request.method() == "eth_getProof" && request.body["params"][0] == json!(address)
            };
            requests.iter().filter(of_it).count()
        };
        let (last, others) = addresses.split_last().unwrap();
        assert!(asked(last) >= 1);
        for address in others {
            assert!(asked(address) <= 1, "{address}: {}", asked(address));
        }
    }
}

#[test]
fn a_program_that_goes_is_not_waited_for() {
    let stalled = Node::start(|_, _| Reply::Stall);
    let (host, nodes) = host(&[stalled.url()], 600);
    thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(500));
            host.cancel();
        });
        let began = Instant::now();
        assert!(read(&host, &header(7)).is_err());
        assert!(began.elapsed() < Duration::from_secs(10));
    });
    drop((host, nodes));
}
