//! Builds real blocks from their witness: from the attributes to the block hash.

#[path = "../tests/common/mod.rs"]
mod common;

use common::{RealBlock, Store};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use tribunal_executor::InProcess;

fn blocks(criterion: &mut Criterion) {
    let Some(root) = tribunal_fixtures::fixture("l2-blocks") else { return };
    let mut group = criterion.benchmark_group("block");
    for name in ["26207960", "26207962", "132797000"] {
        let folder = root.join(name);
        let (block, store) = (RealBlock::open(&folder), Store::open(&folder));
        let attributes = &block.executing_payload;
        let built = block.executor(&store, InProcess).build_block(attributes.clone()).unwrap();
        group.throughput(Throughput::Elements(built.header.gas_used));
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || (block.executor(&store, InProcess), attributes.clone()),
                |(mut executor, attributes)| executor.build_block(attributes).unwrap(),
                BatchSize::LargeInput,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, blocks);
criterion_main!(benches);
