//! Nodes that send more than what belongs to the chain: it does not come into the store.

mod common;
#[path = "common/devnet/mod.rs"]
mod devnet;
#[path = "common/program.rs"]
mod program;

use alloy_primitives::keccak256;
use devnet::{DEVNET, JUNK, Manner, Served};
use program::{Program, options};
use tribunal_host::store::PreimageStore;
use tribunal_preimage::HintType;

/// Methods of L2 nodes that are switched off, so that the others are used.
const WITHOUT: [&[&str]; 4] = [
    &["debug_dbGet", "debug_codeByHash"],
    &["debug_executionWitness", "debug_executePayload", "debug_codeByHash"],
    &["debug_executePayload"],
    &[],
];

#[test]
fn what_does_not_belong_to_the_chain_is_not_stored() {
    // As in the tests of fall-backs: the nodes of this devnet do not have what others need without all methods.
    let claim = &DEVNET.folder.claims[1];
    for methods in WITHOUT {
        let served = Served::new(Manner { without: methods.to_vec(), junk: true, ..Manner::default() });
        let program = Program::new(&DEVNET.folder, claim, &options(&[&served], claim));
        let verdict = program.decide().unwrap_or_else(|error| panic!("without {methods:?}: {error}"));
        assert_eq!(Some(verdict.valid), claim.valid);
        drop(program.host);
        for key in program.store.keys().unwrap() {
            let value = program.store.get(key).unwrap().unwrap();
            assert!(!value.starts_with(JUNK), "without {methods:?}: {key} was stored");
        }
        let asked = served.l2.requests();
        let sent_junk = ["eth_getProof", "debug_executionWitness"];
        assert!(asked.iter().any(|request| sent_junk.contains(&request.method())), "without {methods:?}");
    }
}

/// Methods that give nodes of the state by their hashes.
const BY_HASH: [&str; 2] = ["debug_dbGet", "debug_codeByHash"];

/// A node whose proofs and witnesses are of no use, and one that is honest.
fn junk_and_honest(without: &[&'static str]) -> [Served; 2] {
    let manner = Manner { without: without.to_vec(), ..Manner::default() };
    [Served::new(Manner { only_junk: true, ..manner.clone() }), Served::new(manner)]
}

#[test]
fn a_node_that_sends_only_junk_does_not_keep_others_from_being_asked() {
    let claim = &DEVNET.folder.claims[0];
    let head = claim.agreed_l2_head_hash.unwrap();
    let root = DEVNET.chain.l2.headers[&head].state_root;
    for without in ["eth_getProof", "debug_executionWitness"] {
        let [junk, honest] = junk_and_honest(&[BY_HASH[0], BY_HASH[1], without]);
        let mut options = options(&[&junk, &honest], claim);
        options.prefetch = false;
        let program = Program::new(&DEVNET.folder, claim, &options);
        program.read(HintType::L2BlockHeader, &[head.as_slice()], head).unwrap();
        let got = program.read(HintType::L2StateNode, &[root.as_slice()], root);
        let got = got.unwrap_or_else(|error| panic!("without {without}: {error}"));
        assert_eq!(keccak256(got), root);
    }
}

#[test]
fn a_claim_is_decided_although_the_first_node_sends_only_junk() {
    let claim = &DEVNET.folder.claims[1];
    let [junk, honest] = junk_and_honest(&BY_HASH);
    let program = Program::new(&DEVNET.folder, claim, &options(&[&junk, &honest], claim));
    assert_eq!(Some(program.decide().unwrap().valid), claim.valid);
}
