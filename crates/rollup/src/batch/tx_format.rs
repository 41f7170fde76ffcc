//! Converts transactions between their whole form and the form that a span batch keeps in `tx_datas`.
//!
//! Both forms are RLP lists of the same items. So items are copied as bytes, and only their shape is checked:
//! ```text
//! kept  = [ value, fees.., data, rest.. ]
//! whole = [ chain_id (typed only), nonce, fees.., gas, to, value, data, rest.., v, r, s ]
//! ```
//! `fees` is the gas price, or the priority fee and the fee cap; `rest` is the access list and the authorizations,
//! where the type has them. A typed transaction has its type byte before the list in both forms.

use alloc::vec::Vec;

use alloy_primitives::U256;
use alloy_rlp::{Encodable, Error, Header};

use super::rlp;
use crate::RollupError;

/// Type of a legacy transaction, which has no type byte.
pub(super) const LEGACY: u8 = 0;
/// Type of an access-list transaction (EIP-2930).
const ACCESS_LIST: u8 = 1;
/// Type of a dynamic-fee transaction (EIP-1559).
const DYNAMIC_FEE: u8 = 2;
/// Type of a set-code transaction (EIP-7702).
pub(super) const SET_CODE: u8 = 4;
/// Type of a post-execution transaction. It has no signature, and a span batch keeps all of it.
pub(super) const POST_EXEC: u8 = 0x7d;

/// How many items of each kind the lists of a transaction type hold.
#[derive(Clone, Copy)]
struct Layout {
    fees: usize,
    access_list: bool,
    authorizations: bool,
    /// The longest value or fee, in bytes. `None` is any length, as in the reference's decoder of the older types.
    max_integer: Option<usize>,
}

fn layout(tx_type: u8) -> Option<Layout> {
    let (fees, access_list, authorizations, max_integer) = match tx_type {
        LEGACY => (1, false, false, None),
        ACCESS_LIST => (1, true, false, None),
        DYNAMIC_FEE => (2, true, false, None),
        SET_CODE => (2, true, true, Some(32)),
        _ => return None,
    };
    Some(Layout { fees, access_list, authorizations, max_integer })
}

/// The RLP items that both forms share, still encoded.
#[derive(Clone, Copy)]
pub(super) struct Kept<'a> {
    value: &'a [u8],
    fees: &'a [u8],
    /// Data, access list and authorizations.
    tail: &'a [u8],
}

/// The parts of a transaction that a span batch stores in other columns than [`Kept`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Envelope {
    pub(super) nonce: u64,
    pub(super) gas: u64,
    pub(super) to: Option<[u8; 20]>,
    pub(super) v: u128,
    pub(super) r: U256,
    pub(super) s: U256,
}

/// A transaction, split into the parts that a span batch stores.
pub(super) struct Parts<'a> {
    pub(super) tx_type: u8,
    pub(super) chain_id: Option<u64>,
    pub(super) envelope: Envelope,
    pub(super) kept: Kept<'a>,
}

impl<'a> Kept<'a> {
    /// Checks the list that a span batch keeps for a transaction of type `tx_type`.
    pub(super) fn parse(tx_type: u8, mut list: &'a [u8]) -> Result<Self, RollupError> {
        let layout = layout(tx_type).ok_or(RollupError::TransactionType(tx_type))?;
        let mut parse = || -> Result<Self, Error> {
            let mut items = rlp::list(&mut list)?;
            let value = rlp::integer(&mut items, layout.max_integer)?;
            let fees = layout.fees(&mut items)?;
            let tail = layout.tail(&mut items)?;
            rlp::end(items)?;
            Ok(Self { value, fees, tail })
        };
        parse().map_err(RollupError::rlp("span batch transaction"))
    }

    /// Appends the kept form, with the type byte first for a typed transaction.
    pub(super) fn write(&self, tx_type: u8, out: &mut Vec<u8>) {
        if tx_type != LEGACY {
            out.push(tx_type);
        }
        let payload_length = self.value.len() + self.fees.len() + self.tail.len();
        Header { list: true, payload_length }.encode(out);
        for part in [self.value, self.fees, self.tail] {
            out.extend_from_slice(part);
        }
    }

    /// Appends the whole transaction in its EIP-2718 form.
    pub(super) fn write_whole(&self, tx_type: u8, chain_id: u64, envelope: &Envelope, out: &mut Vec<u8>) {
        let Envelope { nonce, gas, to, v, r, s } = envelope;
        let to: &[u8] = to.as_ref().map_or(&[], |to| to);
        let typed = tx_type != LEGACY;
        let payload_length = if typed { chain_id.length() } else { 0 }
            + nonce.length()
            + self.fees.len()
            + gas.length()
            + to.length()
            + self.value.len()
            + self.tail.len()
            + v.length()
            + r.length()
            + s.length();
        if typed {
            out.push(tx_type);
        }
        Header { list: true, payload_length }.encode(out);
        if typed {
            chain_id.encode(out);
        }
        nonce.encode(out);
        out.extend_from_slice(self.fees);
        gas.encode(out);
        to.encode(out);
        out.extend_from_slice(self.value);
        out.extend_from_slice(self.tail);
        v.encode(out);
        r.encode(out);
        s.encode(out);
    }
}

impl<'a> Parts<'a> {
    /// Splits a transaction in its whole form.
    pub(super) fn parse(transaction: &'a [u8]) -> Result<Self, RollupError> {
        use alloy_rlp::Decodable;

        let (tx_type, mut list) = split_type(transaction)?;
        let layout = layout(tx_type).ok_or(RollupError::TransactionType(tx_type))?;
        let mut parse = || -> Result<Self, Error> {
            let mut items = rlp::list(&mut list)?;
            rlp::end(list)?;
            let chain_id = (tx_type != LEGACY).then(|| u64::decode(&mut items)).transpose()?;
            let nonce = u64::decode(&mut items)?;
            let fees = layout.fees(&mut items)?;
            let gas = u64::decode(&mut items)?;
            let to = match Header::decode_bytes(&mut items, false)? {
                [] => None,
                to => Some(to.try_into().map_err(|_| Error::UnexpectedLength)?),
            };
            let value = rlp::integer(&mut items, layout.max_integer)?;
            let tail = layout.tail(&mut items)?;
            let (v, r, s) = (u128::decode(&mut items)?, U256::decode(&mut items)?, U256::decode(&mut items)?);
            rlp::end(items)?;
            let envelope = Envelope { nonce, gas, to, v, r, s };
            Ok(Self { tx_type, chain_id, envelope, kept: Kept { value, fees, tail } })
        };
        parse().map_err(RollupError::rlp("transaction"))
    }
}

impl Layout {
    fn fees<'a>(&self, items: &mut &'a [u8]) -> Result<&'a [u8], Error> {
        run(items, |items| {
            for _ in 0..self.fees {
                rlp::integer(items, self.max_integer)?;
            }
            Ok(())
        })
    }

    fn tail<'a>(&self, items: &mut &'a [u8]) -> Result<&'a [u8], Error> {
        run(items, |items| {
            rlp::string(items)?;
            if self.access_list {
                check_access_list(rlp::list(items)?)?;
            }
            if self.authorizations {
                check_authorizations(rlp::list(items)?)?;
            }
            Ok(())
        })
    }
}

/// The bytes of `items` that `read` consumes.
fn run<'a>(
    items: &mut &'a [u8],
    read: impl FnOnce(&mut &'a [u8]) -> Result<(), Error>,
) -> Result<&'a [u8], Error> {
    let whole = *items;
    read(items)?;
    Ok(&whole[..whole.len() - items.len()])
}

/// Every entry must be `[address, [storage key, ..]]`.
fn check_access_list(mut entries: &[u8]) -> Result<(), Error> {
    while !entries.is_empty() {
        let mut entry = rlp::list(&mut entries)?;
        rlp::fixed(&mut entry, 20)?;
        let mut keys = rlp::list(&mut entry)?;
        rlp::end(entry)?;
        while !keys.is_empty() {
            rlp::fixed(&mut keys, 32)?;
        }
    }
    Ok(())
}

/// Every entry must be `[chain id, address, nonce, y parity, r, s]`.
fn check_authorizations(mut entries: &[u8]) -> Result<(), Error> {
    while !entries.is_empty() {
        let mut entry = rlp::list(&mut entries)?;
        rlp::integer(&mut entry, Some(32))?;
        rlp::fixed(&mut entry, 20)?;
        for max_bytes in [8, 1, 32, 32] {
            rlp::integer(&mut entry, Some(max_bytes))?;
        }
        rlp::end(entry)?;
    }
    Ok(())
}

/// Splits off the type byte, if there is one.
pub(super) fn split_type(bytes: &[u8]) -> Result<(u8, &[u8]), RollupError> {
    match bytes.split_first().ok_or(RollupError::Truncated("transaction"))? {
        (&tx_type, list) if tx_type < 0x80 => Ok((tx_type, list)),
        _ => Ok((LEGACY, bytes)),
    }
}
