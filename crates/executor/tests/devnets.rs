//! Whole chains made by op-geth, from Ecotone to Karst, block after block.

mod common;

use common::{Devnet, Store};
use tribunal_executor::{Executor, InProcess, PrecompileOracle};
use tribunal_fixtures::{devnet, devnets};

fn build_all<O: PrecompileOracle>(devnet: &Devnet, mut executor: Executor<Store, O>, name: &str) {
    for index in 1..devnet.blocks.len() {
        let built = executor.build_block(devnet.attributes(index));
        let built = built.unwrap_or_else(|error| panic!("{name}, block {index}: {error}"));
        let expected = devnet.store.header(devnet.blocks[index].hash);
        assert_eq!(built.header.inner(), expected.inner(), "{name}, block {index}");
        let output = executor.output_root().unwrap();
        assert_eq!(output.hash(), devnet.blocks[index].output_root, "{name}, block {index}");
    }
}

#[test]
fn every_block_is_as_the_reference_built_it() {
    for folder in devnets() {
        let devnet = Devnet::open(&folder);
        build_all(&devnet, devnet.executor(0), &folder.display().to_string());
    }
}

#[test]
fn precompiled_contracts_give_the_same_in_process() {
    for folder in devnets() {
        let devnet = Devnet::open(&folder);
        build_all(&devnet, devnet.executor_with(0, InProcess), &folder.display().to_string());
    }
}

/// Nodes that were let go are fetched again.
#[test]
fn forgetting_makes_no_difference() {
    for folder in devnets() {
        let devnet = Devnet::open(&folder);
        build_all(&devnet, devnet.executor(0).with_node_budget(0), &folder.display().to_string());
    }
}

/// Nothing of an earlier block is needed: each stands on its parent's header alone.
#[test]
fn every_block_can_be_built_alone() {
    for folder in devnets() {
        let devnet = Devnet::open(&folder);
        for index in (1..devnet.blocks.len()).step_by(5) {
            let built = devnet.executor(index - 1).build_block(devnet.attributes(index)).unwrap();
            assert_eq!(built.header.seal(), devnet.blocks[index].hash, "{}, block {index}", folder.display());
        }
    }
}

/// A span batch before Holocene needs this: the executor goes back to the checkpoint, and on from there.
#[test]
fn a_clone_goes_its_own_way() {
    let Some(folder) = devnet("ecotone-1") else { return };
    let devnet = Devnet::open(&folder);
    let mut executor = devnet.executor(0);
    let mut checkpoint = executor.clone();
    for index in 1..10 {
        executor.build_block(devnet.attributes(index)).unwrap();
    }
    assert_eq!(checkpoint.parent().number, devnet.blocks[0].number);
    for index in 1..10 {
        checkpoint.build_block(devnet.attributes(index)).unwrap();
    }
    assert_eq!(checkpoint.parent().seal(), executor.parent().seal());
}
