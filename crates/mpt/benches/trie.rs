//! Against alloy-trie: building a trie, and the root of a list. Beside them what alloy-trie has no counterpart for:
//! changing a few keys of a large trie opened from its root, and walking a list.

use std::{collections::BTreeMap, hint::black_box};

use alloy_primitives::{B256, Bytes, keccak256};
use alloy_trie::{HashBuilder, Nibbles, root::ordered_trie_root_encoded};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tribunal_mpt::{MemoryProvider, Trie, ordered};

fn accounts(count: u32) -> Vec<(B256, Bytes)> {
    (0..count).map(|i| (keccak256(i.to_be_bytes()), Bytes::from(vec![i as u8 | 1; 70]))).collect()
}

fn insert_and_root(c: &mut Criterion) {
    let mut group = c.benchmark_group("insert and root");
    for count in [100, 1_000, 10_000] {
        let accounts = accounts(count);
        group.throughput(Throughput::Elements(count.into()));
        group.bench_with_input(BenchmarkId::new("tribunal", count), &accounts, |b, accounts| {
            let nodes = MemoryProvider::default();
            b.iter(|| {
                let mut trie = Trie::new();
                for (key, value) in accounts {
                    trie.insert(key.as_slice(), value.clone(), &nodes).unwrap();
                }
                trie.root()
            });
        });
        // The hash builder wants its keys sorted, which is part of the work here.
        group.bench_with_input(BenchmarkId::new("alloy-trie", count), &accounts, |b, accounts| {
            b.iter(|| {
                let sorted: BTreeMap<_, _> = accounts.iter().map(|(key, value)| (key, value)).collect();
                let mut builder = HashBuilder::default();
                for (key, value) in sorted {
                    builder.add_leaf(Nibbles::unpack(key), value);
                }
                builder.root()
            });
        });
    }
    group.finish();
}

fn change_opened(c: &mut Criterion) {
    let accounts = accounts(100_000);
    let mut nodes = MemoryProvider::default();
    let mut trie = Trie::new();
    for (key, value) in &accounts {
        trie.insert(key.as_slice(), value.clone(), &nodes).unwrap();
    }
    let root = trie.root_with(|_, rlp| {
        nodes.insert(rlp.to_vec());
    });
    drop(trie);
    c.bench_function("change 100 of 100000 from the root", |b| {
        b.iter(|| {
            let mut trie = Trie::from_root(root);
            for (key, _) in accounts.iter().step_by(1_000) {
                black_box(trie.get(key.as_slice(), &nodes).unwrap());
                trie.insert(key.as_slice(), Bytes::from_static(&[9; 70]), &nodes).unwrap();
            }
            trie.root()
        });
    });
}

fn lists(c: &mut Criterion) {
    let mut group = c.benchmark_group("list");
    for count in [10, 200, 2_000] {
        let items: Vec<Bytes> = (0..count).map(|i| vec![i as u8 | 1; 150 + i % 100].into()).collect();
        group.throughput(Throughput::Elements(count as u64));
        group.bench_with_input(BenchmarkId::new("tribunal", count), &items, |b, items| {
            b.iter(|| ordered::root(items));
        });
        group.bench_with_input(BenchmarkId::new("alloy-trie", count), &items, |b, items| {
            b.iter(|| ordered_trie_root_encoded(items));
        });
        let mut nodes = MemoryProvider::default();
        let root = ordered::root_with(&items, |_, rlp| {
            nodes.insert(rlp.to_vec());
        });
        group.bench_with_input(BenchmarkId::new("walk", count), &root, |b, root| {
            b.iter(|| ordered::collect(*root, &nodes).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, insert_and_root, change_opened, lists);
criterion_main!(benches);
