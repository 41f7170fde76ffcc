//! What requests need to know of a header.

use alloy_primitives::B256;
use alloy_rlp::{Decodable, Header as RlpHeader};

use super::MOST_TRANSACTIONS;

/// The fields of a header that tell what belongs to its block.
///
/// They are read from the RLP by their place, so that fields of later forks do no harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) parent: B256,
    pub(crate) state_root: B256,
    pub(crate) transactions_root: B256,
    pub(crate) receipts_root: B256,
    pub(crate) number: u64,
    pub(crate) time: u64,
    /// Since Shanghai; on L2 since Canyon.
    pub(crate) withdrawals_root: Option<B256>,
}

impl Facts {
    /// Reads a header. `None` if it is none.
    pub(crate) fn of(rlp: &[u8]) -> Option<Self> {
        let fields = fields(rlp)?;
        let hash = |index: usize| B256::decode(&mut &**fields.get(index)?).ok();
        let number = |index: usize| u64::decode(&mut &**fields.get(index)?).ok();
        Some(Self {
            parent: hash(0)?,
            state_root: hash(3)?,
            transactions_root: hash(4)?,
            receipts_root: hash(5)?,
            number: number(8)?,
            time: number(11)?,
            withdrawals_root: hash(16),
        })
    }
}

/// The items of an RLP list, each with its own header. `None` if the bytes are no list, or more than one, or if the list is
/// longer than a block's.
pub(crate) fn fields(mut rlp: &[u8]) -> Option<Vec<&[u8]>> {
    let mut rest = RlpHeader::decode_bytes(&mut rlp, true).ok()?;
    if !rlp.is_empty() {
        return None;
    }
    let mut fields = Vec::new();
    while !rest.is_empty() {
        let mut behind = rest;
        let header = RlpHeader::decode(&mut behind).ok()?;
        let (_, behind) = behind.split_at_checked(header.payload_length)?;
        let length = rest.len().checked_sub(behind.len())?;
        let (field, behind) = rest.split_at_checked(length)?;
        if field.is_empty() || fields.len() >= MOST_TRANSACTIONS {
            return None;
        }
        fields.push(field);
        rest = behind;
    }
    Some(fields)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_consensus::Header;
    use proptest::prelude::*;

    #[test]
    fn facts_are_those_of_the_header() {
        let mut header = Header {
            parent_hash: B256::repeat_byte(1),
            state_root: B256::repeat_byte(2),
            transactions_root: B256::repeat_byte(3),
            receipts_root: B256::repeat_byte(4),
            number: 300,
            timestamp: 1_700_000_000,
            ..Header::default()
        };
        let facts = Facts::of(&alloy_rlp::encode(&header)).unwrap();
        assert_eq!(
            facts,
            Facts {
                parent: header.parent_hash,
                state_root: header.state_root,
                transactions_root: header.transactions_root,
                receipts_root: header.receipts_root,
                number: 300,
                time: 1_700_000_000,
                withdrawals_root: None,
            }
        );
        header.base_fee_per_gas = Some(1);
        header.withdrawals_root = Some(B256::repeat_byte(5));
        let facts = Facts::of(&alloy_rlp::encode(&header)).unwrap();
        assert_eq!(facts.withdrawals_root, header.withdrawals_root);
    }

    #[test]
    fn what_is_no_header_is_refused() {
        for bytes in [&[][..], &[0x80], &[0xc0], &[0xc1, 0x80], &[0xf8], &[0xc1, 0xb8], &[0xc0, 0xc0]] {
            assert_eq!(Facts::of(bytes), None, "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_refused_or_read(bytes in prop::collection::vec(any::<u8>(), 0..700)) {
            let _ = Facts::of(&bytes);
        }

        #[test]
        fn a_changed_header_never_panics(at: prop::sample::Index, byte: u8, cut: prop::sample::Index) {
            let mut rlp = alloy_rlp::encode(Header::default());
            let at = at.index(rlp.len());
            rlp[at] = byte;
            let _ = Facts::of(&rlp);
            let _ = Facts::of(&rlp[..cut.index(rlp.len())]);
        }
    }
}
