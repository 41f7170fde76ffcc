//! The transactions of a span batch, stored column by column.

use alloc::vec::Vec;

use alloy_primitives::{Bytes, U256};
use alloy_rlp::Header;

use super::{
    MAX_SPAN_BATCH_ELEMENT_COUNT,
    tx_format::{Envelope, Kept, LEGACY, POST_EXEC, SET_CODE, split_type},
    varint,
};
use crate::RollupError;

/// Bits in the order of a big-endian integer: bit 0 is the lowest of the last byte.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Bitlist(Bytes);

impl Bitlist {
    /// Takes the `length` bits of `field` off the front of `input`.
    pub(super) fn read(input: &mut Input<'_>, length: u64, field: &'static str) -> Result<Self, RollupError> {
        let bytes = input.take(length.div_ceil(8), field)?;
        let used = length % 8;
        if used != 0 && bytes.first().is_some_and(|&first| first >> used != 0) {
            return Err(RollupError::BitlistPadding(field));
        }
        Ok(Self(bytes))
    }

    /// Whether bit `index` is set.
    pub(super) fn get(&self, index: usize) -> bool {
        let place = self.0.len().checked_sub(1 + index / 8).and_then(|place| self.0.get(place));
        place.is_some_and(|byte| byte >> (index % 8) & 1 == 1)
    }

    /// How many bits are set.
    pub(super) fn ones(&self) -> u64 {
        self.0.iter().map(|byte| u64::from(byte.count_ones())).sum()
    }
}

/// The bytes of a span batch that are not read yet.
pub(super) struct Input<'a> {
    whole: &'a Bytes,
    pub(super) rest: &'a [u8],
}

impl<'a> Input<'a> {
    pub(super) fn new(whole: &'a Bytes) -> Self {
        Self { whole, rest: whole }
    }

    pub(super) fn take(&mut self, length: u64, field: &'static str) -> Result<Bytes, RollupError> {
        let split = usize::try_from(length).ok().and_then(|length| self.rest.split_at_checked(length));
        let (taken, rest) = split.ok_or(RollupError::Truncated(field))?;
        self.rest = rest;
        Ok(self.whole.slice_ref(taken))
    }

    pub(super) fn varint(&mut self, field: &'static str) -> Result<u64, RollupError> {
        varint::read(&mut self.rest, field)
    }

    /// The bytes that `read` consumes.
    fn column(
        &mut self,
        mut read: impl FnMut(&mut &'a [u8]) -> Result<(), RollupError>,
        count: u64,
    ) -> Result<Bytes, RollupError> {
        let start = self.rest;
        for _ in 0..count {
            read(&mut self.rest)?;
        }
        Ok(self.whole.slice_ref(&start[..start.len() - self.rest.len()]))
    }
}

/// The columns. Their lengths are checked, their contents are not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SpanTxs {
    count: u64,
    contract_creation: Bitlist,
    y_parity: Bitlist,
    /// `r ++ s` of 32 bytes each.
    signatures: Bytes,
    /// The recipients of those transactions that have one.
    recipients: Bytes,
    datas: Bytes,
    nonces: Bytes,
    gases: Bytes,
    /// For each legacy transaction, whether its signature commits to the chain id.
    protected: Bitlist,
}

impl SpanTxs {
    pub(super) fn read(input: &mut Input<'_>, count: u64) -> Result<Self, RollupError> {
        let contract_creation = Bitlist::read(input, count, "contract creation bits")?;
        let y_parity = Bitlist::read(input, count, "y parity bits")?;
        let signatures = input.take(count.saturating_mul(64), "transaction signatures")?;
        let with_recipient = count.saturating_sub(contract_creation.ones());
        let recipients = input.take(with_recipient.saturating_mul(20), "transaction recipients")?;
        let mut legacy = 0;
        let datas = input.column(
            |rest| {
                let (tx_type, _) = read_data(rest)?;
                legacy += u64::from(tx_type == LEGACY);
                Ok(())
            },
            count,
        )?;
        let nonces = input.column(|rest| varint::read(rest, "transaction nonces").map(drop), count)?;
        let gases = input.column(|rest| varint::read(rest, "transaction gas limits").map(drop), count)?;
        let protected = Bitlist::read(input, legacy, "protected bits")?;
        Ok(Self {
            count,
            contract_creation,
            y_parity,
            signatures,
            recipients,
            datas,
            nonces,
            gases,
            protected,
        })
    }

    /// The transactions in their full EIP-2718 form. They share one allocation.
    pub(super) fn whole(&self, chain_id: u64) -> Result<Vec<Bytes>, RollupError> {
        let (mut datas, mut nonces, mut gases) = (&self.datas[..], &self.nonces[..], &self.gases[..]);
        let mut recipients = self.recipients.chunks_exact(20);
        let (mut legacy, mut out, mut ends) = (0, Vec::new(), Vec::new());
        for (index, signature) in self.signatures.chunks_exact(64).enumerate() {
            let (tx_type, data) = read_data(&mut datas)?;
            let nonce = varint::read(&mut nonces, "transaction nonces")?;
            let gas = varint::read(&mut gases, "transaction gas limits")?;
            let to = if self.contract_creation.get(index) {
                None
            } else {
                recipients.next().and_then(|to| to.try_into().ok())
            };
            let y_parity = u128::from(self.y_parity.get(index));
            let v = if tx_type == LEGACY {
                legacy += 1;
                let protected = self.protected.get(legacy - 1);
                y_parity + if protected { u128::from(chain_id) * 2 + 35 } else { 27 }
            } else {
                y_parity
            };
            if tx_type == POST_EXEC {
                out.extend_from_slice(data);
            } else {
                let (named, list) = split_type(data)?;
                if named == LEGACY && data.first() == Some(&LEGACY) {
                    return Err(RollupError::TransactionType(LEGACY));
                }
                let kept = Kept::parse(named, list)?;
                if named == SET_CODE && to.is_none() {
                    return Err(RollupError::SetCodeWithoutRecipient);
                }
                let (r, s) = signature.split_at(32);
                let (r, s) = (U256::from_be_slice(r), U256::from_be_slice(s));
                kept.write_whole(named, chain_id, &Envelope { nonce, gas, to, v, r, s }, &mut out);
            }
            ends.push(out.len());
        }
        let out = Bytes::from(out);
        let mut start = 0;
        Ok(ends.into_iter().map(|end| out.slice(core::mem::replace(&mut start, end)..end)).collect())
    }
}

/// Takes a transaction in the kept form off the front of `rest`. Returns its type and its bytes, type byte included.
/// Reads the header of the list, not its items.
fn read_data<'a>(rest: &mut &'a [u8]) -> Result<(u8, &'a [u8]), RollupError> {
    let whole = *rest;
    let (tx_type, mut list) = split_type(whole)?;
    let before = list.len();
    let header = Header::decode(&mut list).map_err(RollupError::rlp("span batch transaction"))?;
    if !header.list {
        return Err(RollupError::Rlp {
            item: "span batch transaction",
            error: alloy_rlp::Error::UnexpectedString,
        });
    }
    let size = (before - list.len() + header.payload_length) as u64;
    if size > MAX_SPAN_BATCH_ELEMENT_COUNT {
        return Err(RollupError::SpanBatchTooBig(size));
    }
    let after = list.get(header.payload_length..).ok_or(RollupError::Truncated("span batch transaction"))?;
    *rest = after;
    Ok((tx_type, &whole[..whole.len() - after.len()]))
}
