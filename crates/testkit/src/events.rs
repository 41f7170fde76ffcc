//! Logs of deposits and of SystemConfig updates on L1.

use alloy_primitives::{Address, B256, Bytes, Log, LogData, U256, b256, keccak256};

use crate::{
    rng::Rng,
    transactions::{REVERTER, STORAGE},
};

/// `ConfigUpdate(uint256,uint8,bytes)`.
const CONFIG_UPDATE: B256 = b256!("1d2b0bda21d56b8bd12d4f94ebacffdfb35f5e226f84b461103bb8beab6353be");

/// Gas limit of every deposit.
const DEPOSIT_GAS: u64 = 200_000;

/// The log of a random deposit at `portal`: one that mints, calls, creates, or reverts.
pub(crate) fn deposit(rng: &mut Rng, portal: Address) -> Log {
    let topic = keccak256("TransactionDeposited(address,address,uint256,bytes)");
    let (to, creation, data): (Address, bool, Bytes) = match rng.range(0, 4) {
        0 => (rng.address(), false, Bytes::new()),
        1 => (STORAGE, false, [B256::with_last_byte(1).0, rng.b256().0].concat().into()),
        2 => (REVERTER, false, rng.bytes(0, 64)),
        _ => (Address::ZERO, true, crate::contracts::deployer(&rng.bytes(1, 64), false)),
    };
    let mint = U256::from(rng.range(0, 1 << 50));
    let value = if rng.one_in(2) { mint } else { U256::ZERO };
    let mut opaque = Vec::with_capacity(73 + data.len());
    opaque.extend_from_slice(&mint.to_be_bytes::<32>());
    opaque.extend_from_slice(&value.to_be_bytes::<32>());
    opaque.extend_from_slice(&DEPOSIT_GAS.to_be_bytes());
    opaque.push(u8::from(creation));
    opaque.extend_from_slice(&data);
    let topics = vec![topic, rng.address().into_word(), to.into_word(), B256::ZERO];
    Log { address: portal, data: LogData::new_unchecked(topics, abi_bytes(&opaque)) }
}

/// The log of an update of type `kind` (batcher 0, fees 1, gas limit 2, …) with the payload `words`.
pub(crate) fn config_update(system_config: Address, kind: u8, words: &[U256]) -> Log {
    let payload: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes::<32>()).collect();
    let topics = vec![CONFIG_UPDATE, B256::ZERO, B256::with_last_byte(kind)];
    Log { address: system_config, data: LogData::new_unchecked(topics, abi_bytes(&payload)) }
}

/// ABI encoding of a single `bytes` argument.
fn abi_bytes(payload: &[u8]) -> Bytes {
    let mut data = U256::from(32).to_be_bytes::<32>().to_vec();
    data.extend_from_slice(&U256::from(payload.len()).to_be_bytes::<32>());
    data.extend_from_slice(payload);
    data.resize(data.len().next_multiple_of(32), 0);
    data.into()
}
