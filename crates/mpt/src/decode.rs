//! Decodes nodes from RLP, strictly: encodings that no canonical trie has are refused.

use alloc::boxed::Box;

use alloy_primitives::{B256, Bytes};

use crate::{
    TrieError,
    node::{Branch, Extension, Leaf, Node},
    path::{MAX_NIBBLES, Path},
};

/// A node whose RLP is at most this long is embedded in its parent.
pub(crate) const HASHED_FROM: usize = 32;

/// Why bytes are not a node.
type Reason = &'static str;

/// Decodes the pre-image of `hash`, a node `depth` nibbles below the root. Values share its buffer.
pub(crate) fn node(hash: B256, preimage: &Bytes, depth: usize) -> Result<Node, TrieError> {
    let decoded = if depth > 0 && preimage.len() < HASHED_FROM {
        Err("short nodes are embedded, not hashed")
    } else {
        list(preimage).and_then(|payload| decode(payload, preimage, depth, Some(hash)))
    };
    decoded.map_err(|reason| TrieError::Malformed { hash, reason })
}

fn decode(payload: &[u8], buffer: &Bytes, depth: usize, hash: Option<B256>) -> Result<Node, Reason> {
    let mut rest = payload;
    let first = item(&mut rest)?;
    let second = item(&mut rest)?;
    if !rest.is_empty() {
        return branch(payload, buffer, depth, hash);
    }
    let Item::String(compact) = first else { return Err("a path is a string") };
    let (path, is_leaf) = Path::from_compact(compact).ok_or("bad hex-prefix path")?;
    let below = depth + path.len();
    if below > MAX_NIBBLES {
        return Err("deeper than any key");
    }
    if is_leaf {
        match second {
            Item::String(value) if !value.is_empty() => {
                Ok(Node::Leaf(Box::new(Leaf { hash, made: false, path, value: share(buffer, value) })))
            }
            _ => Err("a leaf has a value"),
        }
    } else {
        if path.is_empty() {
            return Err("an extension has a path");
        }
        let child = child(second, buffer, below)?;
        match child {
            Node::Branch(_) | Node::Blinded(_) => {
                Ok(Node::Extension(Box::new(Extension { hash, made: false, path, child })))
            }
            _ => Err("an extension leads to a branch"),
        }
    }
}

fn branch(mut payload: &[u8], buffer: &Bytes, depth: usize, hash: Option<B256>) -> Result<Node, Reason> {
    let mut branch = Box::new(Branch { hash, ..Branch::default() });
    let mut occupants = 0;
    for slot in &mut branch.children {
        // Nearly all children are empty or a hash.
        match payload {
            [0x80, rest @ ..] => {
                payload = rest;
                continue;
            }
            [0xa0, rest @ ..] => {
                let (hash, rest) = rest.split_first_chunk().ok_or(CUT_OFF)?;
                *slot = Node::Blinded(B256::new(*hash));
                payload = rest;
            }
            _ => *slot = child(item(&mut payload)?, buffer, depth + 1)?,
        }
        occupants += 1;
    }
    if occupants > 0 && depth >= MAX_NIBBLES {
        return Err("deeper than any key");
    }
    let Item::String(value) = item(&mut payload)? else { return Err("a branch's value is a string") };
    if !payload.is_empty() {
        return Err("more than 17 items");
    }
    if !value.is_empty() {
        branch.value = share(buffer, value);
        occupants += 1;
    }
    if occupants < 2 {
        return Err("a branch has two occupants at least");
    }
    Ok(Node::Branch(branch))
}

/// Decodes a child at `depth`: empty, a hash, or the node itself.
fn child(item: Item<'_>, buffer: &Bytes, depth: usize) -> Result<Node, Reason> {
    match item {
        Item::String([]) => Ok(Node::Empty),
        Item::String(hash) => match <[u8; 32]>::try_from(hash) {
            Ok(hash) => Ok(Node::Blinded(B256::new(hash))),
            Err(_) => Err("a reference is empty, a hash or a node"),
        },
        Item::List { payload, encoded_len } if encoded_len < HASHED_FROM => {
            decode(payload, buffer, depth, None)
        }
        Item::List { .. } => Err("an embedded node has less than 32 bytes"),
    }
}

/// `part` as a slice that shares `buffer`, of which it is a part.
fn share(buffer: &Bytes, part: &[u8]) -> Bytes {
    Bytes(buffer.0.slice_ref(part))
}

enum Item<'a> {
    String(&'a [u8]),
    List { payload: &'a [u8], encoded_len: usize },
}

/// The payload of the list that `input` consists of.
fn list(mut input: &[u8]) -> Result<&[u8], Reason> {
    match item(&mut input)? {
        Item::List { payload, .. } if input.is_empty() => Ok(payload),
        Item::List { .. } => Err("bytes after the node"),
        Item::String(_) => Err("a node is a list"),
    }
}

/// Removes the next RLP item from the input. Refuses encodings that are not canonical.
fn item<'a>(input: &mut &'a [u8]) -> Result<Item<'a>, Reason> {
    let all = *input;
    let &first = all.first().ok_or(CUT_OFF)?;
    let (header, len) = match first {
        0..=0x7f => (0, 1),
        0x80..=0xb7 => (1, usize::from(first - 0x80)),
        0xb8..=0xbf => long_length(all, usize::from(first - 0xb7))?,
        0xc0..=0xf7 => (1, usize::from(first - 0xc0)),
        0xf8..=0xff => long_length(all, usize::from(first - 0xf7))?,
    };
    let encoded_len = len.checked_add(header).ok_or(CUT_OFF)?;
    if encoded_len > all.len() {
        return Err(CUT_OFF);
    }
    let (taken, rest) = all.split_at(encoded_len);
    let payload = &taken[header..];
    *input = rest;
    if first >= 0xc0 {
        return Ok(Item::List { payload, encoded_len });
    }
    if first == 0x81 && payload[0] < 0x80 {
        return Err("a single byte is its own encoding");
    }
    Ok(Item::String(payload))
}

const CUT_OFF: Reason = "cut off";

/// Header size and payload length of an item whose length takes `size` bytes, 1 to 8.
fn long_length(input: &[u8], size: usize) -> Result<(usize, usize), Reason> {
    let bytes = input.get(1..1 + size).ok_or(CUT_OFF)?;
    let len = bytes.iter().fold(0u64, |len, &byte| len << 8 | u64::from(byte));
    if bytes[0] == 0 || len < 56 {
        return Err("a length is not in its shortest form");
    }
    Ok((1 + size, usize::try_from(len).map_err(|_| CUT_OFF)?))
}

#[cfg(test)]
mod tests {
    use alloc::{string::ToString, vec::Vec};

    use alloy_primitives::keccak256;
    use proptest::prelude::*;

    use super::*;
    use crate::trie::encode_again;

    fn string(bytes: &[u8]) -> Vec<u8> {
        alloy_rlp::encode(bytes)
    }

    fn list(items: &[Vec<u8>]) -> Vec<u8> {
        let payload = items.concat();
        let mut out = Vec::new();
        alloy_rlp::Header { list: true, payload_length: payload.len() }.encode(&mut out);
        out.extend(payload);
        out
    }

    /// Nodes, most of them canonical, with embedded ones.
    fn node_rlp() -> impl Strategy<Value = Vec<u8>> {
        let path = (0x20u8..0x40, prop::collection::vec(any::<u8>(), 0..3))
            .prop_map(|(flag, rest)| string(&[&[if flag < 0x30 { 0x20 } else { flag }][..], &rest].concat()));
        let leaf = (path, prop::collection::vec(any::<u8>(), 1..5)).prop_map(|(p, v)| list(&[p, string(&v)]));
        let reference = prop_oneof![
            3 => Just(string(b"")),
            3 => any::<u8>().prop_map(|b| string(&[b; 32])),
            1 => leaf.clone(),
        ];
        let branch = (prop::collection::vec(reference, 16), prop::collection::vec(any::<u8>(), 0..3))
            .prop_map(|(mut items, value)| {
                items.push(string(&value));
                list(&items)
            });
        let extension =
            (0x10u8..0x20, any::<u8>()).prop_map(|(p, b)| list(&[string(&[p]), string(&[b; 32])]));
        prop_oneof![leaf, branch, extension]
    }

    proptest! {
        /// A node that is accepted encodes to the same bytes.
        #[test]
        fn accepted_nodes_encode_to_themselves(
            rlp in node_rlp(),
            damage in prop::option::of((any::<prop::sample::Index>(), any::<u8>())),
        ) {
            let mut rlp = rlp;
            let damaged = damage.is_some();
            if let Some((at, byte)) = damage {
                let at = at.index(rlp.len());
                rlp[at] = byte;
            }
            let hash = keccak256(&rlp);
            match node(hash, &rlp.into(), 0) {
                Ok(node) => prop_assert_eq!(encode_again(node), hash),
                Err(error) => prop_assert!(damaged || error.to_string().contains("two occupants"), "{error}"),
            }
        }
    }
}
