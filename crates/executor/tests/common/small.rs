//! A chain of our own, with the accounts that a test gives it.

use std::sync::{Arc, Mutex};

use alloy_consensus::{
    EMPTY_ROOT_HASH, Header, Sealable, SignableTransaction, TrieAccount, TxEip1559, TxEnvelope,
};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{
    Address, B64, B256, Bytes, KECCAK256_EMPTY, Signature, U256, address, b256, keccak256, uint,
};
use alloy_rlp::Decodable;
use op_alloy_consensus::TxDeposit;
use op_alloy_rpc_types_engine::OpPayloadAttributes;
use tribunal_executor::{ExecutionProvider, Executor, InProcess};
use tribunal_mpt::{MemoryProvider, ProviderError, Trie, TrieHinter, TrieProvider};
use tribunal_rollup::{Fork, ForkTimes, RollupConfig, registry};

pub(crate) const CHAIN_ID: u64 = 10;
pub(crate) const GENESIS_TIME: u64 = 1_000;
pub(crate) const BASE_FEE: u64 = 1_000;

/// The state behind the chain.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memory {
    nodes: Arc<Mutex<MemoryProvider>>,
    accounts: Trie,
}

impl TrieProvider for Memory {
    fn trie_node_preimage(&self, hash: B256) -> Result<Bytes, ProviderError> {
        self.nodes.lock().unwrap().trie_node_preimage(hash)
    }
}

impl TrieHinter for Memory {}

impl ExecutionProvider for Memory {
    fn bytecode_by_hash(&self, hash: B256) -> Result<Bytes, ProviderError> {
        self.nodes.lock().unwrap().trie_node_preimage(hash)
    }

    fn header_by_hash(&self, hash: B256) -> Result<Header, ProviderError> {
        Err(format!("header {hash} is not there").into())
    }

    fn keep(&self, preimage: &[u8]) {
        self.nodes.lock().unwrap().insert(preimage.to_vec());
    }
}

impl Memory {
    pub(crate) fn with(mut self, address: Address, nonce: u64, balance: u64, code: &[u8]) -> Self {
        let code_hash =
            if code.is_empty() { KECCAK256_EMPTY } else { self.nodes.lock().unwrap().insert(code.to_vec()) };
        let balance = U256::from(balance);
        self.insert_account(
            address,
            TrieAccount { nonce, balance, storage_root: EMPTY_ROOT_HASH, code_hash },
        );
        self
    }

    /// An account with nothing but storage slots.
    pub(crate) fn with_storage(mut self, address: Address, slots: &[(u64, U256)]) -> Self {
        let mut storage = Trie::new();
        for (index, value) in slots {
            let key = keccak256(U256::from(*index).to_be_bytes::<32>());
            storage.insert(key.as_slice(), alloy_rlp::encode(value).into(), &self).unwrap();
        }
        let storage_root = storage.root_with(|_, node| self.keep(node));
        let account = TrieAccount { nonce: 1, balance: U256::ZERO, storage_root, code_hash: KECCAK256_EMPTY };
        self.insert_account(address, account);
        self
    }

    pub(crate) fn insert_account(&mut self, address: Address, account: TrieAccount) {
        let account = Bytes::from(alloy_rlp::encode(account));
        let nodes = Arc::clone(&self.nodes);
        self.accounts.insert(keccak256(address).as_slice(), account, &*nodes.lock().unwrap()).unwrap();
    }

    pub(crate) fn root(&mut self) -> B256 {
        let nodes = Arc::clone(&self.nodes);
        self.accounts.root_with(|_, node| {
            nodes.lock().unwrap().insert(node.to_vec());
        })
    }

    /// An account in the state with this root, which a block may have left.
    pub(crate) fn account(&self, root: B256, address: Address) -> TrieAccount {
        let mut trie = Trie::from_root(root);
        let account = trie.get(keccak256(address).as_slice(), self).unwrap().unwrap();
        TrieAccount::decode(&mut &account[..]).unwrap()
    }

    /// An executor on a first block with this state.
    pub(crate) fn executor(mut self, config: &RollupConfig) -> Executor<Self, InProcess> {
        let holocene = config.is_holocene_active(GENESIS_TIME);
        let jovian = config.is_jovian_active(GENESIS_TIME);
        let extra: &[u8] = match (holocene, jovian) {
            (false, _) => &[],
            (true, false) => &[0, 0, 0, 0, 250, 0, 0, 0, 6],
            (true, true) => &[1, 0, 0, 0, 250, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0],
        };
        let genesis = Header {
            state_root: self.root(),
            gas_limit: 60_000_000,
            gas_used: 10_000_000, // at the target: the base fee stays
            blob_gas_used: Some(0),
            base_fee_per_gas: Some(BASE_FEE),
            timestamp: GENESIS_TIME,
            extra_data: Bytes::copy_from_slice(extra),
            ..Header::default()
        };
        Executor::new(Arc::new(config.clone()), self, InProcess, genesis.seal_slow())
    }
}

pub(crate) fn config(fork: Fork) -> RollupConfig {
    let mut config = registry::rollup_config(CHAIN_ID).unwrap();
    config.forks = ForkTimes::all_until(fork);
    config
}

/// Attributes of the block after the first.
pub(crate) fn attributes(config: &RollupConfig, transactions: Vec<Bytes>) -> OpPayloadAttributes {
    let timestamp = GENESIS_TIME + 2;
    let mut attributes = OpPayloadAttributes {
        transactions: Some(transactions),
        gas_limit: Some(60_000_000),
        eip_1559_params: config.is_holocene_active(timestamp).then_some(B64::ZERO),
        min_base_fee: config.is_jovian_active(timestamp).then_some(0),
        ..OpPayloadAttributes::default()
    };
    attributes.payload_attributes.timestamp = timestamp;
    attributes.payload_attributes.parent_beacon_block_root =
        config.is_ecotone_active(timestamp).then_some(B256::repeat_byte(0xbe));
    attributes
}

pub(crate) fn deposit(tx: TxDeposit) -> Bytes {
    let source_hash = b256!("00000000000000000000000000000000000000000000000000000000deadbeef");
    TxDeposit { source_hash, ..tx }.encoded_2718().into()
}

/// An L1-info deposit of Jovian's format. Nothing is at the address it goes to.
pub(crate) fn jovian_l1_info(footprint_scalar: u16) -> Bytes {
    let mut input = vec![0x3d, 0xb6, 0xbe, 0x2b];
    input.resize(176, 0);
    input.extend_from_slice(&footprint_scalar.to_be_bytes());
    let to = address!("4200000000000000000000000000000000000015").into();
    deposit(TxDeposit { to, gas_limit: 1_000_000, input: input.into(), ..TxDeposit::default() })
}

/// Signs a transaction with a signature out of thin air, for which there is a sender as for any other.
pub(crate) fn signed(tx: TxEip1559) -> (Bytes, Address) {
    // The x coordinate of the generator: a curve point with this coordinate exists.
    let r = uint!(0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798_U256);
    let tx = tx.into_signed(Signature::new(r, U256::from(1), false));
    let sender = tx.recover_signer().unwrap();
    (TxEnvelope::from(tx).encoded_2718().into(), sender)
}

/// A transfer that goes through once the sender has the money.
pub(crate) fn transfer() -> TxEip1559 {
    TxEip1559 {
        chain_id: CHAIN_ID,
        nonce: 0,
        gas_limit: 21_000,
        max_fee_per_gas: 2_000,
        max_priority_fee_per_gas: 1,
        to: Address::repeat_byte(0xaa).into(),
        ..TxEip1559::default()
    }
}
