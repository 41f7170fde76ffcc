//! Blocks in RLP.

use alloy_primitives::Bytes;
use alloy_rlp::Header as RlpHeader;

use crate::encode::fields;

/// The header and the EIP-2718 bytes of the transactions of a block: a list of header, transactions, uncles, and what
/// later forks add. `None` if it is no block.
pub(super) fn split(rlp: &Bytes) -> Option<(Bytes, Vec<Bytes>)> {
    let parts = fields(rlp)?;
    let (header, list) = (parts.first()?, parts.get(1)?);
    let transactions = fields(list)?.into_iter().map(|item| transaction(rlp, item));
    Some((rlp.slice_ref(header), transactions.collect::<Option<_>>()?))
}

/// In a block, a legacy transaction is a list, and any other is a string around its bytes.
fn transaction(rlp: &Bytes, item: &[u8]) -> Option<Bytes> {
    let mut rest = item;
    let header = RlpHeader::decode(&mut rest).ok()?;
    let raw = if header.list { item } else { rest };
    Some(rlp.slice_ref(raw))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_rlp::Encodable;
    use proptest::prelude::*;

    fn block() -> Bytes {
        let header = alloy_rlp::encode(alloy_consensus::Header::default());
        // A legacy transaction (any list) and a typed one.
        let mut transactions = vec![0xc2, 1, 2];
        [3, 4, 5][..].encode(&mut transactions);
        let mut all = header;
        RlpHeader { list: true, payload_length: transactions.len() }.encode(&mut all);
        all.extend(transactions);
        all.push(0xc0);
        let mut block = Vec::new();
        RlpHeader { list: true, payload_length: all.len() }.encode(&mut block);
        block.extend(all);
        block.into()
    }

    #[test]
    fn a_block_has_a_header_and_transactions() {
        let (header, transactions) = split(&block()).unwrap();
        assert_eq!(header, alloy_rlp::encode(alloy_consensus::Header::default()));
        assert_eq!(transactions, [Bytes::from_static(&[0xc2, 1, 2]), Bytes::from_static(&[3, 4, 5])]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_refused_or_split(bytes in prop::collection::vec(any::<u8>(), 0..700)) {
            let _ = split(&bytes.into());
        }

        #[test]
        fn a_changed_block_never_panics(at: prop::sample::Index, byte: u8, cut: prop::sample::Index) {
            let mut changed = block().to_vec();
            let at = at.index(changed.len());
            changed[at] = byte;
            let _ = split(&changed.clone().into());
            changed.truncate(cut.index(changed.len()));
            let _ = split(&changed.into());
        }
    }
}
