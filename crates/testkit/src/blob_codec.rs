//! Batcher data in a blob (OP specs, `protocol/ecotone/derivation.md`, blob encoding, version 0).

use alloy_eips::eip4844::Blob;

/// The most bytes that one blob can hold.
pub(crate) const MAX_BLOB_DATA: usize = (4 * 31 + 3) * 1024 - 4;

/// Encodes the first [`MAX_BLOB_DATA`] bytes of `data`.
///
/// Four field elements make a round: the low 31 bytes of each, and three bytes in the six bits that are left at the top of
/// each. Version and length take bytes of the first round.
pub(crate) fn encode(data: &[u8]) -> Blob {
    let mut stream = Vec::with_capacity(MAX_BLOB_DATA + 4);
    stream.push(0);
    stream.extend_from_slice(&(data.len() as u32).to_be_bytes()[1..]);
    stream.extend_from_slice(&data[..data.len().min(MAX_BLOB_DATA)]);
    let mut blob = Blob::ZERO;
    let mut next = stream.into_iter();
    let mut take = || next.next().unwrap_or(0);
    for round in 0..1024 {
        let element = |i: usize| (round * 4 + i) * 32;
        let fill = |blob: &mut Blob, i: usize, take: &mut dyn FnMut() -> u8| {
            for byte in &mut blob.0[element(i) + 1..element(i) + 32] {
                *byte = take();
            }
        };
        fill(&mut blob, 0, &mut take);
        let x = take();
        blob.0[element(0)] = x & 0b0011_1111;
        fill(&mut blob, 1, &mut take);
        let y = take();
        blob.0[element(1)] = (y & 0b0000_1111) | ((x & 0b1100_0000) >> 2);
        fill(&mut blob, 2, &mut take);
        let z = take();
        blob.0[element(2)] = z & 0b0011_1111;
        blob.0[element(3)] = ((z & 0b1100_0000) >> 2) | ((y & 0b1111_0000) >> 4);
        fill(&mut blob, 3, &mut take);
    }
    blob
}
