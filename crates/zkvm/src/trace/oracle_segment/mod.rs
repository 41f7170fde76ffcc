//! Records oracle segments: pre-images become rows.

#[cfg(test)]
mod tests;

use super::{Preimage, Preimages, Space, SpaceTree, Tables};
use crate::{
    air::AnyTable,
    hash::Digest,
    oracle::{OracleKind, OracleStatement},
    stark::Val,
    tables::{
        ADVICE, AbsorbRow, AdviceKeyRow, BLOCK, HashedKeyRow, LocalKeyRow, NodeRow, OracleSegmentRow,
        OracleWriteRow, STREAM_START, Sha256BlockRow, Sha256KeyRow, StreamRow, ValueRow,
    },
};
use core::mem;

/// A recorded oracle segment.
pub(crate) struct RecordedOracle {
    pub(crate) kind: OracleKind,
    pub(crate) statement: OracleStatement,
    pub(crate) tables: Tables,
}

/// Records the segments that write all pre-images, from the empty space on. The first one has the local keys; each other one
/// has at least one pre-image. None has more blocks of its kind's hash than `most`, unless a single pre-image needs more.
pub(crate) fn record_oracle(preimages: &Preimages, most: [usize; 2]) -> Vec<RecordedOracle> {
    let mut tree = SpaceTree::default();
    let of_type = |types: &'static [u8]| {
        let regions = preimages.regions().iter().filter(|(_, region)| types.contains(&region.key[0]));
        regions.map(|(number, region)| (*number, region))
    };
    let mut segment = Segment::new(OracleKind::Keccak);
    let mut digest = Some(segment.add_locals(of_type(&[1])));
    let mut recorded = Vec::new();
    for (number, region) in of_type(&[2, 3]) {
        if number >= ADVICE {
            segment.add_advice(number, region);
            continue;
        }
        if segment.blocks + region.bytes.len() / BLOCK + 1 > most[OracleKind::Keccak as usize] {
            let full = mem::replace(&mut segment, Segment::new(OracleKind::Keccak));
            recorded.push(full.finish(&mut tree, digest.take()));
        }
        segment.add_hashed(number, region);
    }
    recorded.push(segment.finish(&mut tree, digest));
    let mut segment = Segment::new(OracleKind::Sha256);
    for (number, region) in of_type(&[4]) {
        let blocks = Sha256BlockRow::blocks(region.bytes.len());
        if segment.blocks + blocks > most[OracleKind::Sha256 as usize] && segment.blocks > 0 {
            let full = mem::replace(&mut segment, Segment::new(OracleKind::Sha256));
            recorded.push(full.finish(&mut tree, None));
        }
        segment.add_sha256(number, region);
    }
    if segment.blocks > 0 {
        recorded.push(segment.finish(&mut tree, None));
    }
    recorded
}

/// A segment that is recorded.
struct Segment {
    kind: OracleKind,
    tables: Tables,
    leaves: Vec<(u64, Digest)>,
    /// The blocks that are hashed.
    blocks: usize,
    row: Option<OracleSegmentRow<Val>>,
}

impl Segment {
    fn new(kind: OracleKind) -> Self {
        Self { kind, tables: Tables::default(), leaves: Vec::new(), blocks: 0, row: None }
    }

    fn write(&mut self, number: u32, region: &Preimage) {
        for place in 0..region.leaves() {
            self.tables.add(AnyTable::OracleWrite, &OracleWriteRow::new(number, place, region.leaf(place)));
        }
        self.leaves.extend(region.digests(number));
    }

    /// Hashes the bytes of a region. Returns the digest.
    fn hash(&mut self, number: u32, bytes: &[u8]) -> [u8; 32] {
        let (rows, digest) = AbsorbRow::hash(number, bytes);
        self.blocks += rows.len();
        for row in &rows {
            self.tables.add(AnyTable::Absorb, row);
        }
        digest
    }

    fn add_hashed(&mut self, number: u32, region: &Preimage) {
        self.write(number, region);
        let digest = self.hash(number, &region.bytes);
        self.tables.add(AnyTable::HashedKey, &HashedKeyRow::new(number, region, digest));
    }

    fn add_sha256(&mut self, number: u32, region: &Preimage) {
        self.write(number, region);
        let (rows, digest) = Sha256BlockRow::hash(number, &region.bytes);
        self.blocks += rows.len();
        for (block, compression) in &rows {
            self.tables.add(AnyTable::Sha256Block, block);
            self.tables.add(AnyTable::Sha256, compression);
        }
        self.tables.add(AnyTable::Sha256Key, &Sha256KeyRow::new(number, region, digest));
    }

    fn add_advice(&mut self, number: u32, region: &Preimage) {
        self.write(number, region);
        self.tables.add(AnyTable::AdviceKey, &AdviceKeyRow::new(number, region));
        self.add_value(number, region, None);
    }

    /// `position` is the place of the first byte in the stream, if the key is local.
    fn add_value(&mut self, number: u32, region: &Preimage, position: Option<usize>) {
        for row in ValueRow::all(number, &region.bytes, position.is_some(), position.unwrap_or_default()) {
            self.tables.add(AnyTable::Value, &row);
        }
    }

    /// Adds all local keys, in increasing order. Returns their digest.
    fn add_locals<'a>(&mut self, locals: impl Iterator<Item = (u32, &'a Preimage)>) -> [u8; 32] {
        let mut stream = vec![0; STREAM_START];
        let mut previous = [0; 32];
        let mut count = 0;
        for (number, region) in locals {
            self.write(number, region);
            self.tables.add(AnyTable::LocalKey, &LocalKeyRow::new(count, stream.len(), &previous, region));
            stream.extend(region.key);
            stream.extend((region.bytes.len() as u64).to_be_bytes());
            self.add_value(number, region, Some(stream.len()));
            stream.extend(&region.bytes);
            previous = region.key;
            count += 1;
        }
        stream[..STREAM_START].copy_from_slice(&u64::from(count).to_be_bytes());
        for row in StreamRow::all(&stream) {
            self.tables.add(AnyTable::Stream, &row);
        }
        self.row = Some(OracleSegmentRow::new(count, stream.len(), &previous));
        self.hash(0, &stream)
    }

    fn finish(mut self, tree: &mut SpaceTree, locals: Option<[u8; 32]>) -> RecordedOracle {
        let row = self.row.unwrap_or_else(|| OracleSegmentRow::new(0, 0, &[0; 32]));
        self.tables.add(AnyTable::OracleSegment, &row);
        self.leaves.sort_unstable_by_key(|(index, _)| *index);
        let before = tree.root();
        let nodes = match self.leaves.as_slice() {
            [] => vec![tree.root_node(Space::Oracle)],
            leaves => tree.update(Space::Oracle, leaves),
        };
        for node in nodes {
            self.tables.add(AnyTable::Node, &NodeRow::new(&node));
        }
        let statement = OracleStatement { before, after: tree.root(), locals };
        RecordedOracle { kind: self.kind, statement, tables: self.tables }
    }
}
