//! Whole blobs against their KZG commitments: to check several together costs little more than to check one.

use super::{
    curve::{
        Fr, Point, Scalar, add, add_points, commit, compress, decompress, field_element, multiply,
        multiply_point, points_equal, reduced_element, scalar, sha256, small_element, subtract_points,
    },
    locate::single_byte_error,
};
use crate::{ELEMENTS_PER_BLOB, PreimageOracleError, PreimageOracleResult, blob_element_key};
use alloc::{string::String, vec::Vec};
use rayon::prelude::*;

/// The 4096 field elements of a blob in order, 32 big-endian bytes each.
pub type BlobElements = [[u8; 32]; ELEMENTS_PER_BLOB];

/// The claim that a blob has a commitment.
#[derive(Debug, Clone, Copy)]
pub struct BlobClaim<'a> {
    /// The KZG commitment, compressed.
    pub commitment: &'a [u8; 48],
    /// The blob.
    pub elements: &'a BlobElements,
}

/// Checks that every blob has its commitment.
///
/// All at once: a sum of the blobs with random factors must have the same sum of the commitments for its commitment. The
/// factors are powers of a number that depends on every byte of the input, so a set with a wrong blob passes with a
/// chance below 2^-240.
///
/// # Errors
/// - [`PreimageOracleError::Invalid`] naming the element, if one is not below the field's modulus, or if a blob is wrong
///   by one byte of one element;
/// - [`PreimageOracleError::BlobMismatch`] if a blob is wrong in another way;
/// - [`PreimageOracleError::BadCommitment`] if a commitment is no point of the group.
pub fn verify_blobs(blobs: &[BlobClaim<'_>]) -> PreimageOracleResult<()> {
    if blobs.is_empty() {
        return Ok(());
    }
    let commitments = blobs.par_iter().map(commitment).collect::<PreimageOracleResult<Vec<_>>>()?;
    let factors = random_factors(blobs);
    let combined = combine(blobs, &factors)?;
    let expected = commitments
        .iter()
        .zip(&factors)
        .map(|(commitment, factor)| multiply_point(commitment, &scalar(factor)))
        .fold(Point::default(), |sum, product| add_points(&sum, &product));
    if points_equal(&commit(&combined), &expected) {
        return Ok(());
    }
    blobs.iter().zip(&commitments).try_for_each(|(blob, commitment)| verify_alone(blob, commitment))
}

/// The KZG commitment of a blob, compressed. `None` if an element is not below the field's modulus.
#[must_use]
pub fn blob_commitment(elements: &BlobElements) -> Option<[u8; 48]> {
    let scalars: Option<Vec<Scalar>> =
        elements.iter().map(|element| field_element(element).as_ref().map(scalar)).collect();
    Some(compress(&commit(&scalars?)))
}

fn commitment(blob: &BlobClaim<'_>) -> PreimageOracleResult<Point> {
    decompress(blob.commitment)
        .ok_or_else(|| PreimageOracleError::BadCommitment { commitment: blob.commitment.into() })
}

/// 1, r, r², … for an r that depends on every byte of the input (the Fiat-Shamir heuristic).
fn random_factors(blobs: &[BlobClaim<'_>]) -> Vec<Fr> {
    let transcript: Vec<[u8; 48 + 32]> = blobs
        .par_iter()
        .map(|blob| {
            let mut entry = [0; 48 + 32];
            let (commitment, hash) = entry.split_at_mut(48);
            commitment.copy_from_slice(blob.commitment);
            hash.copy_from_slice(&sha256(blob.elements.as_flattened()));
            entry
        })
        .collect();
    let r = reduced_element(&sha256(transcript.as_flattened()));
    core::iter::successors(Some(small_element(1)), |power| Some(multiply(power, &r)))
        .take(blobs.len())
        .collect()
}

/// The sum of the blobs, each times its factor, element by element.
fn combine(blobs: &[BlobClaim<'_>], factors: &[Fr]) -> PreimageOracleResult<Vec<Scalar>> {
    (0..ELEMENTS_PER_BLOB)
        .into_par_iter()
        .with_min_len(256)
        .map(|index| {
            let mut sum = Fr::default();
            for (blob, factor) in blobs.iter().zip(factors) {
                sum = add(&sum, &multiply(&element(blob, index)?, factor));
            }
            Ok(scalar(&sum))
        })
        .collect()
}

fn element(blob: &BlobClaim<'_>, index: usize) -> PreimageOracleResult<Fr> {
    let bytes = blob.elements.get(index);
    bytes
        .and_then(field_element)
        .ok_or_else(|| wrong_element(blob, index, "it is not below the field's modulus"))
}

fn wrong_element(blob: &BlobClaim<'_>, index: usize, reason: &str) -> PreimageOracleError {
    PreimageOracleError::Invalid {
        key: blob_element_key(blob.commitment, index),
        reason: String::from(reason),
    }
}

fn verify_alone(blob: &BlobClaim<'_>, commitment: &Point) -> PreimageOracleResult<()> {
    let computed = commit(&combine(core::slice::from_ref(blob), &[small_element(1)])?);
    if points_equal(&computed, commitment) {
        return Ok(());
    }
    Err(match single_byte_error(&subtract_points(&computed, commitment)) {
        Some(index) => wrong_element(blob, index, "its KZG commitment has another value there"),
        None => PreimageOracleError::BlobMismatch { commitment: blob.commitment.into() },
    })
}
