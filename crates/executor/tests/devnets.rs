//! Whole chains made by op-geth, from Ecotone to Karst, block after block.

mod common;

use common::Devnet;

#[test]
fn every_block_is_as_the_reference_built_it() {
    let Some(root) = common::root("devnets") else { return };
    for folder in common::folders(&root) {
        let devnet = Devnet::open(&folder);
        let mut executor = devnet.executor(0);
        for index in 1..devnet.blocks.len() {
            let name = format!("{} block {index}", folder.display());
            let built = executor.build_block(devnet.attributes(index));
            let built = built.unwrap_or_else(|error| panic!("{name}: {error}"));
            let expected = devnet.store.header(devnet.blocks[index].hash);
            assert_eq!(built.header.inner(), expected.inner(), "{name}");
            assert_eq!(executor.output_root().unwrap().hash(), devnet.blocks[index].output_root, "{name}");
        }
    }
}
