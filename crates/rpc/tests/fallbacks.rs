//! Nodes that lack methods, and nodes that lie.

mod common;
#[path = "common/devnet/mod.rs"]
mod devnet;
#[path = "common/program.rs"]
mod program;

use alloy_primitives::{B256, keccak256};
use common::node::{Node, Reply, Request};
use devnet::{DEVNET, Manner, Served};
use program::{Program, options};
use serde_json::Value;
use tribunal_preimage::{HintType, PreimageKey, PreimageOracleClient};
use tribunal_rpc::NodesOptions;

/// Methods without which a claim can be decided, each group alone: what takes their place is used.
const SPARED: [&[&str]; 8] = [
    &["debug_getRawHeader", "debug_getRawBlock", "debug_getRawReceipts"],
    &["debug_getRawReceipts", "eth_getBlockReceipts", "alchemy_getTransactionReceipts"],
    &["debug_executionWitness"],
    &["debug_dbGet", "debug_codeByHash"],
    &["debug_dbGet", "debug_codeByHash", "debug_executionWitness", "debug_executePayload"],
    &["blobs"],
    &["blob_sidecars"],
    &["debug_getRawHeader", "eth_getBlockReceipts", "debug_executionWitness", "debug_executePayload"],
];

fn without(methods: &[&'static str]) -> Served {
    Served::new(Manner { without: methods.to_vec(), ..Manner::default() })
}

fn lying_about(methods: &[&'static str]) -> Served {
    Served::new(Manner { lies: methods.to_vec(), ..Manner::default() })
}

#[test]
fn a_claim_is_decided_whatever_group_of_methods_is_missing() {
    let claim = &DEVNET.folder.claims[1];
    for methods in SPARED {
        let served = without(methods);
        let program = Program::new(&DEVNET.folder, claim, &options(&[&served], claim));
        let verdict = program.decide().unwrap_or_else(|error| panic!("without {methods:?}: {error}"));
        assert_eq!(Some(verdict.valid), claim.valid, "without {methods:?}");
    }
}

/// Nodes with witnesses alone. What the program reads of the state does not say which block it is at, if it is read ahead or not.
#[test]
fn witnesses_alone_are_enough_for_many_blocks() {
    let claim = &DEVNET.folder.claims[0];
    for prefetch in [true, false] {
        let served = without(&["debug_dbGet", "debug_codeByHash", "eth_getProof", "eth_getCode"]);
        let options = NodesOptions { prefetch, ..options(&[&served], claim) };
        let program = Program::new(&DEVNET.folder, claim, &options);
        let verdict = program.decide().unwrap_or_else(|error| panic!("ahead: {prefetch}: {error}"));
        assert_eq!(Some(verdict.valid), claim.valid);
    }
}

#[test]
fn a_claim_is_decided_although_the_first_node_lies() {
    let claim = &DEVNET.folder.claims[1];
    let honest = Served::new(Manner::default());
    let lies = [
        "debug_getRawHeader",
        "debug_getRawBlock",
        "debug_getRawReceipts",
        "eth_getBlockByHash",
        "eth_getBlockByNumber",
        "eth_getBlockReceipts",
        "debug_dbGet",
        "debug_executionWitness",
        "eth_getProof",
        "eth_getCode",
        "debug_codeByHash",
        "blobs",
        "blob_sidecars",
    ];
    let liar = lying_about(&lies);
    let program = Program::new(&DEVNET.folder, claim, &options(&[&liar, &honest], claim));
    let verdict = program.decide().unwrap();
    assert_eq!(Some(verdict.valid), claim.valid);
    assert!(liar.count() > 0 && honest.count() > 0);
}

/// A program of the claim about all blocks.
fn program(served: &Served) -> Program {
    let claim = &DEVNET.folder.claims[0];
    Program::new(&DEVNET.folder, claim, &options(&[served], claim))
}

/// The L1 block with the most transactions.
fn full_block() -> (B256, alloy_consensus::Header) {
    let blocks = DEVNET.chain.l1.headers.iter();
    let (hash, header) = blocks.max_by_key(|(_, header)| DEVNET.chain.transactions(header).len()).unwrap();
    (*hash, header.clone())
}

#[test]
fn receipts_by_each_method() {
    let (hash, header) = full_block();
    let methods = [
        "debug_getRawReceipts",
        "eth_getBlockReceipts",
        "alchemy_getTransactionReceipts",
        "parity_getBlockReceipts",
        "erigon_getBlockReceiptsByBlockHash",
        "eth_getTransactionReceipt",
    ];
    for (number, method) in methods.iter().enumerate() {
        let served = without(&methods[..number]);
        let program = program(&served);
        program.read(HintType::L1Receipts, &[hash.as_slice()], header.receipts_root).unwrap();
        let asked = served.l1.requests();
        let has = |name: &str| {
            asked.iter().any(|request| request.body.to_string().contains(&format!("\"{name}\"")))
        };
        assert!(has(method), "{method}");
        assert!(methods[number + 1..].iter().all(|worse| !has(worse)), "{method} is enough");
    }
    // A liar is asked by all methods, and gives nothing.
    let liar = lying_about(&["debug_getRawReceipts", "eth_getBlockReceipts", "eth_getTransactionReceipt"]);
    let read = program(&liar).read(HintType::L1Receipts, &[hash.as_slice()], header.receipts_root);
    let error = read.unwrap_err().to_string();
    assert!(error.contains("the receipts have another root"), "{error}");
}

#[test]
fn transactions_by_each_method() {
    let (hash, header) = full_block();
    let read = |served: &Served| {
        program(served).read(HintType::L1Transactions, &[hash.as_slice()], header.transactions_root)
    };
    read(&without(&[])).unwrap();
    read(&without(&["debug_getRawBlock"])).unwrap();
    let error = read(&without(&["debug_getRawBlock", "eth_getBlockByHash"])).unwrap_err().to_string();
    for text in ["debug_getRawBlock", "eth_getBlockByHash", "does not exist"] {
        assert!(error.contains(text), "{error}");
    }
    let error = read(&lying_about(&["debug_getRawBlock", "eth_getBlockByHash"])).unwrap_err().to_string();
    assert!(error.contains("debug_getRawBlock") && error.contains("another"), "{error}");
}

#[test]
fn headers_by_each_method() {
    let (hash, _) = full_block();
    let read = |served: &Served| program(served).read(HintType::L1BlockHeader, &[hash.as_slice()], hash);
    read(&without(&["debug_getRawHeader"])).unwrap();
    read(&without(&["eth_getBlockByHash"])).unwrap();
    read(&lying_about(&["debug_getRawHeader"])).unwrap();
    let error = read(&lying_about(&["debug_getRawHeader", "eth_getBlockByHash"])).unwrap_err().to_string();
    assert!(error.contains("the header has another hash"), "{error}");
}

#[test]
fn code_by_each_method() {
    let methods = ["debug_dbGet", "debug_codeByHash", "debug_executionWitness", "eth_getCode"];
    let (account, header, code) = an_account_with_code();
    for kept in methods {
        let off: Vec<&str> = methods.into_iter().filter(|method| *method != kept).collect();
        let served = without(&off);
        let program = program(&served);
        // The witness is that of the block after the agreed one.
        let head = DEVNET.folder.claims[0].agreed_l2_head_hash.unwrap();
        program.read(HintType::L2BlockHeader, &[head.as_slice()], head).unwrap();
        program.hint(HintType::L2AccountProof, &[&header.number.to_be_bytes(), account.as_slice()]);
        let got = program.read(HintType::L2Code, &[code.as_slice()], code);
        assert_eq!(got.map(keccak256).unwrap_or_else(|error| panic!("{kept}: {error}")), code);
    }
}

#[test]
fn nodes_of_the_state_by_each_method() {
    let methods = ["debug_dbGet", "debug_executionWitness", "debug_executePayload", "eth_getProof"];
    let (account, header, _) = an_account_with_code();
    let (hash, root) = (header.hash_slow(), header.state_root);
    for kept in methods {
        let off: Vec<&str> = methods.into_iter().filter(|method| *method != kept).collect();
        let served = without(&off);
        let program = program(&served);
        let attributes = br#"{"timestamp":"0x1"}"#;
        program.hint(HintType::L2PayloadWitness, &[hash.as_slice(), attributes]);
        program.hint(HintType::L2AccountProof, &[&header.number.to_be_bytes(), account.as_slice()]);
        if kept == "debug_executionWitness" {
            program.read(HintType::L2BlockHeader, &[hash.as_slice()], hash).unwrap();
        }
        let got = program.read(HintType::L2StateNode, &[root.as_slice()], root);
        assert_eq!(got.map(keccak256).unwrap_or_else(|error| panic!("{kept}: {error}")), root);
    }
    let served = without(&methods);
    let program = program(&served);
    program.hint(HintType::L2AccountProof, &[&header.number.to_be_bytes(), account.as_slice()]);
    let error = program.read(HintType::L2StateNode, &[root.as_slice()], root).unwrap_err().to_string();
    for text in ["debug_dbGet", "debug_executionWitness", "eth_getProof"] {
        assert!(error.contains(text), "{text}: {error}");
    }
}

/// An account with code in the first block that claims build on: its address, the header and the hash of the code.
fn an_account_with_code() -> (alloy_primitives::Address, alloy_consensus::Header, B256) {
    let head = DEVNET.folder.claims[0].agreed_l2_head_hash.unwrap();
    let header = DEVNET.chain.l2.headers[&head].clone();
    let account = alloy_primitives::address!("0x4200000000000000000000000000000000000016");
    let code = DEVNET.chain.code_hash(&header, account);
    (account, header, code)
}

#[test]
fn a_blob_that_no_node_has_is_explained() {
    let (hash, header) = DEVNET
        .chain
        .l1
        .headers
        .values()
        .find_map(|header| {
            let hash = DEVNET.chain.blob_hashes(header).into_iter().next()?;
            Some((hash, header))
        })
        .unwrap();
    let key = PreimageKey::new_sha256(hash.0);
    let read = |served: &Served, time: u64| {
        let program = program(served);
        program.hint(HintType::L1Blob, &[hash.as_slice(), &time.to_be_bytes()]);
        program.host.get(key)
    };
    let gone = without(&["blobs", "blob_sidecars"]);
    let error = read(&gone, header.timestamp).unwrap_err().to_string();
    for text in ["slot ", &format!("time {}", header.timestamp), "have expired", &key.to_string()] {
        assert!(error.contains(text), "{text}: {error}");
    }
    // It has expired, so that it is not waited for.
    assert!(gone.beacon.count() <= 5, "{}", gone.beacon.count());

    let honest = Served::new(Manner::default());
    let error = read(&honest, header.timestamp + 1).unwrap_err().to_string();
    assert!(error.contains("no slot begins"), "{error}");
    let error = read(&honest, 5).unwrap_err().to_string();
    assert!(error.contains("before the genesis"), "{error}");

    for lies in [&["blobs", "blob_sidecars"][..], &["blobs"]] {
        let read = read(&lying_about(lies), header.timestamp);
        assert_eq!(read.is_ok(), lies.len() == 1, "{lies:?}");
    }
}

/// Answers that no method has.
fn nonsense(number: usize) -> Reply {
    let texts = [
        "null",
        "5",
        "[]",
        "{}",
        "\"0x\"",
        "\"0xzz\"",
        "[null]",
        "[[]]",
        "[\"0x\"]",
        "[5]",
        "{\"transactions\":[5]}",
        "\"0xf8\"",
        "\"0xc0\"",
        "{\"accountProof\":[\"0x\",\"0xc0\"]}",
        "{\"state\":{\"a\":\"0x\"}}",
        "{\"data\":[{}]}",
        "\"\"",
        "true",
        "{\"accountProof\":null}",
        "{\"number\":\"0xffffffffffffffffff\"}",
    ];
    let text = texts[number % texts.len()];
    Reply::text(&format!("{{\"jsonrpc\":\"2.0\",\"id\":{},\"result\":{text},\"data\":{text}}}", number + 1))
}

/// Each call has the id that the endpoint gives it, so that answers are read and not only refused for their id. The chain is
/// right, so that more is asked.
fn answered(request: &Request, number: usize, l2: bool) -> Reply {
    if request.method() == "eth_chainId" {
        return request.result(&DEVNET.told_chain_id(l2));
    }
    match (nonsense(number), request.body["id"].clone()) {
        (Reply::Answer(status, header, body), id) if !id.is_null() => {
            let mut body: Value = serde_json::from_str(&body).unwrap();
            body["id"] = id;
            Reply::Answer(status, header, body.to_string())
        }
        (reply, _) => reply,
    }
}

fn nonsensical() -> Served {
    let node = |l2| Node::start(move |request, number| answered(request, number, l2));
    Served { l1: node(false), l2: node(true), beacon: node(false) }
}

#[test]
fn nonsense_is_refused() {
    let hash = [7; 32];
    let numbers = [0; 16];
    let address = [1; 20];
    let routes: [(HintType, Vec<u8>); 12] = [
        (HintType::L1BlockHeader, hash.to_vec()),
        (HintType::L1Transactions, hash.to_vec()),
        (HintType::L1Receipts, hash.to_vec()),
        (HintType::L2BlockHeader, hash.to_vec()),
        (HintType::L2Transactions, hash.to_vec()),
        (HintType::L2Code, hash.to_vec()),
        (HintType::L2StateNode, hash.to_vec()),
        (HintType::L2Output, hash.to_vec()),
        (HintType::L2AccountProof, [&hash[..], &address].concat()),
        (HintType::L2AccountStorageProof, [&hash[..], &address, &hash].concat()),
        (HintType::L2PayloadWitness, [&hash[..], b"{}"].concat()),
        (HintType::L2BlockHashLookup, [&numbers[..8], &hash, &numbers[..8]].concat()),
    ];
    let claim = &DEVNET.folder.claims[0];
    std::thread::scope(|scope| {
        for (route, data) in &routes {
            scope.spawn(move || {
                let served = nonsensical();
                let program = Program::new(&DEVNET.folder, claim, &options(&[&served], claim));
                let error = program.read(*route, &[data], B256::from(hash)).unwrap_err().to_string();
                assert!(!error.contains("panicked"), "{route}: {error}");
                assert!(served.l1.count() + served.l2.count() > 1, "{route}");
            });
        }
        scope.spawn(|| {
            let served = nonsensical();
            let program = Program::new(&DEVNET.folder, claim, &options(&[&served], claim));
            program.hint(HintType::L1Blob, &[&hash, &numbers[..8]]);
            let error = program.host.get(PreimageKey::new_sha256(hash)).unwrap_err().to_string();
            assert!(!error.contains("panicked"), "{error}");
        });
    });
}
