//! What a hint asks for.

use alloy_primitives::{Address, B256};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::fmt;
use tribunal_preimage::{Hint, HintType, PreimageKey, PreimageKeyType};

/// One of the two chains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Chain {
    L1,
    L2,
}

/// A block whose state is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum BlockRef {
    Number(u64),
    Hash(B256),
}

impl fmt::Display for BlockRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Hash(hash) => write!(f, "{hash}"),
        }
    }
}

/// A parsed hint, or a request that a hint leads to. Equal requests have the same answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Request {
    Header {
        chain: Chain,
        hash: B256,
    },
    /// Headers of L1 before this one.
    Ancestors {
        hash: B256,
    },
    Transactions {
        chain: Chain,
        block: B256,
    },
    Receipts {
        chain: Chain,
        block: B256,
    },
    Blob {
        hash: B256,
        time: u64,
    },
    /// Address, gas and input together.
    Precompile {
        route: HintType,
        call: Vec<u8>,
    },
    Code {
        hash: B256,
    },
    Node {
        hash: B256,
    },
    Output {
        root: B256,
    },
    Account {
        block: BlockRef,
        address: Address,
    },
    Slot {
        block: BlockRef,
        address: Address,
        slot: B256,
    },
    /// The state that a block with these attributes reads.
    Payload {
        parent: B256,
        attributes: String,
    },
    /// The state that the canonical block with this number reads.
    Execution {
        number: u64,
    },
    BlockHash {
        number: u64,
        head: B256,
    },
    /// How beacon nodes count slots. It is no pre-image, but a blob is asked for by its slot.
    SlotClock,
}

impl Request {
    /// Reads a hint. `Err` says why it cannot be followed.
    pub(crate) fn of(hint: &Hint) -> Result<Self, &'static str> {
        use HintType as H;
        let mut rest = Rest(&hint.data);
        let request = match hint.ty {
            H::L1BlockHeader => Self::Header { chain: Chain::L1, hash: rest.hash()? },
            H::L2BlockHeader => Self::Header { chain: Chain::L2, hash: rest.hash()? },
            H::L1Transactions => Self::Transactions { chain: Chain::L1, block: rest.hash()? },
            H::L2Transactions => Self::Transactions { chain: Chain::L2, block: rest.hash()? },
            H::L1Receipts => Self::Receipts { chain: Chain::L1, block: rest.hash()? },
            H::L2Receipts => Self::Receipts { chain: Chain::L2, block: rest.hash()? },
            H::L1Blob => {
                let hash = rest.hash()?;
                // An older form has the blob's index before the time.
                let number = rest.number()?;
                Self::Blob { hash, time: if rest.0.is_empty() { number } else { rest.number()? } }
            }
            H::L1Precompile | H::L1PrecompileV2 => {
                Self::Precompile { route: hint.ty, call: hint.data.clone() }
            }
            H::L2Code => Self::Code { hash: rest.hash()? },
            H::L2StateNode => Self::Node { hash: rest.hash()? },
            H::L2Output | H::StartingL2Output => Self::Output { root: rest.hash()? },
            H::L2AccountProof => {
                let block = rest.block(&[28, 36])?;
                Self::Account { block, address: rest.address()? }
            }
            H::L2AccountStorageProof => {
                let block = rest.block(&[60, 68])?;
                Self::Slot { block, address: rest.address()?, slot: rest.hash()? }
            }
            H::L2PayloadWitness => payload(&hint.data)?,
            H::L2BlockHashLookup => Self::BlockHash { number: rest.number()?, head: rest.hash()? },
            H::L2BlockData | H::AgreedPreState => return Err("interoperating chains are not supported"),
        };
        Ok(request)
    }

    /// The chain whose nodes are asked.
    pub(crate) fn chain(&self) -> Chain {
        match self {
            Self::Header { chain, .. } | Self::Transactions { chain, .. } | Self::Receipts { chain, .. } => {
                *chain
            }
            Self::Ancestors { .. } | Self::Blob { .. } | Self::Precompile { .. } | Self::SlotClock => {
                Chain::L1
            }
            _ => Chain::L2,
        }
    }

    /// Whether the answer can have the pre-image of `key`. Where the hint names the only one, others are not in it.
    pub(crate) fn can_have(&self, key: PreimageKey) -> bool {
        match (self, key.key_type()) {
            (
                Self::Header { hash, .. }
                | Self::Code { hash }
                | Self::Node { hash }
                | Self::Output { root: hash },
                PreimageKeyType::Keccak256,
            ) => key == PreimageKey::new_keccak256(hash.0),
            (Self::Blob { .. }, key_type) => {
                matches!(
                    key_type,
                    PreimageKeyType::Sha256 | PreimageKeyType::Blob | PreimageKeyType::Keccak256
                )
            }
            (Self::Precompile { .. }, key_type) => {
                matches!(key_type, PreimageKeyType::Precompile | PreimageKeyType::Keccak256)
            }
            (Self::SlotClock, _) => false,
            (_, key_type) => key_type == PreimageKeyType::Keccak256,
        }
    }

    /// The key that errors name if no single pre-image is wanted.
    pub(crate) fn label(&self) -> PreimageKey {
        match self {
            Self::Blob { hash, .. } => PreimageKey::new_sha256(hash.0),
            Self::Header { hash, .. }
            | Self::Ancestors { hash }
            | Self::Transactions { block: hash, .. }
            | Self::Receipts { block: hash, .. }
            | Self::Code { hash }
            | Self::Node { hash }
            | Self::Output { root: hash }
            | Self::Payload { parent: hash, .. }
            | Self::BlockHash { head: hash, .. } => PreimageKey::new_keccak256(hash.0),
            Self::Account { block, .. } | Self::Slot { block, .. } => match block {
                BlockRef::Hash(hash) => PreimageKey::new_keccak256(hash.0),
                BlockRef::Number(number) => PreimageKey::new_keccak256(numbered(*number)),
            },
            Self::Execution { number } => PreimageKey::new_keccak256(numbered(*number)),
            Self::SlotClock => PreimageKey::new_sha256([0; 32]),
            Self::Precompile { call, .. } => PreimageKey::new_keccak256(alloy_primitives::keccak256(call).0),
        }
    }

    /// A hint of the route whose pre-images these are.
    pub(crate) fn hint(&self) -> Hint {
        let (ty, data) = match self {
            Self::Header { chain: Chain::L1, hash } | Self::Ancestors { hash } => {
                (HintType::L1BlockHeader, hash.to_vec())
            }
            Self::Header { chain: Chain::L2, hash } => (HintType::L2BlockHeader, hash.to_vec()),
            Self::Transactions { chain: Chain::L1, block } => (HintType::L1Transactions, block.to_vec()),
            Self::Transactions { chain: Chain::L2, block } => (HintType::L2Transactions, block.to_vec()),
            Self::Receipts { chain: Chain::L1, block } => (HintType::L1Receipts, block.to_vec()),
            Self::Receipts { chain: Chain::L2, block } => (HintType::L2Receipts, block.to_vec()),
            Self::Blob { hash, time } => (HintType::L1Blob, [&hash[..], &time.to_be_bytes()].concat()),
            Self::Precompile { route, call } => (*route, call.clone()),
            Self::Code { hash } => (HintType::L2Code, hash.to_vec()),
            Self::Node { hash } => (HintType::L2StateNode, hash.to_vec()),
            Self::Output { root } => (HintType::L2Output, root.to_vec()),
            Self::SlotClock => (HintType::L1Blob, Vec::new()),
            Self::Account { .. } => (HintType::L2AccountProof, Vec::new()),
            Self::Slot { .. } => (HintType::L2AccountStorageProof, Vec::new()),
            Self::Payload { .. } | Self::Execution { .. } => (HintType::L2PayloadWitness, Vec::new()),
            Self::BlockHash { .. } => (HintType::L2BlockHashLookup, Vec::new()),
        };
        Hint { ty, data }
    }
}

/// A number in the place of a hash.
fn numbered(number: u64) -> [u8; 32] {
    alloy_primitives::U256::from(number).to_be_bytes()
}

const TOO_SHORT: &str = "the hint is too short";

/// What is left of a hint's data.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], &'static str> {
        let (taken, rest) = self.0.split_first_chunk::<N>().ok_or(TOO_SHORT)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn hash(&mut self) -> Result<B256, &'static str> {
        self.take().map(B256::new)
    }

    fn address(&mut self) -> Result<Address, &'static str> {
        self.take().map(Address::new)
    }

    fn number(&mut self) -> Result<u64, &'static str> {
        self.take().map(u64::from_be_bytes)
    }

    /// A number if the data has one of these lengths, else a hash.
    fn block(&mut self, with_number: &[usize]) -> Result<BlockRef, &'static str> {
        if with_number.contains(&self.0.len()) {
            return self.number().map(BlockRef::Number);
        }
        self.hash().map(BlockRef::Hash)
    }
}

/// op-program's object with parent and attributes.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PayloadObject<'a> {
    parent_block_hash: B256,
    #[serde(borrow)]
    payload_attributes: &'a RawValue,
}

/// The two forms of a payload hint: an object, or a hash and the attributes, which a chain id may follow.
fn payload(data: &[u8]) -> Result<Request, &'static str> {
    if let Ok(object) = serde_json::from_slice::<PayloadObject<'_>>(data) {
        let attributes = object.payload_attributes.get().to_owned();
        return Ok(Request::Payload { parent: object.parent_block_hash, attributes });
    }
    let (parent, json) = data.split_first_chunk::<32>().ok_or(TOO_SHORT)?;
    let without_chain_id = json.len().checked_sub(8).and_then(|length| json.get(..length));
    let attributes = [Some(json), without_chain_id].into_iter().flatten().find_map(|json| {
        let object = serde_json::from_slice::<&RawValue>(json).ok()?.get();
        object.starts_with('{').then(|| object.to_owned())
    });
    let attributes = attributes.ok_or("the attributes of the payload are no JSON object")?;
    Ok(Request::Payload { parent: parent.into(), attributes })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::keccak256;
    use proptest::prelude::*;

    fn parsed(ty: HintType, parts: &[&[u8]]) -> Request {
        Request::of(&Hint::parse(&ty.encode(parts)).unwrap()).unwrap()
    }

    #[test]
    fn proofs_of_all_four_forms_are_read() {
        let (hash, address, slot) = ([1; 32], [2; 20], [3; 32]);
        let (number, chain) = (7u64.to_be_bytes(), 10u64.to_be_bytes());
        for (block, expected) in
            [(&number[..], BlockRef::Number(7)), (&hash[..], BlockRef::Hash(hash.into()))]
        {
            for end in [&[][..], &chain[..]] {
                assert_eq!(
                    parsed(HintType::L2AccountProof, &[block, &address, end]),
                    Request::Account { block: expected, address: address.into() }
                );
                assert_eq!(
                    parsed(HintType::L2AccountStorageProof, &[block, &address, &slot, end]),
                    Request::Slot { block: expected, address: address.into(), slot: slot.into() }
                );
            }
        }
    }

    #[test]
    fn blobs_of_both_forms_are_read() {
        let expected = Request::Blob { hash: B256::repeat_byte(1), time: 9 };
        let (hash, index, time) = ([1; 32], 3u64.to_be_bytes(), 9u64.to_be_bytes());
        assert_eq!(parsed(HintType::L1Blob, &[&hash, &time]), expected);
        assert_eq!(parsed(HintType::L1Blob, &[&hash, &index, &time]), expected);
    }

    #[test]
    fn payloads_of_all_forms_are_read() {
        let parent = B256::repeat_byte(5);
        // As written: a field of a later fork, and space.
        let attributes = r#"{"timestamp": "0x1","newField":7}"#;
        let expected = Request::Payload { parent, attributes: attributes.into() };
        let object =
            format!(r#"{{"parentBlockHash":"{parent}","payloadAttributes":{attributes},"chainID":10}}"#);
        let pair = [parent.as_slice(), attributes.as_bytes()].concat();
        let with_chain = [&*pair, &10u64.to_be_bytes()].concat();
        for data in [object.as_bytes(), &pair, &with_chain] {
            assert_eq!(parsed(HintType::L2PayloadWitness, &[data]), expected);
        }
        for bad in [&[0; 34][..], &[&[0; 32][..], b"[1]"].concat(), &[&[0; 32][..], b"{]"].concat()] {
            let hint = Hint { ty: HintType::L2PayloadWitness, data: bad.to_vec() };
            assert!(Request::of(&hint).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn hints_that_name_a_hash_have_no_other() {
        let (hash, other) = (keccak256("this"), PreimageKey::new_keccak256(keccak256("another").0));
        let key = PreimageKey::new_keccak256(hash.0);
        for ty in [HintType::L1BlockHeader, HintType::L2BlockHeader, HintType::L2Code, HintType::L2StateNode]
        {
            let request = parsed(ty, &[hash.as_slice()]);
            assert!(request.can_have(key) && !request.can_have(other), "{ty}");
        }
        let list = parsed(HintType::L1Receipts, &[hash.as_slice()]);
        assert!(list.can_have(other) && !list.can_have(PreimageKey::new_blob([1; 32])));
    }

    #[test]
    fn interop_is_refused() {
        let hint = Hint { ty: HintType::L2BlockData, data: vec![0; 72] };
        assert!(Request::of(&hint).is_err());
    }

    proptest! {
        #[test]
        fn every_hint_is_read_or_refused(
            ty in prop::sample::select(HintType::ALL.to_vec()),
            data in prop::collection::vec(any::<u8>(), 0..120),
        ) {
            let _ = Request::of(&Hint { ty, data });
        }
    }
}
