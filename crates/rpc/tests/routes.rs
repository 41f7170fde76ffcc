//! Each hint, and whole claims, from the nodes of a devnet.

mod common;
#[path = "common/devnet/mod.rs"]
mod devnet;
#[path = "common/program.rs"]
mod program;

use alloy_consensus::{Header, TrieAccount};
use alloy_primitives::{Address, B256, Bytes, U256, address, keccak256};
use common::node::Node;
use devnet::{DEVNET, Devnet, Manner, Served};
use program::{Program, options};
use serde_json::json;
use tribunal_host::store::PreimageStore;
use tribunal_mpt::{MemoryProvider, Trie, ordered};
use tribunal_preimage::{
    HintType, PreimageKey, PreimageKeyType, PreimageOracleClient, blob_element_key, precompile_key,
};
use tribunal_rollup::OutputRoot;

const MESSAGE_PASSER: Address = address!("0x4200000000000000000000000000000000000016");

/// A program of the claim about all blocks, on honest nodes.
fn program(served: &Served) -> Program {
    let claim = &DEVNET.folder.claims[0];
    Program::new(&DEVNET.folder, claim, &options(&[served], claim))
}

#[test]
fn claims_are_decided_from_nodes_alone() {
    let served = Served::new(Manner::default());
    for claim in &DEVNET.folder.claims {
        let program = Program::new(&DEVNET.folder, claim, &options(&[&served], claim));
        let verdict = program.decide().unwrap();
        assert_eq!(Some(verdict.valid), claim.valid, "{:?}", claim.note);
    }
}

/// The reference's blocks have transactions of every type. They are read without raw methods, so that all are encoded here.
#[test]
fn claims_of_the_reference_are_decided_from_json() {
    let raw = ["debug_getRawBlock", "debug_getRawHeader", "debug_getRawReceipts", "debug_executionWitness"];
    for folder in tribunal_fixtures::devnets() {
        let devnet: &'static Devnet = Box::leak(Box::new(Devnet::read(&folder)));
        let served = Served::of(devnet, Manner { without: raw.to_vec(), ..Manner::default() });
        for claim in devnet.folder.claims.iter().step_by(3) {
            let program = Program::new(&devnet.folder, claim, &options(&[&served], claim));
            let verdict = program.decide();
            let verdict = verdict.unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
            assert_eq!(Some(verdict.valid), claim.valid, "{}: {:?}", folder.display(), claim.note);
        }
    }
}

#[test]
fn headers_of_both_chains() {
    let served = Served::new(Manner::default());
    let program = program(&served);
    let chain = &DEVNET.chain;
    for (route, blocks) in [(HintType::L1BlockHeader, &chain.l1), (HintType::L2BlockHeader, &chain.l2)] {
        for hash in blocks.hashes.values() {
            let got = program.read(route, &[hash.as_slice()], *hash).unwrap();
            assert_eq!(keccak256(got), *hash);
        }
    }
}

#[test]
fn lists_come_with_all_their_nodes() {
    let served = Served::new(Manner::default());
    let program = program(&served);
    let chain = &DEVNET.chain;
    let stored = || {
        let mut nodes = MemoryProvider::default();
        for key in program.store.keys().unwrap() {
            nodes.insert(program.store.get(key).unwrap().unwrap());
        }
        nodes
    };
    for (hash, header) in &chain.l1.headers {
        for (route, root) in [
            (HintType::L1Transactions, header.transactions_root),
            (HintType::L1Receipts, header.receipts_root),
        ] {
            program.read(route, &[hash.as_slice()], root).unwrap();
        }
    }
    for (hash, header) in &chain.l2.headers {
        program.read(HintType::L2Transactions, &[hash.as_slice()], header.transactions_root).unwrap();
    }
    let nodes = stored();
    for header in chain.l1.headers.values().chain(chain.l2.headers.values()) {
        ordered::collect(header.transactions_root, &nodes).unwrap();
    }
    for header in chain.l1.headers.values() {
        ordered::collect(header.receipts_root, &nodes).unwrap();
    }
}

#[test]
fn blobs_come_with_what_op_challenger_reads() {
    let served = Served::new(Manner::default());
    let program = program(&served);
    let mut read = 0;
    for header in DEVNET.chain.l1.headers.values() {
        for hash in DEVNET.chain.blob_hashes(header) {
            // The older form has an index, which means nothing.
            let time = header.timestamp.to_be_bytes();
            program.hint(HintType::L1Blob, &[hash.as_slice(), &7u64.to_be_bytes(), &time]);
            let commitment = program.host.get(PreimageKey::new_sha256(hash.0)).unwrap();
            let commitment = <[u8; 48]>::try_from(commitment).unwrap();
            let (_, blob) = &DEVNET.chain.blobs[&hash];
            for index in [0, 1, 4095] {
                let key = blob_element_key(&commitment, index);
                assert_eq!(program.host.get(key).unwrap(), blob[32 * index..32 * index + 32]);
                let behind = program.host.get(PreimageKey::new_keccak256(*key.as_bytes())).unwrap();
                assert_eq!((behind.len(), &behind[..48]), (80, &commitment[..]));
            }
            read += 1;
        }
    }
    assert!(read > 1, "the devnet has blobs");
}

#[test]
fn outputs_whose_storage_root_is_in_the_header() {
    let served = Served::new(Manner::default());
    for claim in &DEVNET.folder.claims {
        let program = Program::new(&DEVNET.folder, claim, &options(&[&served], claim));
        let root = claim.boot.agreed_output_root;
        for route in [HintType::L2Output, HintType::StartingL2Output] {
            let output = program.read(route, &[root.as_slice()], root).unwrap();
            let output = OutputRoot::parse(&output).unwrap();
            assert_eq!(Some(output.block_hash), claim.agreed_l2_head_hash);
        }
        // Another head has another output root.
        let other = B256::repeat_byte(1);
        let error = program.read(HintType::L2Output, &[other.as_slice()], other).unwrap_err().to_string();
        assert!(error.contains("the agreed L2 block has another output root"), "{error}");
    }
}

#[test]
fn outputs_whose_storage_root_is_in_the_state() {
    let account = TrieAccount { storage_root: B256::repeat_byte(7), ..TrieAccount::default() };
    let mut state = Trie::new();
    let encoded = alloy_rlp::encode(account).into();
    state.insert(keccak256(MESSAGE_PASSER).as_slice(), encoded, &MemoryProvider::default()).unwrap();
    let mut nodes = Vec::new();
    let state_root = state.root_with(|_, node| nodes.push(Bytes::copy_from_slice(node)));
    // As between Canyon and Isthmus.
    let withdrawals_root = Some(tribunal_mpt::EMPTY_ROOT);
    let header = Header { state_root, withdrawals_root, base_fee_per_gas: Some(1), ..Header::default() };
    let output = OutputRoot {
        state_root,
        withdrawals_storage_root: account.storage_root,
        block_hash: header.hash_slow(),
    };
    let l2 = |nodes: Vec<Bytes>, header: Header| {
        Node::start(move |request, _| match request.method() {
            "eth_chainId" => request.result(&DEVNET.told_chain_id(true)),
            "eth_getProof" => request.result(&json!({"accountProof": nodes, "storageHash": B256::ZERO})),
            _ => request.result(&json!(Bytes::from(alloy_rlp::encode(&header)))),
        })
    };
    let claim = &DEVNET.folder.claims[0];
    let root = output.hash();
    for honest in [true, false] {
        let nodes = if honest { nodes.clone() } else { Vec::new() };
        let served = Served { l2: l2(nodes, header.clone()), ..Served::new(Manner::default()) };
        let mut options = options(&[&served], claim);
        options.agreed_head = Some(output.block_hash);
        let program = Program::new(&DEVNET.folder, claim, &options);
        let got = program.read(HintType::L2Output, &[root.as_slice()], root);
        match honest {
            true => assert_eq!(got.unwrap(), output.encode()),
            false => assert!(got.unwrap_err().to_string().contains("the proof is not of this state")),
        }
    }
}

#[test]
fn an_output_needs_the_agreed_head() {
    let served = Served::new(Manner::default());
    let claim = &DEVNET.folder.claims[0];
    let mut options = options(&[&served], claim);
    options.agreed_head = None;
    options.prefetch = false;
    let program = Program::new(&DEVNET.folder, claim, &options);
    let root = claim.boot.agreed_output_root;
    let error = program.read(HintType::L2Output, &[root.as_slice()], root).unwrap_err().to_string();
    assert!(error.contains("--agreed-l2-head-hash"), "{error}");
    assert_eq!(served.count(), 0);
}

#[test]
fn proofs_by_number_and_by_hash() {
    let served = Served::new(Manner::default());
    let (hash, header) = DEVNET.chain.l2.headers.iter().next().unwrap();
    let slot = B256::repeat_byte(3);
    let (number, chain_id) = (header.number.to_be_bytes(), 10u64.to_be_bytes());
    for block in [&number[..], hash.as_slice()] {
        for end in [&[][..], &chain_id] {
            let account = program(&served);
            let parts = [block, MESSAGE_PASSER.as_slice(), end];
            account.read(HintType::L2AccountProof, &parts, header.state_root).unwrap();
            assert!(
                account.store.keys_of(PreimageKeyType::Keccak256).unwrap().len() > 2,
                "more than the root came"
            );
            let storage = program(&served);
            let parts = [block, MESSAGE_PASSER.as_slice(), slot.as_slice(), end];
            storage.read(HintType::L2AccountStorageProof, &parts, header.state_root).unwrap();
        }
    }
    // Requests before may have been for witnesses only if a node was missing.
    let methods: Vec<String> =
        served.l2.requests().iter().map(|request| request.method().to_owned()).collect();
    assert!(methods.iter().filter(|method| *method == "eth_getProof").count() >= 8, "{methods:?}");
}

#[test]
fn payload_witnesses_of_both_forms() {
    let served = Served::new(Manner::default());
    let (parent, header) = DEVNET.chain.l2.headers.iter().next().unwrap();
    let attributes = r#"{"timestamp":"0x1","minBaseFee":7}"#;
    let object = format!(r#"{{"parentBlockHash":"{parent}","payloadAttributes":{attributes}}}"#);
    for parts in [&[parent.as_slice(), attributes.as_bytes()][..], &[object.as_bytes()]] {
        let program = program(&served);
        program.read(HintType::L2PayloadWitness, parts, header.state_root).unwrap();
        let requests = served.l2.requests();
        let last = requests.iter().rev().find(|request| request.method() == "debug_executePayload").unwrap();
        assert_eq!(last.body["params"][1]["minBaseFee"], 7);
    }
}

#[test]
fn code_and_nodes_by_hash() {
    let served = Served::new(Manner::default());
    let program = program(&served);
    let header = DEVNET.chain.l2.headers.values().next().unwrap();
    let root = header.state_root;
    assert_eq!(keccak256(program.read(HintType::L2StateNode, &[root.as_slice()], root).unwrap()), root);
    let code = DEVNET.chain.values.iter().find(|(_, value)| value.len() > 600).unwrap();
    let with_chain = [code.0.as_slice(), &10u64.to_be_bytes()];
    assert_eq!(program.read(HintType::L2Code, &with_chain, *code.0).unwrap(), *code.1);
    assert!(program.has(code.1));
}

#[test]
fn old_block_hashes_by_a_proof_of_the_history() {
    let served = Served::new(Manner::default());
    let program = program(&served);
    let (head, header) = DEVNET.chain.l2.headers.iter().max_by_key(|(_, header)| header.number).unwrap();
    let parts = [&header.number.saturating_sub(1).to_be_bytes()[..], head.as_slice(), &10u64.to_be_bytes()];
    program.read(HintType::L2BlockHashLookup, &parts, header.state_root).unwrap();
    let requests = served.l2.requests();
    let asked = requests.iter().find(|request| request.method() == "eth_getProof").unwrap();
    assert_eq!(asked.body["params"][0], "0x0000f90827f1c53a10cb7a02335b175320002935");
    let slot = B256::from(U256::from(header.number - 1)).to_string();
    assert_eq!(asked.body["params"][1][0], slot);
}

#[test]
fn precompiles_run_here_and_the_call_is_kept() {
    let served = Served::new(Manner::default());
    let program = program(&served);
    // An empty product of pairings is one.
    let (address, gas) = (Address::with_last_byte(8), 45_000u64);
    for route in [HintType::L1Precompile, HintType::L1PrecompileV2] {
        program.hint(route, &[address.as_slice(), &gas.to_be_bytes()]);
        let result = program.host.get(precompile_key(&address.0.0, gas, &[])).unwrap();
        assert_eq!((result.len(), result[0], result[32]), (33, 1, 1));
        assert!(program.has(&Bytes::from([address.as_slice(), &gas.to_be_bytes()].concat())));
    }
    let unknown = Address::with_last_byte(0x42);
    program.hint(HintType::L1Precompile, &[unknown.as_slice(), &gas.to_be_bytes()]);
    let error = program.host.get(precompile_key(&unknown.0.0, gas, &[])).unwrap_err().to_string();
    assert!(error.contains("no accelerated precompile"), "{error}");
    assert_eq!(served.count(), 0);
}

#[test]
fn a_hint_with_another_hash_asks_nothing() {
    let served = Served::new(Manner::default());
    let program = program(&served);
    for route in [HintType::L1BlockHeader, HintType::L2Code, HintType::L2StateNode, HintType::L2Output] {
        let error = program.read(route, &[&[1; 32]], B256::repeat_byte(9)).unwrap_err().to_string();
        assert!(error.contains("nothing was tried"), "{error}");
    }
    assert_eq!(served.count(), 0);
}
