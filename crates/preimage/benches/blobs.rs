//! What it costs to verify the six blobs of a typical claim.

use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use tribunal_preimage::verify::{BlobClaim, BlobElements, verify_blobs};

fn blob(seed: u64) -> Box<BlobElements> {
    let mut state = seed;
    let mut elements = Box::new([[0; 32]; 4096]);
    for element in elements.iter_mut() {
        for byte in &mut element[1..] {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            *byte = (state >> 56) as u8;
        }
    }
    elements
}

fn bench(c: &mut Criterion) {
    let settings = c_kzg::ethereum_kzg_settings(0);
    let blobs: Vec<_> = (0..6).map(blob).collect();
    let commitments: Vec<_> = blobs
        .iter()
        .map(|blob| {
            let blob = c_kzg::Blob::from_bytes(blob.as_flattened()).expect("a blob has 128 KiB");
            settings.blob_to_kzg_commitment(&blob).expect("its elements are small").to_bytes().into_inner()
        })
        .collect();
    let claims: Vec<_> = blobs
        .iter()
        .zip(&commitments)
        .map(|(elements, commitment)| BlobClaim { commitment, elements })
        .collect();
    for count in [1, 6] {
        let claims = &claims[..count];
        c.bench_function(&format!("verify {count} blobs"), |b| {
            b.iter(|| verify_blobs(black_box(claims)).expect("they are right"));
        });
    }
    let mut wrong = blobs[0].clone();
    wrong[4095][31] ^= 1;
    let claims = [BlobClaim { commitment: &commitments[0], elements: &wrong }];
    c.bench_function("find a wrong byte", |b| {
        b.iter(|| verify_blobs(black_box(&claims)).expect_err("one is wrong"));
    });
}

criterion_group! { name = benches; config = Criterion::default().sample_size(20); targets = bench }
criterion_main!(benches);
