//! Real blocks of OP Mainnet, OP Sepolia and Unichain.

mod common;

use common::{RealBlock, Store};
use tribunal_executor::InProcess;
use tribunal_fixtures::{fixture, folders};

#[test]
fn hash_as_on_chain() {
    let Some(root) = fixture("l2-blocks") else { return };
    for folder in folders(&root) {
        let block = RealBlock::open(&folder);
        let store = Store::open(&folder);
        let mut executor = block.executor(&store, InProcess);
        let built = executor.build_block(block.executing_payload.clone());
        let built = built.unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        assert_eq!(built.header.seal(), block.expected_block_hash, "{}", folder.display());
    }
}
