//! Reads the few fields of an L1 transaction that decide whether it must be decoded: most are not sent to the batch inbox.

use alloy_primitives::Address;
use alloy_rlp::{Decodable, Error, Header};

/// EIP-2718 type of access list transactions.
const ACCESS_LIST: u8 = 1;
/// EIP-2718 type of dynamic fee transactions.
const DYNAMIC_FEE: u8 = 2;
/// EIP-2718 type of blob transactions.
const BLOB: u8 = 3;
/// EIP-2718 type of deposits, for an L1 that is itself an OP Stack chain.
const DEPOSIT: u8 = 0x7e;
/// Least first byte of an RLP list, with which a legacy transaction starts.
const LIST: u8 = 0xc0;

/// The fields that tell whether an L1 transaction may be the batcher's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Peek {
    /// The recipient, for types that may carry batcher data.
    pub(super) to: Option<Address>,
    /// The sender, for deposits, which are not signed.
    pub(super) deposit_from: Option<Address>,
    /// How many blobs the transaction carries.
    pub(super) blobs: u64,
}

impl Peek {
    /// Reads the transaction in its EIP-2718 envelope. It reads nothing of a type that cannot carry batcher data.
    ///
    /// # Errors
    /// If the part that is read is cut off or is not RLP.
    pub(super) fn new(transaction: &[u8]) -> Result<Self, Error> {
        let (&kind, rest) = transaction.split_first().ok_or(Error::InputTooShort)?;
        match kind {
            LIST.. => Self::read(transaction, 3, false),
            ACCESS_LIST => Self::read(rest, 4, false),
            DYNAMIC_FEE => Self::read(rest, 5, false),
            BLOB => Self::read(rest, 5, true),
            DEPOSIT => Self::read_deposit(rest),
            _ => Ok(Self { to: None, deposit_from: None, blobs: 0 }),
        }
    }

    /// Reads a list whose item `to_index` is the recipient. With `blobs`, the fifth item after it is the list of blob
    /// hashes.
    fn read(list: &[u8], to_index: usize, blobs: bool) -> Result<Self, Error> {
        let mut items = Header::decode_bytes(&mut &*list, true)?;
        skip(&mut items, to_index)?;
        let to = recipient(&mut items)?;
        if !blobs {
            return Ok(Self { to, deposit_from: None, blobs: 0 });
        }
        // value, data, access list, fee per blob gas
        skip(&mut items, 4)?;
        let hashes = Header::decode_bytes(&mut items, true)?;
        Ok(Self { to, deposit_from: None, blobs: hashes.len() as u64 / 33 })
    }

    fn read_deposit(list: &[u8]) -> Result<Self, Error> {
        let mut items = Header::decode_bytes(&mut &*list, true)?;
        skip(&mut items, 1)?;
        let from = Address::decode(&mut items)?;
        Ok(Self { to: recipient(&mut items)?, deposit_from: Some(from), blobs: 0 })
    }
}

/// The call data of a deposit transaction, without its type byte.
pub(super) fn deposit_data(list: &[u8]) -> Result<&[u8], Error> {
    let mut items = Header::decode_bytes(&mut &*list, true)?;
    // source hash, from, to, mint, value, gas, is system transaction
    skip(&mut items, 7)?;
    Header::decode_bytes(&mut items, false)
}

fn recipient(items: &mut &[u8]) -> Result<Option<Address>, Error> {
    match Header::decode_bytes(items, false)? {
        [] => Ok(None),
        to => Address::try_from(to).map(Some).map_err(|_| Error::UnexpectedLength),
    }
}

/// Skips `count` items.
fn skip(items: &mut &[u8], count: usize) -> Result<(), Error> {
    for _ in 0..count {
        let header = Header::decode(items)?;
        *items = items.get(header.payload_length..).ok_or(Error::InputTooShort)?;
    }
    Ok(())
}
