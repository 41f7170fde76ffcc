//! What to read ahead: the requests that a hint makes likely.

use alloy_primitives::B256;

use crate::routes::{Chain, Learned, Request};

/// Blocks of L1 that are read ahead of the one that the program is at.
const L1_BLOCKS: u64 = 4;

/// Headers of L1 that shall be there before the program asks for them.
const L1_HEADERS: u64 = 16;

/// What the program of every claim reads first of both chains.
pub(super) fn at_the_start(learned: &Learned) -> Vec<Request> {
    let Some(claim) = learned.claim() else { return Vec::new() };
    let agreed = learned.agreed_head().map(|block| Request::Transactions { chain: Chain::L2, block });
    let l1 = Request::Ancestors { hash: claim.l1_head };
    let clock = claim.reads_blobs.then_some(Request::SlotClock);
    agreed.into_iter().chain([l1]).chain(clock).collect()
}

/// The requests that a hint makes likely, the most likely first.
///
/// As long as nothing was missing, nothing is read ahead: the store of an earlier run may have all.
pub(super) fn after_hint(learned: &mut Learned, request: &Request) -> Vec<Request> {
    if !learned.has_missed(request.chain()) {
        return Vec::new();
    }
    match request {
        Request::Header { chain: Chain::L1, hash } => ancestors(learned, *hash),
        // The agreed block is known now. The program will execute the next ones, once it has read L1.
        Request::Header { chain: Chain::L2, .. } | Request::Transactions { chain: Chain::L2, .. } => {
            learned.next_witnesses()
        }
        Request::Transactions { chain: Chain::L1, block } | Request::Receipts { chain: Chain::L1, block } => {
            next_blocks(learned, *block)
        }
        Request::Blob { hash, .. } => {
            learned.learn_inbox(*hash);
            next_blobs(learned, *hash)
        }
        Request::Node { hash } | Request::Code { hash } => {
            learned.consume(*hash);
            learned.next_witnesses()
        }
        Request::Account { .. } | Request::Slot { .. } => match learned.may_have_witness() {
            true => learned.next_witnesses(),
            false => vec![request.clone()],
        },
        Request::Payload { .. } if learned.may_have_witness() => vec![request.clone()],
        _ => Vec::new(),
    }
}

/// The requests that the answer to a request ahead makes likely.
pub(super) fn after_answer(learned: &Learned, request: &Request) -> Vec<Request> {
    match request {
        Request::Transactions { chain: Chain::L1, block } => blobs_of(learned, *block),
        Request::Execution { .. } => learned.next_witnesses(),
        _ => Vec::new(),
    }
}

/// Whether the answer to a request ahead may have what `wanted` is for.
pub(crate) fn may_bring(ahead: &Request, wanted: &Request) -> bool {
    match ahead {
        Request::Ancestors { .. } => matches!(wanted, Request::Header { chain: Chain::L1, .. }),
        Request::Execution { .. } | Request::Payload { .. } => matches!(
            wanted,
            Request::Node { .. } | Request::Code { .. } | Request::Account { .. } | Request::Slot { .. }
        ),
        _ => false,
    }
}

/// More headers, if only few before this one are known.
fn ancestors(learned: &Learned, hash: B256) -> Vec<Request> {
    let mut oldest = hash;
    for _ in 0..L1_HEADERS {
        match learned.facts(oldest) {
            Some(facts) if facts.number == 0 => return Vec::new(),
            Some(facts) => oldest = facts.parent,
            None => return vec![Request::Ancestors { hash: oldest }],
        }
    }
    Vec::new()
}

/// Derivation reads the receipts and the transactions of one block after another.
fn next_blocks(learned: &Learned, block: B256) -> Vec<Request> {
    let next = following(learned, block).flat_map(|block| {
        [Request::Receipts { chain: Chain::L1, block }, Request::Transactions { chain: Chain::L1, block }]
    });
    next.collect()
}

/// The other blobs of the same sender in this block and the next ones.
fn next_blobs(learned: &Learned, blob: B256) -> Vec<Request> {
    let Some(block) = learned.block_of_blob(blob) else { return Vec::new() };
    let blocks = std::iter::once(block).chain(following(learned, block));
    blocks.flat_map(|block| blobs_of(learned, block)).collect()
}

fn blobs_of(learned: &Learned, block: B256) -> Vec<Request> {
    let Some(facts) = learned.facts(block) else { return Vec::new() };
    let blobs = learned.likely_blobs(block).into_iter();
    blobs.map(|hash| Request::Blob { hash, time: facts.time }).collect()
}

/// The blocks after this one, as far as they are known.
fn following(learned: &Learned, block: B256) -> impl Iterator<Item = B256> {
    let number = learned.facts(block).map(|facts| facts.number);
    let numbers = number.map(|number| number.saturating_add(1)..=number.saturating_add(L1_BLOCKS));
    numbers.into_iter().flatten().map_while(|number| learned.l1_hash(number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        encode::Facts,
        routes::{BlockRef, Contents, Memory},
    };
    use alloy_primitives::Address;
    use tribunal_host::ServedClaim;
    use tribunal_preimage::PreimageKey;
    use tribunal_rollup::ClaimedChains;

    /// The hash of a block of the test's L1.
    fn hash(number: u64) -> B256 {
        B256::from(alloy_primitives::U256::from(number.wrapping_add(1)))
    }

    fn facts(number: u64) -> Facts {
        let root = B256::ZERO;
        Facts {
            parent: hash(number.wrapping_sub(1)),
            state_root: root,
            transactions_root: root,
            receipts_root: root,
            number,
            time: 12 * number,
            withdrawals_root: None,
        }
    }

    fn l1(numbers: std::ops::Range<u64>) -> Memory {
        let memory = Memory::new(None);
        let mut learned = memory.lock();
        learned.learn_missed(Chain::L1);
        learned.learn_missed(Chain::L2);
        numbers.for_each(|number| learned.learn_header(Chain::L1, hash(number), facts(number)));
        drop(learned);
        memory
    }

    #[test]
    fn nothing_is_read_ahead_before_something_was_missing() {
        let memory = Memory::new(None);
        let request = Request::Header { chain: Chain::L1, hash: hash(5) };
        assert_eq!(after_hint(&mut memory.lock(), &request), []);
        memory.lock().learn_missed(Chain::L2);
        assert_eq!(after_hint(&mut memory.lock(), &request), []);
        memory.lock().learn_missed(Chain::L1);
        assert_eq!(after_hint(&mut memory.lock(), &request), [Request::Ancestors { hash: hash(5) }]);
    }

    fn claim() -> ServedClaim {
        ServedClaim {
            chains: ClaimedChains { l1: None, l2: None },
            l1_head: hash(9),
            claimed_block: 102,
            batch_inbox: None,
            reads_blobs: true,
        }
    }

    #[test]
    fn the_start_of_both_chains_is_read_at_once() {
        let memory = Memory::new(Some(hash(100)));
        assert_eq!(at_the_start(&memory.lock()), [], "no claim is known");
        memory.lock().learn_claim(&claim());
        let expected = [
            Request::Transactions { chain: Chain::L2, block: hash(100) },
            Request::Ancestors { hash: hash(9) },
            Request::SlotClock,
        ];
        assert_eq!(at_the_start(&memory.lock()), expected);
        memory.lock().learn_claim(&ServedClaim { reads_blobs: false, ..claim() });
        assert_eq!(at_the_start(&memory.lock()), expected[..2]);
    }

    /// What was in a witness with one node.
    fn contents(byte: u8) -> Contents {
        Contents::of(&[(PreimageKey::new_keccak256([byte; 32]), vec![byte].into())])
    }

    fn executions<const N: usize>(numbers: [u64; N]) -> [Request; N] {
        numbers.map(|number| Request::Execution { number })
    }

    #[test]
    fn witnesses_begin_early_and_end_with_the_claimed_block() {
        let memory = l1(0..1);
        memory.lock().learn_claim(&claim());
        memory.lock().learn_header(Chain::L2, hash(100), facts(100));
        let header = Request::Header { chain: Chain::L2, hash: hash(100) };
        assert_eq!(after_hint(&mut memory.lock(), &header), executions([101, 102]));
        memory.lock().learn_witness(102, contents(2));
        let came = &executions([102])[0];
        assert_eq!(after_answer(&memory.lock(), came), executions([101]));
        memory.lock().learn_witness(101, contents(1));
        assert_eq!(after_answer(&memory.lock(), came), []);
    }

    #[test]
    fn blobs_of_the_chains_inbox_are_read_with_their_block() {
        let memory = l1(0..3);
        let inbox = Address::repeat_byte(7);
        memory.lock().learn_claim(&ServedClaim { batch_inbox: Some(inbox), ..claim() });
        memory.lock().learn_carriers(hash(1), vec![(inbox, vec![hash(50)]), (Address::ZERO, vec![hash(51)])]);
        let answer = Request::Transactions { chain: Chain::L1, block: hash(1) };
        assert_eq!(after_answer(&memory.lock(), &answer), [Request::Blob { hash: hash(50), time: 12 }]);
    }

    #[test]
    fn headers_are_read_before_the_walk_comes_to_them() {
        let memory = l1(100..150);
        let plan = |number| {
            after_hint(&mut memory.lock(), &Request::Header { chain: Chain::L1, hash: hash(number) })
        };
        assert_eq!(plan(140), []);
        assert_eq!(plan(110), [Request::Ancestors { hash: hash(99) }]);
        let memory = l1(0..10);
        let request = Request::Header { chain: Chain::L1, hash: hash(9) };
        assert_eq!(after_hint(&mut memory.lock(), &request), [], "genesis has no parent");
    }

    #[test]
    fn the_next_blocks_are_read_as_far_as_they_are_known() {
        let memory = l1(0..10);
        let plan = |number| {
            after_hint(&mut memory.lock(), &Request::Receipts { chain: Chain::L1, block: hash(number) })
        };
        assert_eq!(plan(3).len(), 8);
        assert_eq!(plan(3)[0], Request::Receipts { chain: Chain::L1, block: hash(4) });
        assert_eq!(plan(8).len(), 2);
        assert_eq!(plan(9), []);
        assert_eq!(plan(50), []);
    }

    #[test]
    fn where_the_end_is_not_known_witnesses_stay_close_to_the_program() {
        let memory = l1(0..1);
        let node = |byte| Request::Node { hash: B256::repeat_byte(byte) };
        assert_eq!(after_hint(&mut memory.lock(), &node(1)), [], "the block is not known");
        memory.lock().learn_header(Chain::L2, hash(100), facts(100));
        let plan = |byte| after_hint(&mut memory.lock(), &node(byte));
        assert_eq!(plan(9), executions([101, 102, 103]));
        for byte in 1..=3 {
            memory.lock().learn_witness(100 + u64::from(byte), contents(byte));
        }
        assert_eq!(plan(9), [], "the program reads none of them yet");
        assert_eq!(plan(2), executions([104]));
        memory.lock().learn_no_witness();
        assert_eq!(plan(3), []);
    }

    #[test]
    fn where_there_are_no_witnesses_proofs_are_read() {
        let memory = l1(0..1);
        let account = Request::Account { block: BlockRef::Number(7), address: Address::ZERO };
        memory.lock().announce(&account);
        assert_eq!(after_hint(&mut memory.lock(), &account), executions([8, 9, 10]));
        memory.lock().learn_no_witness();
        assert_eq!(after_hint(&mut memory.lock(), &account), [account]);
    }
}
