//! The state after the last block: tries, code, block hashes.

use alloc::vec::Vec;
use core::cell::Cell;

use alloy_consensus::{Header, Sealed, TrieAccount};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256, map::AddressHashMap};
use alloy_rlp::Decodable;
use tribunal_mpt::{EMPTY_ROOT, ProviderError, Trie, TrieHinter, TrieProvider};

use crate::{
    ExecutionProvider, StateError,
    ancestors::Ancestors,
    block_state::{AccountChange, Changes},
    code::CodeStore,
};

/// The default node budget, in bytes.
const NODE_BUDGET: usize = 32 << 20;

#[derive(Debug, Clone)]
pub(crate) struct State<P> {
    pub(crate) nodes: Counted<P>,
    pub(crate) code: CodeStore,
    pub(crate) ancestors: Ancestors,
    accounts: Trie,
    /// The open storage tries. The root of each is the one in its account.
    storages: AddressHashMap<StorageTrie>,
    /// Bytes of nodes that are fetched before those that no block has changed are dropped.
    pub(crate) node_budget: usize,
}

#[derive(Debug, Clone)]
struct StorageTrie {
    trie: Trie,
    /// Whether the trie holds nodes that the provider may not have.
    written: bool,
}

/// The provider, with a counter for the nodes that it serves.
#[derive(Debug, Clone)]
pub(crate) struct Counted<P> {
    pub(crate) provider: P,
    /// Bytes of nodes served since nodes were last dropped.
    fetched: Cell<usize>,
    /// What is read. It is announced before the first node that is served for it.
    read: Cell<Option<Read>>,
}

/// An account, or a slot of it, in the state of a block.
#[derive(Debug, Clone, Copy)]
struct Read {
    address: Address,
    slot: Option<U256>,
    block: u64,
}

impl<P: TrieProvider + TrieHinter> Counted<P> {
    /// Nodes that are served meanwhile are read for this.
    fn reading<T>(&self, read: Read, get: impl FnOnce(&Self) -> T) -> T {
        self.read.set(Some(read));
        let result = get(self);
        self.read.set(None);
        result
    }
}

impl<P: TrieProvider + TrieHinter> TrieProvider for Counted<P> {
    fn trie_node_preimage(&self, hash: B256) -> Result<Bytes, ProviderError> {
        // Nodes of the chain that do not have trie nodes under their hashes have proofs.
        if let Some(Read { address, slot, block }) = self.read.take() {
            match slot {
                None => self.provider.hint_account_proof(address, block)?,
                Some(slot) => self.provider.hint_storage_proof(address, slot, block)?,
            }
        }
        let node = self.provider.trie_node_preimage(hash)?;
        self.fetched.set(self.fetched.get().saturating_add(node.len()));
        Ok(node)
    }
}

impl<P: ExecutionProvider> State<P> {
    pub(crate) fn new(provider: P, parent: &Sealed<Header>) -> Self {
        Self {
            nodes: Counted { provider, fetched: Cell::new(0), read: Cell::new(None) },
            code: CodeStore::default(),
            ancestors: Ancestors::new(parent),
            accounts: Trie::from_root(parent.state_root),
            storages: AddressHashMap::default(),
            node_budget: NODE_BUDGET,
        }
    }

    /// The account of `address`, whose hash is `key`.
    pub(crate) fn account(&mut self, address: Address, key: B256) -> Result<Option<TrieAccount>, StateError> {
        let read = Read { address, slot: None, block: self.ancestors.head() };
        let value = self.nodes.reading(read, |nodes| self.accounts.get(key.as_slice(), nodes))?;
        let Some(value) = value else { return Ok(None) };
        decode_exact(value).map(Some).ok_or(StateError::Malformed { what: "account", key })
    }

    /// The value of the slot `index`, whose hash is `key`, in the storage of `address` with this root.
    pub(crate) fn slot(
        &mut self,
        address: Address,
        root: B256,
        index: U256,
        key: B256,
    ) -> Result<U256, StateError> {
        if root == EMPTY_ROOT {
            return Ok(U256::ZERO);
        }
        let storage = self.storages.entry(address).or_insert_with(|| StorageTrie::open(root));
        let read = Read { address, slot: Some(index), block: self.ancestors.head() };
        let value = self.nodes.reading(read, |nodes| storage.trie.get(key.as_slice(), nodes))?;
        let Some(value) = value else { return Ok(U256::ZERO) };
        decode_exact(value).ok_or(StateError::Malformed { what: "storage slot", key })
    }

    /// The storage root of an account; that of the empty trie if there is no such account.
    pub(crate) fn storage_root(&mut self, address: Address) -> Result<B256, StateError> {
        let account = self.account(address, keccak256(address))?;
        Ok(account.map_or(EMPTY_ROOT, |account| account.storage_root))
    }

    /// Applies the changes of a block to the tries and returns the state root.
    ///
    /// Keys are set before others are deleted: otherwise a branch that loses one child and gains another would collapse in
    /// between, for which a sibling would be fetched that is not in the witness.
    pub(crate) fn apply(&mut self, changes: Changes) -> Result<B256, StateError> {
        let mut gone = Vec::new();
        for mut change in changes.accounts {
            let Some(now) = change.now.take() else {
                self.storages.remove(&change.address);
                if change.before.is_some() {
                    gone.push(change.key);
                }
                continue;
            };
            let account = TrieAccount {
                nonce: now.nonce,
                balance: now.balance,
                storage_root: self.update_storage(&change)?,
                code_hash: now.code_hash,
            };
            if change.before != Some(account) {
                let value = Bytes::from(alloy_rlp::encode(account));
                self.accounts.insert(change.key.as_slice(), value, &self.nodes)?;
            }
        }
        for key in gone {
            self.accounts.delete(key.as_slice(), &self.nodes)?;
        }
        for code in changes.code.values() {
            self.nodes.provider.keep(code.original_byte_slice());
        }
        self.code.deploy(changes.code);
        let root = self.accounts.root_with(|_, node| self.nodes.provider.keep(node));
        if self.nodes.fetched.get() > self.node_budget {
            self.forget_fetched();
        }
        Ok(root)
    }

    /// Drops the nodes that the provider can serve again, so that memory does not grow with every read.
    fn forget_fetched(&mut self) {
        self.accounts.forget_fetched();
        self.storages.retain(|_, storage| storage.written);
        for storage in self.storages.values_mut() {
            storage.trie.forget_fetched();
        }
        self.nodes.fetched.set(0);
    }

    /// The storage root of a changed account that still exists.
    fn update_storage(&mut self, change: &AccountChange) -> Result<B256, StateError> {
        let root = change.before.map_or(EMPTY_ROOT, |account| account.storage_root);
        if change.wiped {
            self.storages.remove(&change.address);
        }
        let root = if change.wiped { EMPTY_ROOT } else { root };
        if change.slots.is_empty() {
            return Ok(root);
        }
        let storage = self.storages.entry(change.address).or_insert_with(|| StorageTrie::open(root));
        storage.written = true;
        for (key, value) in change.slots.iter().filter(|(_, value)| !value.is_zero()) {
            let value = Bytes::copy_from_slice(&alloy_rlp::encode_fixed_size(value));
            storage.trie.insert(key.as_slice(), value, &self.nodes)?;
        }
        for (key, _) in change.slots.iter().filter(|(_, value)| value.is_zero()) {
            storage.trie.delete(key.as_slice(), &self.nodes)?;
        }
        Ok(storage.trie.root_with(|_, node| self.nodes.provider.keep(node)))
    }
}

impl StorageTrie {
    fn open(root: B256) -> Self {
        Self { trie: Trie::from_root(root), written: false }
    }
}

fn decode_exact<T: Decodable>(mut bytes: &[u8]) -> Option<T> {
    T::decode(&mut bytes).ok().filter(|_| bytes.is_empty())
}
