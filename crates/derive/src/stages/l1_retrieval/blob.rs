//! Decodes the batcher data in a blob.
//!
//! A blob is 4096 field elements of 32 bytes. The top two bits of each element are clear. Four elements make a round of
//! 127 bytes: the low 31 bytes of each element, and three bytes from the low six bits of their first bytes. 1024 rounds
//! make 130 048 bytes; version and length take four of them. See the
//! [specification](https://specs.optimism.io/protocol/derivation.html#blob-encoding).

use alloc::vec::Vec;

use alloy_eips::eip4844::Blob;

/// The most data that a blob can hold, in bytes.
pub(super) const MAX_BLOB_DATA: usize = (4 * 31 + 3) * ROUNDS - 4;

const ROUNDS: usize = 1024;
const ELEMENT: usize = 32;
const ROUND_IN: usize = 4 * ELEMENT;
/// Bytes of data in a round.
const ROUND_OUT: usize = 4 * 31 + 3;
/// Where the data starts in the first element: after the six bits, the version and the length.
const HEADER: usize = 5;
const VERSION: u8 = 0;
const TOP_BITS: u8 = 0b1100_0000;

/// Why a blob is skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum BlobError {
    /// The encoding version is not 0.
    #[error("blob has encoding version {0}")]
    Version(u8),
    /// The length is more than a blob can hold.
    #[error("blob declares {0} bytes of data")]
    Length(usize),
    /// A field element has one of its two top bits set.
    #[error("field element {0} has a top bit set")]
    Element(usize),
    /// A byte past the declared length is not zero.
    #[error("blob has data past its declared length")]
    Excess,
}

/// The data in `blob`.
pub(super) fn decode(blob: &Blob) -> Result<Vec<u8>, BlobError> {
    let blob: &[u8] = blob.as_slice();
    if blob[1] != VERSION {
        return Err(BlobError::Version(blob[1]));
    }
    let length = usize::from(blob[2]) << 16 | usize::from(blob[3]) << 8 | usize::from(blob[4]);
    if length > MAX_BLOB_DATA {
        return Err(BlobError::Length(length));
    }
    // The header takes four bytes of the first round, which is decoded even when the length is 0.
    let rounds = (length + HEADER - 1).div_ceil(ROUND_OUT).max(1);
    let (used, unused) = blob.split_at(rounds * ROUND_IN);
    let mut data = Vec::with_capacity(rounds * ROUND_OUT);
    for (i, round) in used.as_chunks::<ROUND_IN>().0.iter().enumerate() {
        decode_round(round, i, &mut data)?;
    }
    if data[length..].iter().any(|&byte| byte != 0) || !is_zero(unused) {
        return Err(BlobError::Excess);
    }
    data.truncate(length);
    Ok(data)
}

/// Appends the data of round `index`: 127 bytes, or 123 for the first.
fn decode_round(round: &[u8; ROUND_IN], index: usize, data: &mut Vec<u8>) -> Result<(), BlobError> {
    let [a, b, c, d] = [round[0], round[ELEMENT], round[2 * ELEMENT], round[3 * ELEMENT]];
    // The reference does not check the first byte of the blob.
    let first = if index == 0 { 0 } else { a };
    if (first | b | c | d) & TOP_BITS != 0 {
        let at = [first, b, c, d].iter().position(|byte| byte & TOP_BITS != 0).unwrap_or_default();
        return Err(BlobError::Element(index * 4 + at));
    }
    let start = if index == 0 { HEADER } else { 1 };
    data.extend_from_slice(&round[start..ELEMENT]);
    data.push((a & 0b0011_1111) | ((b & 0b0011_0000) << 2));
    data.extend_from_slice(&round[ELEMENT + 1..2 * ELEMENT]);
    data.push((b & 0b0000_1111) | ((d & 0b0000_1111) << 4));
    data.extend_from_slice(&round[2 * ELEMENT + 1..3 * ELEMENT]);
    data.push((c & 0b0011_1111) | ((d & 0b0011_0000) << 2));
    data.extend_from_slice(&round[3 * ELEMENT + 1..]);
    Ok(())
}

/// Whether all bytes are zero. Compares words, which takes a guest fewer instructions.
fn is_zero(bytes: &[u8]) -> bool {
    let (words, rest) = bytes.as_chunks::<8>();
    words.iter().all(|word| u64::from_ne_bytes(*word) == 0) && rest.iter().all(|&byte| byte == 0)
}

#[cfg(test)]
mod tests {
    use alloc::{boxed::Box, vec, vec::Vec};

    use alloy_primitives::{hex, keccak256};
    use proptest::prelude::*;

    use super::*;

    /// Encodes `data` as the reference's batcher does.
    fn encode(data: &[u8]) -> Box<Blob> {
        let mut blob = Box::new(Blob::ZERO);
        let mut input = vec![VERSION];
        input.extend_from_slice(&(data.len() as u32).to_be_bytes()[1..]);
        input.extend_from_slice(data);
        for (i, chunk) in input.chunks(ROUND_OUT).enumerate() {
            if data.is_empty() {
                break;
            }
            let mut round = [0; ROUND_OUT];
            round[..chunk.len()].copy_from_slice(chunk);
            let [x, y, z] = [round[31], round[63], round[95]];
            let tops = [
                x & 0b0011_1111,
                (y & 0b0000_1111) | ((x & 0b1100_0000) >> 2),
                z & 0b0011_1111,
                ((z & 0b1100_0000) >> 2) | ((y & 0b1111_0000) >> 4),
            ];
            for (j, top) in tops.into_iter().enumerate() {
                let element = &mut blob[i * ROUND_IN + j * ELEMENT..][..ELEMENT];
                element[0] = top;
                element[1..].copy_from_slice(&round[j * 32..][..31]);
            }
        }
        blob
    }

    /// The same pseudo-random bytes as in the program that made the vectors.
    fn data(length: usize) -> Vec<u8> {
        let mut x = length as u32 + 1;
        let next = |_| {
            x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (x >> 24) as u8
        };
        (0..length).map(next).collect()
    }

    /// Keccak-256 of the blobs that op-node's encoder makes of [`data`].
    const VECTORS: [(usize, &str); 13] = [
        (0, "6387d10d3fe6d4fcb51c9f9caf0c34f88526afc3d0c6a2b80adfceeea2b4a701"),
        (1, "31c8bd176b7b6842df4e9684646fe00c047a87a546eea4379c109b8b81a169b3"),
        (26, "990f34161027c1fd2ae1e823982d0682a8dd2b97c542b07a31ae4bceac5a9f2a"),
        (27, "722884e2b4c8e7c41def4054c61fb38dc0fce6b26cd8dc7f4d4148baada775c6"),
        (28, "2b184e9162d0f975a46df30510e7db0d0be962b7f60d6374282f8dd8d8c1e688"),
        (122, "aacec17e326a5df6df9037ebc14821b16adad29356931b52d54717a9deafad70"),
        (123, "893a2aad541a0c83e5c8cb63598a403e13b79739c5847360af96d5974ce4695b"),
        (124, "3525b0fde626eb86c87bb9e44d2e554c2ea2e6ce569a556268583785c4d2107a"),
        (250, "9b8d2aad83ddbf7e9db5f8b674180c104e9b3a46d95016472704b035e4edb0bf"),
        (251, "fdc0efae982c87002de918659341692168932e70ad952b7f70f1685cffd159c0"),
        (1000, "4a10752550acee43230b0d2a0eb902b1d53f32d504bb601a46cc7f426028048a"),
        (130_043, "ffb15aeeea8187fa01c57b678b8318d83e7010b8125508d75d63a5bab2255c4d"),
        (130_044, "77dc2c921cda35102e54387d25e13479d574a2aba0099aadb886e7ccb1ba92c4"),
    ];

    #[test]
    fn reads_what_the_reference_writes() {
        for (length, digest) in VECTORS {
            let blob = encode(&data(length));
            assert_eq!(hex::encode(keccak256(blob.as_slice())), digest, "{length}");
            assert_eq!(decode(&blob), Ok(data(length)), "{length}");
        }
    }

    /// 525 blobs with one byte changed: the same are refused, and the others read the same.
    #[test]
    fn agrees_with_the_reference_on_spoiled_blobs() {
        let places =
            [0, 1, 2, 3, 4, 5, 26, 31, 32, 33, 64, 96, 97, 127, 128, 160, 224, 255, 256, 4096, 131_071];
        let mut log = Vec::new();
        for length in [0, 100, 123, 200, 5000] {
            let blob = encode(&data(length));
            for place in places {
                for value in [0, 1, 0x3f, 0x40, 0x80] {
                    let mut blob = blob.clone();
                    blob[place] = value;
                    match decode(&blob) {
                        Ok(data) => log.extend_from_slice(keccak256(data).as_slice()),
                        Err(_) => log.push(0),
                    }
                }
            }
        }
        assert_eq!(log.len(), 9298);
        assert_eq!(
            hex::encode(keccak256(&log)),
            "fc57c540f8cbffef83dac676c3de468ef4df272a87278c8489be4219937e340c"
        );
    }

    #[test]
    fn names_what_is_wrong() {
        let spoilt = |place: usize, value| {
            let mut blob = encode(&data(200));
            blob[place] = value;
            decode(&blob)
        };
        assert_eq!(spoilt(1, 1), Err(BlobError::Version(1)));
        assert_eq!(spoilt(2, 2), Err(BlobError::Length(0x2_00c8)));
        assert_eq!(spoilt(32, 0x80), Err(BlobError::Element(1)));
        assert_eq!(spoilt(131_071, 1), Err(BlobError::Excess));
        assert!(spoilt(0, 0xc0).is_ok(), "the top bits of the first element are not checked");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn round_trip(data in prop::collection::vec(any::<u8>(), 0..2000)) {
            prop_assert_eq!(decode(&encode(&data)), Ok(data));
        }

        #[test]
        fn never_panics(head in prop::collection::vec(any::<u8>(), 0..300), length in 0..=MAX_BLOB_DATA as u32) {
            let mut blob = Box::new(Blob::ZERO);
            blob[..head.len()].copy_from_slice(&head);
            let _ = decode(&blob);
            blob[1..5].copy_from_slice(&length.to_be_bytes());
            let _ = decode(&blob);
        }
    }
}
