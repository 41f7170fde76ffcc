//! The L2 genesis: predeploys, contracts to call, and funded accounts.

use alloy_consensus::{EMPTY_ROOT_HASH, Header, Sealed, TrieAccount, constants::EMPTY_OMMER_ROOT_HASH};
use alloy_primitives::{Address, B256, Bytes, U256, address, keccak256};
use tribunal_mpt::{Trie, TrieError};

use crate::{
    contracts,
    preimages::Preimages,
    transactions::{BURNER, CALLER, ENVIRONMENT, MESSAGE_PASSER, REVERTER, STORAGE},
};

/// The fee recipient of every L2 block.
const SEQUENCER_FEE_VAULT: Address = address!("0x4200000000000000000000000000000000000011");

/// Predeploys have addresses in one range. The last byte of those in use is below this.
const LAST_PREDEPLOY: u8 = 0x2f;

/// Gas limit of the L2 chain.
pub(crate) const GAS_LIMIT: u64 = 60_000_000;

/// Writes the genesis state and header. Returns the header.
pub(crate) fn write(
    timestamp: u64,
    funded: impl Iterator<Item = Address>,
    preimages: &Preimages,
) -> Result<Sealed<Header>, TrieError> {
    let mut state = Trie::new();
    let mut add = |address: Address, balance: U256, code: &Bytes| -> Result<(), TrieError> {
        let account = TrieAccount {
            nonce: u64::from(!code.is_empty()),
            balance,
            storage_root: EMPTY_ROOT_HASH,
            code_hash: preimages.keccak(code.clone()),
        };
        state.insert(keccak256(address).as_slice(), alloy_rlp::encode(account).into(), preimages)
    };
    let none = Bytes::new();
    for address in funded {
        add(address, U256::from(10u128.pow(24)), &none)?;
    }
    for last in 0..=LAST_PREDEPLOY {
        let mut address = address!("0x4200000000000000000000000000000000000000");
        address.0[19] = last;
        if address != MESSAGE_PASSER {
            add(address, U256::ZERO, &contracts::proxy())?;
        }
    }
    for (address, code) in [
        (MESSAGE_PASSER, contracts::storage()),
        (STORAGE, contracts::storage()),
        (ENVIRONMENT, contracts::environment()),
        (CALLER, contracts::caller()),
        (REVERTER, contracts::reverter()),
        (BURNER, contracts::burner()),
    ] {
        add(address, U256::ZERO, &code)?;
    }
    // The root of the empty trie needs its pre-image too.
    preimages.keccak(vec![alloy_rlp::EMPTY_STRING_CODE]);
    let header = Header {
        ommers_hash: EMPTY_OMMER_ROOT_HASH,
        beneficiary: SEQUENCER_FEE_VAULT,
        state_root: preimages.trie_root(&mut state),
        transactions_root: EMPTY_ROOT_HASH,
        receipts_root: EMPTY_ROOT_HASH,
        withdrawals_root: Some(EMPTY_ROOT_HASH),
        gas_limit: GAS_LIMIT,
        timestamp,
        mix_hash: B256::ZERO,
        base_fee_per_gas: Some(1_000_000_000),
        ..Default::default()
    };
    let hash = preimages.keccak(alloy_rlp::encode(&header));
    Ok(Sealed::new_unchecked(header, hash))
}
