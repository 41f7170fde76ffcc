//! Deposits: L2 transactions that L1 forces, made from the portal's events.
//!
//! See the [specification](https://specs.optimism.io/protocol/deposits.html).

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, B256, Bytes, U256, b256, keccak256};
use alloy_rlp::{Encodable, Header};

use crate::{
    RollupError,
    receipts::{Log, logs},
};

/// EIP-2718 type of a deposit.
pub const DEPOSIT_TX_TYPE: u8 = 0x7e;

/// First topic of the portal's event `TransactionDeposited(address,address,uint256,bytes)`.
pub const DEPOSIT_EVENT: B256 = b256!("b3813568d9991fc951961fcb4c784893574240a28925604d09fc577c55bb7c32");

/// Shortest opaque data of a version 0 event: mint, value, gas limit and the creation flag.
const MIN_OPAQUE_LEN: usize = 32 + 32 + 8 + 1;

/// Where a deposit comes from. Its hash makes the deposit unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DepositSource<'a> {
    /// A user's deposit.
    User {
        /// Hash of the L1 block with the event.
        l1_block_hash: B256,
        /// Index of the event among all logs of that block.
        log_index: u64,
    },
    /// The L1 attributes of a block.
    L1Info {
        /// Hash of the L1 origin.
        l1_block_hash: B256,
        /// Place of the L2 block in its epoch.
        seq_num: u64,
    },
    /// A transaction of a network upgrade.
    Upgrade {
        /// The text that the upgrade's specification gives the transaction.
        intent: &'a str,
    },
}

impl DepositSource<'_> {
    /// The source hash.
    pub fn hash(&self) -> B256 {
        let (domain, id) = match *self {
            Self::User { l1_block_hash, log_index } => (0, keccak256(pair(l1_block_hash, log_index))),
            Self::L1Info { l1_block_hash, seq_num } => (1, keccak256(pair(l1_block_hash, seq_num))),
            Self::Upgrade { intent } => (2, keccak256(intent)),
        };
        let mut input = [0; 64];
        input[31] = domain;
        input[32..].copy_from_slice(id.as_slice());
        keccak256(input)
    }
}

/// `hash ++ number`, each a 32-byte word.
fn pair(hash: B256, number: u64) -> [u8; 64] {
    let mut words = [0; 64];
    words[..32].copy_from_slice(hash.as_slice());
    words[56..].copy_from_slice(&number.to_be_bytes());
    words
}

/// A deposit transaction.
///
/// ```
/// use alloy_primitives::Address;
/// use tribunal_rollup::deposits::DepositTx;
///
/// let deposit = DepositTx { to: Some(Address::ZERO), gas: 21_000, ..Default::default() };
/// assert_eq!(DepositTx::decode(&deposit.encode())?, deposit);
/// # Ok::<_, tribunal_rollup::RollupError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DepositTx {
    /// Hash of the [`DepositSource`].
    pub source_hash: B256,
    /// The sender.
    pub from: Address,
    /// The recipient; none creates a contract.
    pub to: Option<Address>,
    /// How much to mint to the sender first, in wei.
    pub mint: U256,
    /// How much to send, in wei.
    pub value: U256,
    /// The gas limit.
    pub gas: u64,
    /// Whether the gas does not count against the block's (before Regolith).
    pub is_system: bool,
    /// Call data or creation code.
    pub data: Bytes,
}

impl DepositTx {
    /// The transaction in EIP-2718 form.
    pub fn encode(&self) -> Bytes {
        let to: &[u8] = self.to.as_ref().map_or(&[], |to| to.as_slice());
        let fields: [&dyn Encodable; 8] = [
            &self.source_hash,
            &self.from,
            &to,
            &self.mint,
            &self.value,
            &self.gas,
            &self.is_system,
            &self.data,
        ];
        let payload_length = fields.iter().map(|field| field.length()).sum();
        let mut out = vec![DEPOSIT_TX_TYPE];
        out.reserve(payload_length + 9);
        Header { list: true, payload_length }.encode(&mut out);
        for field in fields {
            field.encode(&mut out);
        }
        out.into()
    }

    /// Decodes the EIP-2718 form.
    ///
    /// # Errors
    /// Another transaction type, or RLP that is not canonical or of another shape.
    pub fn decode(transaction: &[u8]) -> Result<Self, RollupError> {
        use alloy_rlp::{Decodable, Error};

        let Some((&DEPOSIT_TX_TYPE, mut list)) = transaction.split_first() else {
            return Err(RollupError::L2Block("transaction is not a deposit"));
        };
        let parse = |list: &mut &[u8]| -> Result<Self, Error> {
            let mut fields = Header::decode_bytes(list, true)?;
            let deposit = Self {
                source_hash: B256::decode(&mut fields)?,
                from: Address::decode(&mut fields)?,
                to: match Header::decode_bytes(&mut fields, false)? {
                    [] => None,
                    to => Some(Address::try_from(to).map_err(|_| Error::UnexpectedLength)?),
                },
                mint: U256::decode(&mut fields)?,
                value: U256::decode(&mut fields)?,
                gas: u64::decode(&mut fields)?,
                is_system: bool::decode(&mut fields)?,
                data: Bytes::decode(&mut fields)?,
            };
            if fields.is_empty() && list.is_empty() { Ok(deposit) } else { Err(Error::UnexpectedLength) }
        };
        parse(&mut list).map_err(RollupError::rlp("deposit transaction"))
    }

    /// The deposit of an event of the portal.
    fn from_log(log: &Log<'_>, l1_block_hash: B256) -> Result<Self, &'static str> {
        let [Some(from), Some(to), Some(version), None] = [1, 2, 3, 4].map(|index| log.topics.get(index))
        else {
            return Err("event has not four topics");
        };
        if version != B256::ZERO {
            return Err("unknown version");
        }
        let mut opaque = opaque_data(log.data)?;
        if opaque.len() < MIN_OPAQUE_LEN {
            return Err("opaque data is too short");
        }
        let mut word = |length: usize| {
            let (word, rest) = opaque.split_at(length);
            opaque = rest;
            word
        };
        let (mint, value) = (U256::from_be_slice(word(32)), U256::from_be_slice(word(32)));
        let gas = word(8).iter().fold(0, |gas, &byte| gas << 8 | u64::from(byte));
        let is_creation = word(1) != [0];
        let source = DepositSource::User { l1_block_hash, log_index: log.index };
        Ok(Self {
            source_hash: source.hash(),
            from: Address::from_word(from),
            to: (!is_creation).then(|| Address::from_word(to)),
            mint,
            value,
            gas,
            is_system: false,
            data: Bytes::copy_from_slice(opaque),
        })
    }
}

/// The byte string that is the only value in ABI-encoded event data. Data after it is an error.
fn opaque_data(data: &[u8]) -> Result<&[u8], &'static str> {
    let (Some((offset, rest)), 0) = (data.split_first_chunk::<32>(), data.len() % 32) else {
        return Err("event data is not a row of 32-byte words");
    };
    let Some((length, content)) = rest.split_first_chunk::<32>() else {
        return Err("event data is too short");
    };
    if U256::from_be_bytes(*offset) != U256::from(32) {
        return Err("opaque data does not lie where it should");
    }
    let opaque = usize::try_from(U256::from_be_bytes(*length)).ok().and_then(|length| content.get(..length));
    match opaque {
        Some(opaque) if opaque.len() + 32 > content.len() => Ok(opaque),
        _ => Err("opaque data is of another length than it says"),
    }
}

/// The deposits in the L1 block `l1_block_hash`, in order, each in EIP-2718 form. `receipts` are all receipts of the
/// block, in EIP-2718 form. `portal` is the deposit contract.
///
/// ```
/// use tribunal_rollup::deposits::user_deposits;
///
/// assert!(user_deposits(&[], Default::default(), Default::default())?.is_empty());
/// # Ok::<_, tribunal_rollup::RollupError>(())
/// ```
///
/// # Errors
/// A malformed receipt, or a malformed event of the portal. Derivation cannot skip either, and fails.
pub fn user_deposits(
    receipts: &[Bytes],
    l1_block_hash: B256,
    portal: Address,
) -> Result<Vec<Bytes>, RollupError> {
    let mut deposits = Vec::new();
    for log in logs(receipts) {
        let log = log?;
        if log.address != portal || !log.topics.starts_with(&DEPOSIT_EVENT) {
            continue;
        }
        let deposit = DepositTx::from_log(&log, l1_block_hash).map_err(|reason| RollupError::Deposit {
            contract: portal,
            log_index: log.index,
            reason,
        })?;
        deposits.push(deposit.encode());
    }
    Ok(deposits)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn event_topic() {
        assert_eq!(DEPOSIT_EVENT, keccak256("TransactionDeposited(address,address,uint256,bytes)"));
    }

    #[test]
    fn opaque_data_must_fit_exactly() {
        let words = |offset: u8, length: u64, content: usize| {
            let mut data = vec![0; 64 + content];
            data[31] = offset;
            data[56..64].copy_from_slice(&length.to_be_bytes());
            data
        };
        assert_eq!(opaque_data(&words(32, 33, 64)).map(<[u8]>::len), Ok(33));
        assert_eq!(opaque_data(&words(32, 64, 64)).map(<[u8]>::len), Ok(64));
        assert_eq!(opaque_data(&words(32, 0, 0)).map(<[u8]>::len), Ok(0));
        for bad in [
            words(64, 33, 64),
            words(32, 32, 64),
            words(32, 65, 64),
            words(32, u64::MAX, 64),
            words(32, 1, 1),
        ] {
            assert!(opaque_data(&bad).is_err());
        }
        let mut high = words(32, 33, 64);
        high[32] = 1;
        assert!(
            opaque_data(&high).is_err() && opaque_data(&high[..32]).is_err() && opaque_data(&[]).is_err()
        );
    }

    proptest! {
        #[test]
        fn decoding_never_panics(mut data in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = opaque_data(&data);
            if let Some(first) = data.first_mut() { *first = DEPOSIT_TX_TYPE; }
            if let Ok(deposit) = DepositTx::decode(&data) {
                prop_assert_eq!(deposit.encode().to_vec(), data);
            }
        }

        #[test]
        fn round_trip(to: Option<[u8; 20]>, mint: [u8; 32], gas: u64, is_system: bool, data: Vec<u8>, cut: prop::sample::Index) {
            let deposit = DepositTx {
                to: to.map(Address::from),
                mint: U256::from_be_bytes(mint),
                gas,
                is_system,
                data: data.into(),
                ..Default::default()
            };
            let encoded = deposit.encode();
            prop_assert_eq!(&DepositTx::decode(&encoded).unwrap(), &deposit);
            prop_assert!(DepositTx::decode(&encoded[..cut.index(encoded.len())]).is_err());
        }
    }
}
