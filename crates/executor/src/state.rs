//! The state after the last built block: tries, code, block hashes.

use alloc::vec::Vec;

use alloy_consensus::{Header, Sealed, TrieAccount};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256, map::AddressHashMap};
use alloy_rlp::Decodable;
use tribunal_mpt::{EMPTY_ROOT, Trie};

use crate::{
    ExecutionProvider, StateError,
    ancestors::Ancestors,
    block_state::{AccountChange, Changes},
    code::CodeStore,
};

/// Blocks after which a storage trie that was only read is let go.
const IDLE_BLOCKS: u64 = 16;

#[derive(Debug, Clone)]
pub(crate) struct State<P> {
    pub(crate) provider: P,
    pub(crate) code: CodeStore,
    pub(crate) ancestors: Ancestors,
    accounts: Trie,
    /// The storage tries that were opened; the root of each is the one in its account.
    storages: AddressHashMap<StorageTrie>,
    /// Blocks applied so far.
    age: u64,
}

#[derive(Debug, Clone)]
struct StorageTrie {
    trie: Trie,
    /// Holds nodes that the provider need not know.
    written: bool,
    last_used: u64,
}

impl<P: ExecutionProvider> State<P> {
    pub(crate) fn new(provider: P, parent: &Sealed<Header>) -> Self {
        Self {
            provider,
            code: CodeStore::default(),
            ancestors: Ancestors::new(parent),
            accounts: Trie::from_root(parent.state_root),
            storages: AddressHashMap::default(),
            age: 0,
        }
    }

    /// The account whose hashed address is `key`.
    pub(crate) fn account(&mut self, key: B256) -> Result<Option<TrieAccount>, StateError> {
        let Some(value) = self.accounts.get(key.as_slice(), &self.provider)? else { return Ok(None) };
        decode_exact(value).map(Some).ok_or(StateError::Malformed { what: "account", key })
    }

    /// The value of the slot whose hashed index is `key`, in the storage of `address` with this root.
    pub(crate) fn slot(&mut self, address: Address, root: B256, key: B256) -> Result<U256, StateError> {
        if root == EMPTY_ROOT {
            return Ok(U256::ZERO);
        }
        let age = self.age;
        let storage = self.storages.entry(address).or_insert_with(|| StorageTrie::open(root));
        storage.last_used = age;
        let Some(value) = storage.trie.get(key.as_slice(), &self.provider)? else { return Ok(U256::ZERO) };
        decode_exact(value).ok_or(StateError::Malformed { what: "storage slot", key })
    }

    /// The storage root of an account, that of the empty trie when there is no such account.
    pub(crate) fn storage_root(&mut self, address: Address) -> Result<B256, StateError> {
        Ok(self.account(keccak256(address))?.map_or(EMPTY_ROOT, |account| account.storage_root))
    }

    /// Puts the changes of a block into the tries and returns the state root.
    ///
    /// Keys are set before others are deleted: a branch that loses one child and gains another must not collapse in
    /// between, which would take a sibling that nobody needs.
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
                self.accounts.insert(change.key.as_slice(), value, &self.provider)?;
            }
        }
        for key in gone {
            self.accounts.delete(key.as_slice(), &self.provider)?;
        }
        for code in changes.code.values() {
            self.provider.keep(code.original_byte_slice());
        }
        self.code.deploy(changes.code);
        self.age += 1;
        let age = self.age;
        self.storages.retain(|_, storage| storage.written || storage.last_used + IDLE_BLOCKS > age);
        Ok(self.accounts.root_with(|_, node| self.provider.keep(node)))
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
            storage.trie.insert(key.as_slice(), value, &self.provider)?;
        }
        for (key, _) in change.slots.iter().filter(|(_, value)| value.is_zero()) {
            storage.trie.delete(key.as_slice(), &self.provider)?;
        }
        Ok(storage.trie.root_with(|_, node| self.provider.keep(node)))
    }
}

impl StorageTrie {
    fn open(root: B256) -> Self {
        Self { trie: Trie::from_root(root), written: false, last_used: 0 }
    }
}

fn decode_exact<T: Decodable>(mut bytes: &[u8]) -> Option<T> {
    T::decode(&mut bytes).ok().filter(|_| bytes.is_empty())
}
