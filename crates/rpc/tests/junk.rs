//! Nodes that send more than what belongs to the chain: it does not come into the store.

mod common;
#[path = "common/devnet/mod.rs"]
mod devnet;
#[path = "common/program.rs"]
mod program;

use devnet::{DEVNET, JUNK, Manner, Served};
use program::{Program, options};
use tribunal_host::store::PreimageStore;

/// Methods of L2 nodes that are switched off, so that the others are used.
const WITHOUT: [&[&str]; 4] = [
    &["debug_dbGet", "debug_codeByHash"],
    &["debug_executionWitness", "debug_executePayload", "debug_codeByHash"],
    &["debug_executePayload"],
    &[],
];

#[test]
fn what_does_not_belong_to_the_chain_is_not_stored() {
    for methods in WITHOUT {
        for claim in DEVNET.folder.claims.iter().take(3) {
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
}
