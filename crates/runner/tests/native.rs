//! Native runs: verdicts, progress, statistics, cancellation.

mod common;

use alloy_primitives::B256;
use common::Claim;
use serde_json::json;
use std::sync::Arc;
use tribunal_host::{
    Checks, Verified,
    store::{MemoryStore, PreimageStore},
};
use tribunal_preimage::PreimageKey;
use tribunal_runner::{
    AgreedHeadError, BlockProgress, BlockReport, Cancellation, Native, Progress, Silent, Undecided,
    check_agreed_head, decide,
};

/// Notes the blocks, and cancels the run at one of them.
#[derive(Default)]
struct Blocks {
    numbers: Vec<u64>,
    cancel_at: Option<(usize, Cancellation)>,
}

impl BlockProgress for Blocks {
    fn block(&mut self, block: &BlockReport) {
        self.numbers.push(block.number);
        if let Some((count, cancellation)) = &self.cancel_at
            && self.numbers.len() == *count
        {
            cancellation.request();
        }
    }
}

impl Progress for Blocks {}

#[test]
fn a_claim_is_true_or_false_with_its_evidence() {
    let mut claim = Claim::about_a_devnet();
    for checks in [Checks::BeforeServing, Checks::Meanwhile] {
        let mut blocks = Blocks::default();
        let run = decide(&Native, &claim.host(checks), &mut blocks, &Cancellation::new());
        let decision = run.result.unwrap();
        assert!(decision.valid);
        assert_eq!(decision.evidence.outcome.output_root, claim.boot.claimed_output_root);
        assert_eq!(decision.evidence.outcome.l2_blocks, blocks.numbers.len() as u64);
        assert_eq!(blocks.numbers.last(), Some(&claim.boot.claimed_block_number));
        assert!(run.stats.total().0 > 7);
        assert!(!run.elapsed.is_zero());
    }
    let right = claim.boot.claimed_output_root;
    claim.boot.claimed_output_root.0[31] ^= 1;
    let run = decide(&Native, &claim.host(Checks::Meanwhile), &mut Silent, &Cancellation::new());
    let decision = run.result.unwrap();
    assert!(!decision.valid);
    assert_eq!(decision.evidence.outcome.output_root, right);
}

/// A wrong genesis must not make a true claim false, or a false one true.
#[test]
fn a_config_with_a_wrong_genesis_gives_no_wrong_verdict() {
    let claim = Claim::about_a_devnet();
    let config = claim.rollup_config();
    let number = |pointer: &str| config.pointer(pointer).unwrap().as_u64().unwrap();
    let hash = json!(B256::repeat_byte(7));
    let no_block = PreimageKey::new_keccak256([7; 32]);
    let wrong = [
        ("/genesis/l1/number", json!(number("/genesis/l1/number") + 1)),
        ("/genesis/l1/number", json!(number("/genesis/l1/number") + 3)),
        ("/genesis/l1/hash", hash.clone()),
        ("/genesis/l2/number", json!(number("/genesis/l2/number") + 1)),
        ("/genesis/l2/hash", hash),
        ("/genesis/l2_time", json!(number("/genesis/l2_time") - 1)),
        ("/genesis/l2_time", json!(number("/genesis/l2_time") + 2)),
    ];
    let claims = claim.all();
    for (pointer, value) in wrong {
        let mut refused = 0;
        for (claim, valid) in &claims {
            let host = claim.with_rollup_config(pointer, &value).host(Checks::BeforeServing);
            match decide(&Native, &host, &mut Silent, &Cancellation::new()).result {
                Ok(decision) => assert_eq!(decision.valid, *valid, "{pointer} {value}"),
                Err(error) => {
                    // A claim that starts at the first L2 block asks for the L1 block of the config.
                    let missing = error.key() == Some(no_block);
                    assert!(missing || error.to_string().contains("genesis."), "{pointer} {value}: {error}");
                    refused += 1;
                }
            }
        }
        assert!(refused > 0, "{pointer} {value}");
    }
}

#[test]
fn a_preimage_that_is_missing_or_corrupt_is_named() {
    let mut claim = Claim::about_a_devnet();
    let key = PreimageKey::new_keccak256(claim.boot.agreed_output_root.0);
    let corrupt = Arc::new(MemoryStore::new());
    tribunal_host::store::copy(&*claim.store, &*corrupt, &mut |_, _| {}).unwrap();
    corrupt.put(key, &[0; 128]).unwrap();
    for (store, reason) in [(Arc::new(MemoryStore::new()), "missing"), (corrupt, "corrupted")] {
        claim.store = store;
        for checks in [Checks::BeforeServing, Checks::Meanwhile] {
            let run = decide(&Native, &claim.host(checks), &mut Silent, &Cancellation::new());
            let error = run.result.unwrap_err();
            assert_eq!(error.key(), Some(key), "{error}");
            assert!(error.to_string().contains(reason), "{error}");
        }
    }
}

#[test]
fn a_run_stops_when_it_is_cancelled() {
    let claim = Claim::about_a_devnet();
    let cancellation = Cancellation::new();
    let mut blocks = Blocks { cancel_at: Some((2, cancellation.clone())), ..Blocks::default() };
    let run = decide(&Native, &claim.host(Checks::Meanwhile), &mut blocks, &cancellation);
    assert!(matches!(run.result, Err(Undecided::Cancelled)));
    assert_eq!(blocks.numbers.len(), 2);
    // The same request stops every run that shares it, before it has read anything.
    let run = decide(&Native, &claim.host(Checks::Meanwhile), &mut blocks, &cancellation);
    assert!(matches!(run.result, Err(Undecided::Cancelled)));
    assert_eq!(run.stats.total(), (0, 0));
}

#[test]
fn the_agreed_head_is_the_block_of_the_agreed_output() {
    let claim = Claim::about_a_devnet();
    let store = Verified::new(claim.store.clone());
    let root = claim.boot.agreed_output_root;
    let given = [7; 32].into();
    let Err(AgreedHeadError::OtherBlock { actual, .. }) = check_agreed_head(&store, root, given) else {
        panic!("another block was accepted");
    };
    assert!(check_agreed_head(&store, root, actual).is_ok());
    let unknown = check_agreed_head(&store, given, actual);
    assert!(matches!(unknown, Err(AgreedHeadError::Oracle(error)) if error.key().is_some()));
}
