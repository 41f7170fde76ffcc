//! What hints and answers taught: it tells what to ask next, and what would be asked in vain.

use alloy_primitives::{Address, B256, Bytes};
use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tribunal_host::ServedClaim;
use tribunal_preimage::PreimageKey;

use super::{
    BlockRef, Bounded, Chain, Request,
    output::MESSAGE_PASSER,
    pool::AnswerNumber,
    window::{Contents, Window},
};
use crate::encode::{Facts, blob_carrier};

/// Accounts and slots that were announced and are remembered.
const MOST_ANNOUNCED: usize = 64;

/// Receivers of blobs that are remembered: a chain has one inbox.
const MOST_INBOXES: usize = 4;

/// Witnesses that are read ahead of the block that the program is at, if it is not known which block it will come to.
const WITNESSES_AHEAD: u64 = 2;

/// How long a node that does not have trie nodes under their hashes is not asked for them.
const NO_NODES: Duration = Duration::from_secs(600);

/// How long no witness is asked for ahead after no node gave one.
const NO_WITNESS: Duration = Duration::from_secs(60);

/// A transaction with blobs.
#[derive(Debug, Clone)]
pub(crate) struct Carrier {
    pub(crate) to: Address,
    pub(crate) hashes: Vec<B256>,
}

/// What is remembered. All of it is bounded, and all of it may be forgotten: it only spares requests.
#[derive(Debug)]
pub(crate) struct Memory(Mutex<Learned>);

#[derive(Debug)]
pub(crate) struct Learned {
    /// Headers of both chains.
    facts: Bounded<B256, Facts>,
    /// Hashes of L1 blocks.
    l1_hashes: Bounded<u64, B256>,
    /// Transactions with blobs by L1 block.
    carriers: Bounded<B256, Vec<Carrier>>,
    /// Receivers of the blobs that the program read, the last first.
    inboxes: VecDeque<Address>,
    /// Requests for accounts and slots, the last first.
    announced: VecDeque<Request>,
    /// The last hint about a payload.
    payload: Option<Request>,
    /// Where code is: the account, and the block in whose state it has it.
    code_owners: Bounded<B256, (Address, BlockRef)>,
    /// Requests for proofs and witnesses, each with the numbers of its answers in the pool by the names of the nodes.
    answers: Bounded<Request, HashMap<String, AnswerNumber>>,
    /// Nodes without trie nodes under their hashes, and since when that is known.
    without_nodes: Bounded<String, Instant>,
    /// The witnesses that came.
    witnesses: Window,
    /// The claim that is decided, if that was said.
    claim: Option<ServedClaim>,
    /// The block on which the program builds first, if that was said.
    agreed_head: Option<B256>,
    /// The number of the block on which the program builds first: the agreed one, or else the first that it asked for.
    base: Option<u64>,
    /// The number of the last block whose state the program is known to read.
    consumed: Option<u64>,
    /// The chains of which something was missing in the store.
    missed: HashSet<Chain>,
    no_witness: Option<Instant>,
    /// Requests ahead for which a fetch waited too long.
    slow: Bounded<Request, ()>,
}

impl Memory {
    /// Nothing is remembered yet. `agreed_head` is the block on which the program builds, if it is known.
    pub(crate) fn new(agreed_head: Option<B256>) -> Self {
        Self(Mutex::new(Learned {
            claim: None,
            agreed_head,
            facts: Bounded::new(1 << 14),
            l1_hashes: Bounded::new(1 << 14),
            carriers: Bounded::new(1 << 10),
            inboxes: VecDeque::new(),
            announced: VecDeque::new(),
            payload: None,
            code_owners: Bounded::new(1 << 12),
            answers: Bounded::new(1 << 10),
            without_nodes: Bounded::new(16),
            witnesses: Window::default(),
            base: None,
            consumed: None,
            missed: HashSet::new(),
            no_witness: None,
            slow: Bounded::new(16),
        }))
    }

    /// Locks it, for a moment: nothing is awaited meanwhile.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Learned> {
        // What it guards may be forgotten, so a panic elsewhere does no harm.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Learned {
    pub(crate) fn facts(&self, hash: B256) -> Option<Facts> {
        self.facts.get(&hash).copied()
    }

    /// Takes note of a header whose hash is right.
    pub(crate) fn learn_header(&mut self, chain: Chain, hash: B256, facts: Facts) {
        self.facts.insert(hash, facts);
        match chain {
            Chain::L1 => self.l1_hashes.insert(facts.number, hash),
            Chain::L2 if self.agreed_head.is_none_or(|agreed| agreed == hash) => {
                self.base.get_or_insert(facts.number);
            }
            Chain::L2 => {}
        }
    }

    /// The hash of the L1 block with this number, on the chain that the program reads.
    pub(crate) fn l1_hash(&self, number: u64) -> Option<B256> {
        self.l1_hashes.get(&number).copied()
    }

    /// Takes note of the claim that is decided from now on.
    pub(crate) fn learn_claim(&mut self, claim: &ServedClaim) {
        self.claim = Some(*claim);
        if let Some(inbox) = claim.batch_inbox {
            self.prefer_inbox(inbox);
        }
    }

    /// The claim that is decided.
    pub(crate) fn claim(&self) -> Option<&ServedClaim> {
        self.claim.as_ref()
    }

    /// Takes note of the block on which the program builds first.
    pub(crate) fn learn_agreed_head(&mut self, hash: B256) {
        self.agreed_head = Some(hash);
        if let Some(facts) = self.facts(hash) {
            self.base = Some(facts.number);
        }
    }

    /// The block on which the program builds first.
    pub(crate) fn agreed_head(&self) -> Option<B256> {
        self.agreed_head
    }

    /// The store did not have something of this chain. Says whether it had everything until now.
    pub(crate) fn learn_missed(&mut self, chain: Chain) -> bool {
        let is_first = self.missed.is_empty();
        self.missed.insert(chain);
        is_first
    }

    /// Whether the store did not have something of this chain.
    pub(crate) fn has_missed(&self, chain: Chain) -> bool {
        self.missed.contains(&chain)
    }

    /// A pre-image without which the answer to `request` is not in the store, if one is known.
    pub(crate) fn main_key(&self, request: &Request) -> Option<PreimageKey> {
        let keccak = |hash: B256| PreimageKey::new_keccak256(hash.0);
        match request {
            Request::Header { hash, .. } => Some(keccak(*hash)),
            Request::Transactions { block, .. } => Some(keccak(self.facts(*block)?.transactions_root)),
            Request::Receipts { block, .. } => Some(keccak(self.facts(*block)?.receipts_root)),
            // If the store has this header from an earlier run, it may have those before.
            Request::Ancestors { hash } => {
                Some(keccak(self.facts(*hash).map_or(*hash, |facts| facts.parent)))
            }
            Request::Blob { hash, .. } => Some(PreimageKey::new_sha256(hash.0)),
            _ => None,
        }
    }

    /// Takes note of the transactions of an L1 block.
    pub(crate) fn learn_transactions(&mut self, block: B256, transactions: &[Bytes]) {
        self.learn_carriers(block, transactions.iter().filter_map(|raw| blob_carrier(raw)));
    }

    /// Takes note of the transactions with blobs in an L1 block: the receiver of each, and its blobs.
    pub(crate) fn learn_carriers(
        &mut self,
        block: B256,
        carriers: impl IntoIterator<Item = (Address, Vec<B256>)>,
    ) {
        let carriers = carriers.into_iter().map(|(to, hashes)| Carrier { to, hashes });
        self.carriers.insert(block, carriers.collect());
    }

    /// The program reads this blob: blobs with the same receiver are likely to be read too.
    pub(crate) fn learn_inbox(&mut self, blob: B256) {
        let owner = self.carriers.values().flatten().find(|carrier| carrier.hashes.contains(&blob));
        if let Some(to) = owner.map(|carrier| carrier.to) {
            self.prefer_inbox(to);
        }
    }

    fn prefer_inbox(&mut self, inbox: Address) {
        self.inboxes.retain(|known| *known != inbox);
        self.inboxes.push_front(inbox);
        self.inboxes.truncate(MOST_INBOXES);
    }

    /// The block in which this blob was published.
    pub(crate) fn block_of_blob(&self, blob: B256) -> Option<B256> {
        let mut blocks = self.carriers.iter();
        let has = |carriers: &[Carrier]| carriers.iter().any(|carrier| carrier.hashes.contains(&blob));
        blocks.find(|(_, carriers)| has(carriers)).map(|(block, _)| *block)
    }

    /// The blobs of an L1 block that the program is likely to read.
    pub(crate) fn likely_blobs(&self, block: B256) -> Vec<B256> {
        let carriers = self.carriers.get(&block).into_iter().flatten();
        let likely = carriers.filter(|carrier| self.inboxes.contains(&carrier.to));
        likely.flat_map(|carrier| carrier.hashes.iter().copied()).collect()
    }

    /// Takes note of a hint that is no answer in itself, but tells what state is read.
    pub(crate) fn announce(&mut self, request: &Request) {
        match request {
            Request::Account { block, .. } | Request::Slot { block, .. } => {
                let number = match block {
                    BlockRef::Number(number) => Some(*number),
                    BlockRef::Hash(hash) => self.facts(*hash).map(|facts| facts.number),
                };
                if let Some(next) = number.and_then(|number| number.checked_add(1)) {
                    self.consume_block(next);
                }
                self.announced.retain(|known| known != request);
                self.announced.push_front(request.clone());
                self.announced.truncate(MOST_ANNOUNCED);
            }
            Request::Payload { .. } => self.payload = Some(request.clone()),
            _ => {}
        }
    }

    /// The accounts and slots that were announced, the last first.
    pub(crate) fn announced(&self) -> impl Iterator<Item = &Request> {
        self.announced.iter()
    }

    pub(crate) fn learn_code(&mut self, code: B256, owner: Address, block: BlockRef) {
        self.code_owners.insert(code, (owner, block));
    }

    pub(crate) fn code_owner(&self, code: B256) -> Option<(Address, BlockRef)> {
        self.code_owners.get(&code).copied()
    }

    /// Takes note that the node with this name answered this request.
    pub(crate) fn learn_answer(&mut self, request: &Request, name: &str, answer: AnswerNumber) {
        let mut answers = self.answers.get(request).cloned().unwrap_or_default();
        answers.insert(name.to_owned(), answer);
        self.answers.insert(request.clone(), answers);
    }

    /// The number of the last answer to this request, if it was answered.
    pub(crate) fn last_answer(&self, request: &Request) -> Option<AnswerNumber> {
        self.answers.get(request)?.values().max().copied()
    }

    /// The number of the answer of the node with this name, if it answered this request.
    pub(crate) fn answer_of(&self, name: &str, request: &Request) -> Option<AnswerNumber> {
        self.answers.get(request)?.get(name).copied()
    }

    /// The block in whose state the answer to this request lies, if its hash is beyond doubt and its header is known.
    pub(crate) fn trusted_block(&self, request: &Request) -> Option<(B256, Facts)> {
        let numbered = |number: u64| {
            let agreed = self.agreed_head?;
            Some(agreed).filter(|hash| self.facts(*hash).is_some_and(|facts| facts.number == number))
        };
        let hash = match request {
            Request::Account { block, .. } | Request::Slot { block, .. } => match block {
                BlockRef::Hash(hash) => Some(*hash),
                BlockRef::Number(number) => numbered(*number),
            },
            Request::Payload { parent, .. } => Some(*parent),
            Request::Execution { number } => numbered(number.checked_sub(1)?),
            Request::BlockHash { head, .. } => Some(*head),
            _ => None,
        }?;
        Some((hash, self.facts(hash)?))
    }

    /// The node with this name does not have trie nodes under their hashes.
    pub(crate) fn learn_without_nodes(&mut self, name: &str) {
        self.without_nodes.insert(name.to_owned(), Instant::now());
    }

    /// Whether the node with this name is known not to have trie nodes under their hashes.
    pub(crate) fn is_without_nodes(&self, name: &str) -> bool {
        self.without_nodes.get(&name.to_owned()).is_some_and(|since| since.elapsed() < NO_NODES)
    }

    /// The witness of the block with this number came.
    pub(crate) fn learn_witness(&mut self, number: u64, contents: Contents) {
        self.witnesses.insert(number, contents);
        self.no_witness = None;
    }

    /// The program reads this node or code: it is at the block whose witness has it.
    pub(crate) fn consume(&mut self, hash: B256) {
        if let Some(number) = self.witnesses.block_with(PreimageKey::new_keccak256(hash.0)) {
            self.consume_block(number);
        }
    }

    /// The program reads the state that the block with this number reads.
    pub(crate) fn consume_block(&mut self, number: u64) {
        self.consumed = self.consumed.max(Some(number));
        self.witnesses.forget_before(number);
    }

    /// The number of the block that the program is at, as far as it is known.
    fn at(&self) -> Option<u64> {
        self.consumed.or_else(|| self.base?.checked_add(1))
    }

    /// The witnesses to read next. To know their numbers, the agreed header may have to be read first.
    pub(crate) fn next_witnesses(&self) -> Vec<Request> {
        if !self.may_have_witness() {
            return Vec::new();
        }
        let Some(at) = self.at() else {
            let header = self.agreed_head.map(|hash| Request::Header { chain: Chain::L2, hash });
            return header.into_iter().collect();
        };
        let unclaimed = at.saturating_add(WITNESSES_AHEAD);
        let last = self.claim.map_or(unclaimed, |claim| claim.claimed_block);
        let numbers = self.witnesses.next(at, last).into_iter();
        numbers.map(|number| Request::Execution { number }).collect()
    }

    /// The agreed block, if it is not known which block the program is at.
    pub(crate) fn unknown_base(&self) -> Option<B256> {
        self.agreed_head.filter(|_| self.consumed.is_none() && self.base.is_none())
    }

    /// Proofs of the account that a program reads for the output root, around the block that it is at. Its execution does
    /// not read it, so that it is in no witness.
    pub(crate) fn output_proofs(&self) -> Vec<Request> {
        let at = self.at();
        let blocks = at.into_iter().flat_map(|at| at.saturating_sub(1)..=at.saturating_add(1));
        let account = |number| Request::Account { block: BlockRef::Number(number), address: MESSAGE_PASSER };
        blocks.map(account).collect()
    }

    /// The witnesses that may have a node that is missing: that of the payload which was announced, and those from the block
    /// that the program is known to be at. It may be further on.
    pub(crate) fn witness_candidates(&self) -> impl Iterator<Item = Request> + use<> {
        let last = self.claim.map(|claim| claim.claimed_block);
        let numbers = self.at().map(|at| at..=last.unwrap_or(at.saturating_add(1)));
        let executions = numbers.into_iter().flatten().map(|number| Request::Execution { number });
        self.payload.clone().into_iter().chain(executions)
    }

    /// No node gave a witness.
    pub(crate) fn learn_no_witness(&mut self) {
        self.no_witness = Some(Instant::now());
    }

    /// Whether a witness may be had.
    pub(crate) fn may_have_witness(&self) -> bool {
        self.no_witness.is_none_or(|since| since.elapsed() >= NO_WITNESS)
    }

    /// A fetch waited too long for this request.
    pub(crate) fn learn_slow(&mut self, request: Request) {
        self.slow.insert(request, ());
    }

    pub(crate) fn is_slow(&self, request: &Request) -> bool {
        self.slow.get(request).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(number: u64) -> Facts {
        let hash = B256::ZERO;
        Facts {
            parent: hash,
            state_root: hash,
            transactions_root: hash,
            receipts_root: hash,
            number,
            time: 0,
            withdrawals_root: None,
        }
    }

    #[test]
    fn the_first_l2_header_is_the_base() {
        let memory = Memory::new(None);
        let mut learned = memory.lock();
        learned.learn_header(Chain::L1, B256::repeat_byte(1), facts(100));
        assert_eq!((learned.base, learned.l1_hash(100)), (None, Some(B256::repeat_byte(1))));
        learned.learn_header(Chain::L2, B256::repeat_byte(2), facts(7));
        learned.learn_header(Chain::L2, B256::repeat_byte(3), facts(6));
        assert_eq!((learned.base, learned.l1_hash(7)), (Some(7), None));
    }

    #[test]
    fn where_the_agreed_block_is_known_it_is_the_base() {
        let agreed = B256::repeat_byte(1);
        let memory = Memory::new(Some(agreed));
        let mut learned = memory.lock();
        learned.learn_header(Chain::L2, B256::repeat_byte(2), facts(7));
        assert_eq!(learned.next_witnesses(), [Request::Header { chain: Chain::L2, hash: agreed }]);
        learned.learn_header(Chain::L2, agreed, facts(9));
        assert_eq!(learned.next_witnesses(), [10, 11, 12].map(|number| Request::Execution { number }));
    }

    #[test]
    fn the_last_announcement_comes_first_and_once() {
        let memory = Memory::new(None);
        let mut learned = memory.lock();
        let account =
            |byte| Request::Account { block: BlockRef::Number(1), address: Address::repeat_byte(byte) };
        for byte in [1, 2, 1] {
            learned.announce(&account(byte));
        }
        assert!(learned.announced().eq(&[account(1), account(2)]));
        (0..=255).for_each(|byte| learned.announce(&account(byte)));
        assert_eq!(learned.announced().count(), MOST_ANNOUNCED);
    }

    #[test]
    fn blobs_of_the_same_receiver_are_likely() {
        let memory = Memory::new(None);
        let mut learned = memory.lock();
        let carrier = |to, hashes: &[u8]| Carrier {
            to: Address::repeat_byte(to),
            hashes: hashes.iter().map(|byte| B256::repeat_byte(*byte)).collect(),
        };
        let (first, second) = (B256::repeat_byte(0xb1), B256::repeat_byte(0xb2));
        learned.carriers.insert(first, vec![carrier(1, &[1]), carrier(2, &[2, 3])]);
        learned.carriers.insert(second, vec![carrier(1, &[4]), carrier(2, &[5])]);
        assert!(learned.likely_blobs(second).is_empty());
        learned.learn_inbox(B256::repeat_byte(3));
        assert_eq!(learned.likely_blobs(second), [B256::repeat_byte(5)]);
        assert_eq!(learned.likely_blobs(first).len(), 2);
    }
}
