//! Encodes nodes as RLP, in one buffer that is used as a stack.
//!
//! The items of a node are written at the end of the buffer. When the node is complete, its reference replaces them (a
//! hash, or the node itself if it is short) and becomes an item of the parent. So lengths need not be known in advance,
//! and no node needs an allocation.

use alloc::vec::Vec;

use alloy_primitives::{B256, keccak256};

use crate::{decode::HASHED_FROM, path::Path};

/// Bytes reserved before a node's items for its list header: one byte, and a length of up to eight.
const HEADER_ROOM: usize = 9;

/// The offset at which an open node begins in the buffer.
#[derive(Clone, Copy)]
pub(crate) struct Open(usize);

pub(crate) struct Encoder {
    buffer: Vec<u8>,
}

impl Encoder {
    pub(crate) fn new() -> Self {
        Self { buffer: Vec::with_capacity(1024) }
    }

    /// Starts a node.
    pub(crate) fn open(&mut self) -> Open {
        let open = Open(self.buffer.len());
        self.buffer.extend_from_slice(&[0; HEADER_ROOM]);
        open
    }

    /// Ends a node that has a parent. Returns its hash, or `None` if it is embedded. Passes new hashed nodes to `sink`.
    pub(crate) fn close(&mut self, open: Open, sink: &mut impl FnMut(B256, &[u8])) -> Option<B256> {
        let from = self.write_header(open);
        let node = &self.buffer[from..];
        if node.len() < HASHED_FROM {
            let len = node.len();
            self.buffer.copy_within(from.., open.0);
            self.buffer.truncate(open.0 + len);
            return None;
        }
        let hash = keccak256(node);
        sink(hash, node);
        self.buffer.truncate(open.0);
        self.hash(&hash);
        Some(hash)
    }

    /// Ends the root, which is always hashed.
    pub(crate) fn close_root(&mut self, open: Open, sink: &mut impl FnMut(B256, &[u8])) -> B256 {
        let from = self.write_header(open);
        let node = &self.buffer[from..];
        let hash = keccak256(node);
        sink(hash, node);
        self.buffer.truncate(open.0);
        hash
    }

    /// Writes the reference to a hashed node.
    pub(crate) fn hash(&mut self, hash: &B256) {
        self.buffer.push(0xa0);
        self.buffer.extend_from_slice(hash.as_slice());
    }

    /// Writes the empty item.
    pub(crate) fn empty(&mut self) {
        self.buffer.push(0x80);
    }

    /// Writes a string.
    pub(crate) fn string(&mut self, string: &[u8]) {
        match string {
            [single @ 0..=0x7f] => self.buffer.push(*single),
            _ => {
                let (header, at) = header(0x80, string.len());
                self.buffer.extend_from_slice(&header[at..]);
                self.buffer.extend_from_slice(string);
            }
        }
    }

    /// Writes a path in its hex-prefix form.
    pub(crate) fn path(&mut self, path: &Path, is_leaf: bool) {
        let (first, rest) = path.compact(is_leaf);
        if !rest.is_empty() {
            // At most 33 bytes: a short string.
            self.buffer.push(0x81 + rest.len() as u8);
        }
        self.buffer.push(first);
        self.buffer.extend_from_slice(rest);
    }

    /// Writes the list header right before the items. Returns its offset.
    fn write_header(&mut self, open: Open) -> usize {
        let items = open.0 + HEADER_ROOM;
        let (header, at) = header(0xc0, self.buffer.len() - items);
        self.buffer[open.0..items].copy_from_slice(&header);
        open.0 + at
    }
}

/// The RLP header of a payload of `len` bytes, at the end of the array, and its offset there. `base` is 0x80 for strings
/// and 0xc0 for lists.
fn header(base: u8, len: usize) -> ([u8; HEADER_ROOM], usize) {
    let mut header = [0; HEADER_ROOM];
    if len < 56 {
        header[HEADER_ROOM - 1] = base + len as u8;
        return (header, HEADER_ROOM - 1);
    }
    header[1..].copy_from_slice(&(len as u64).to_be_bytes());
    let zeros = (len as u64).leading_zeros() as usize / 8;
    header[zeros] = base + 55 + (8 - zeros) as u8;
    (header, zeros)
}
