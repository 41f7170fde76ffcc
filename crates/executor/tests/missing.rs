//! Any pre-image that is missing leaves a block undecided.

mod common;

use common::{Devnet, RealBlock, Store};
use tribunal_executor::{ExecutorError, InProcess};
use tribunal_fixtures::{devnet, fixture};

#[test]
fn real_blocks_are_undecided() {
    let Some(root) = fixture("l2-blocks") else { return };
    for name in ["22884230", "26207960", "10215000"] {
        let folder = root.join(name);
        let block = RealBlock::open(&folder);
        let store = Store::open(&folder);
        block.executor(&store, InProcess).build_block(block.executing_payload.clone()).unwrap();
        let asked = std::mem::take(&mut *store.asked.lock().unwrap());
        assert!(asked.len() > 100);
        for key in asked.into_iter().step_by(5) {
            let mut executor = block.executor(&store, InProcess);
            *store.hidden.lock().unwrap() = Some(key);
            let error = executor.build_block(block.executing_payload.clone()).unwrap_err();
            assert!(!error.is_invalid_block(), "{key}: {error}");
            assert!(error.to_string().contains(&key.to_string()[4..]), "{key} is not named by: {error}");

            // Once it is there, the same executor carries on, or says that it cannot.
            *store.hidden.lock().unwrap() = None;
            match executor.build_block(block.executing_payload.clone()) {
                Ok(built) => assert_eq!(built.header.seal(), block.expected_block_hash, "{key}"),
                Err(error) => assert!(matches!(error, ExecutorError::HalfUpdated), "{key}: {error}"),
            }
        }
    }
}

/// Block hashes, precompiled contracts, creations, destructions: what devnets have and real blocks have seldom.
#[test]
fn devnet_blocks_are_undecided() {
    let Some(folder) = devnet("transactions-1") else { return };
    let devnet = Devnet::open(&folder);
    for index in 1..devnet.blocks.len() {
        devnet.store.asked.lock().unwrap().clear();
        let attributes = devnet.attributes(index);
        let mut executor = devnet.executor(index - 1);
        devnet.store.asked.lock().unwrap().clear();
        let expected = executor.build_block(attributes.clone()).unwrap();
        assert_eq!(expected.header.seal(), devnet.blocks[index].hash);
        let asked = std::mem::take(&mut *devnet.store.asked.lock().unwrap());
        for key in asked.into_iter().step_by(7) {
            let mut executor = devnet.executor(index - 1);
            *devnet.store.hidden.lock().unwrap() = Some(key);
            let error = executor.build_block(attributes.clone()).unwrap_err();
            assert!(!error.is_invalid_block(), "block {index}, {key}: {error}");
            *devnet.store.hidden.lock().unwrap() = None;
        }
    }
}
