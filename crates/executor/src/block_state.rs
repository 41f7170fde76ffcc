//! The state while a block is built: reads and changes so far.

use alloc::vec::Vec;

use alloy_consensus::TrieAccount;
use alloy_primitives::{
    Address, B256, U256, keccak256,
    map::{AddressHashMap, B256HashMap, Entry, HashMap},
};
use revm::{
    Database,
    bytecode::Bytecode,
    primitives::KECCAK_EMPTY,
    state::{Account, AccountInfo, EvmState},
};
use tribunal_mpt::EMPTY_ROOT;

use crate::{ExecutionProvider, StateError, state::State};

/// The database of the EVM. It collects changes; the tries do not change until the block is known to be valid.
#[derive(Debug)]
pub(crate) struct BlockState<'a, P> {
    state: &'a mut State<P>,
    accounts: AddressHashMap<CachedAccount>,
    code: B256HashMap<Bytecode>,
}

/// An account that the block has read.
#[derive(Debug)]
struct CachedAccount {
    key: B256,
    before: Option<TrieAccount>,
    now: Option<AccountInfo>,
    changed: bool,
    /// The storage was cleared in this block: the trie's values no longer apply.
    wiped: bool,
    slots: HashMap<U256, CachedSlot>,
}

#[derive(Debug)]
struct CachedSlot {
    key: B256,
    before: U256,
    now: U256,
}

/// The changes of a block, sorted by hashed keys.
#[derive(Debug)]
pub(crate) struct Changes {
    pub(crate) accounts: Vec<AccountChange>,
    /// Code that the block deployed.
    pub(crate) code: B256HashMap<Bytecode>,
}

/// A changed account.
#[derive(Debug)]
pub(crate) struct AccountChange {
    pub(crate) address: Address,
    pub(crate) key: B256,
    pub(crate) before: Option<TrieAccount>,
    /// `None` if the account was deleted.
    pub(crate) now: Option<AccountInfo>,
    /// The storage is cleared before `slots` apply.
    pub(crate) wiped: bool,
    /// Hashed slots and their new values, sorted; zero deletes.
    pub(crate) slots: Vec<(B256, U256)>,
}

impl<'a, P: ExecutionProvider> BlockState<'a, P> {
    pub(crate) fn new(state: &'a mut State<P>) -> Self {
        Self { state, accounts: AddressHashMap::default(), code: B256HashMap::default() }
    }

    fn account(&mut self, address: Address) -> Result<&mut CachedAccount, StateError> {
        match self.accounts.entry(address) {
            Entry::Occupied(entry) => Ok(entry.into_mut()),
            Entry::Vacant(entry) => {
                let key = keccak256(address);
                let before = self.state.account(address, key)?;
                Ok(entry.insert(CachedAccount::new(key, before)))
            }
        }
    }

    /// The nonce of an account, 0 if it does not exist.
    pub(crate) fn nonce(&mut self, address: Address) -> Result<u64, StateError> {
        Ok(self.account(address)?.now.as_ref().map_or(0, |info| info.nonce))
    }

    /// Sets the code of an account, and no other field.
    pub(crate) fn set_code(&mut self, address: Address, code: Bytecode) -> Result<(), StateError> {
        let hash = code.hash_slow();
        let account = self.account(address)?;
        account.now.get_or_insert_default().code_hash = hash;
        account.changed = true;
        if let Some(info) = &mut account.now {
            info.code = None;
        }
        self.code.insert(hash, code);
        Ok(())
    }

    /// Applies the changes of a transaction.
    pub(crate) fn commit(&mut self, changes: EvmState) {
        for (address, account) in changes {
            if account.is_touched() {
                self.commit_account(address, account);
            }
        }
    }

    fn commit_account(&mut self, address: Address, account: Account) {
        // The EVM has loaded every account that it touches.
        let Some(cached) = self.accounts.get_mut(&address) else { return };
        if account.is_selfdestructed() || account.is_empty() {
            cached.changed |= cached.now.is_some();
            cached.now = None;
            cached.wipe();
            return;
        }
        if account.is_created() {
            cached.wipe();
        }
        for (index, slot) in account.changed_storage_slots() {
            let now = slot.present_value();
            match cached.slots.entry(*index) {
                Entry::Occupied(mut entry) => entry.get_mut().now = now,
                Entry::Vacant(entry) => {
                    entry.insert(CachedSlot { key: hash_index(index), before: U256::ZERO, now });
                }
            }
        }
        cached.changed = true;
        let mut info = account.info;
        let known = cached.now.as_ref().map_or(KECCAK_EMPTY, |now| now.code_hash);
        if info.code_hash != known
            && info.code_hash != KECCAK_EMPTY
            && let Some(code) = &info.code
        {
            self.code.insert(info.code_hash, code.clone());
        }
        if info.code_hash == KECCAK_EMPTY {
            info.code = None;
        }
        cached.now = Some(info);
    }

    /// The changes of the whole block.
    pub(crate) fn into_changes(self) -> Changes {
        let changed = self.accounts.into_iter().filter(|(_, account)| account.changed);
        let mut accounts: Vec<_> = changed.map(|(address, account)| account.into_change(address)).collect();
        accounts.sort_unstable_by_key(|change| change.key);
        Changes { accounts, code: self.code }
    }
}

impl CachedAccount {
    fn new(key: B256, before: Option<TrieAccount>) -> Self {
        let now = before.map(|account| AccountInfo {
            balance: account.balance,
            nonce: account.nonce,
            code_hash: account.code_hash,
            account_id: None,
            code: None,
        });
        Self { key, before, now, changed: false, wiped: false, slots: HashMap::default() }
    }

    fn wipe(&mut self) {
        self.wiped = true;
        self.slots.clear();
    }

    fn into_change(self, address: Address) -> AccountChange {
        let wiped = self.wiped;
        let changed = self
            .slots
            .into_values()
            .filter(|slot| if wiped { !slot.now.is_zero() } else { slot.now != slot.before });
        let mut slots: Vec<_> = changed.map(|slot| (slot.key, slot.now)).collect();
        slots.sort_unstable_by_key(|(key, _)| *key);
        AccountChange { address, key: self.key, before: self.before, now: self.now, wiped, slots }
    }
}

impl<P: ExecutionProvider> Database for BlockState<'_, P> {
    type Error = StateError;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, StateError> {
        Ok(self.account(address)?.now.clone())
    }

    fn code_by_hash(&mut self, hash: B256) -> Result<Bytecode, StateError> {
        match self.code.get(&hash) {
            Some(code) => Ok(code.clone()),
            None => self.state.code.get(hash, &self.state.nodes.provider),
        }
    }

    fn storage(&mut self, address: Address, index: U256) -> Result<U256, StateError> {
        self.account(address)?;
        let Some(account) = self.accounts.get_mut(&address) else { return Ok(U256::ZERO) };
        match account.slots.entry(index) {
            Entry::Occupied(entry) => Ok(entry.get().now),
            Entry::Vacant(entry) => {
                let root = match account.before {
                    Some(before) if !account.wiped => before.storage_root,
                    _ => EMPTY_ROOT,
                };
                if root == EMPTY_ROOT {
                    return Ok(U256::ZERO);
                }
                let key = hash_index(&index);
                let value = self.state.slot(address, root, index, key)?;
                entry.insert(CachedSlot { key, before: value, now: value });
                Ok(value)
            }
        }
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, StateError> {
        self.state.ancestors.hash(number, &self.state.nodes.provider)
    }
}

fn hash_index(index: &U256) -> B256 {
    keccak256(index.to_be_bytes::<32>())
}
