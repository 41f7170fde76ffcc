//! BLS12-381 as far as blobs need it: all of `blst` that this crate touches, behind safe functions.

use crate::ELEMENTS_PER_BLOB;
use alloc::{vec, vec::Vec};
use blst::{
    BLST_ERROR, blst_fr, blst_fr_add, blst_fr_eucl_inverse, blst_fr_from_scalar, blst_fr_from_uint64,
    blst_fr_mul, blst_p1, blst_p1_add_or_double, blst_p1_add_or_double_affine, blst_p1_affine,
    blst_p1_affine_in_g1, blst_p1_affine_is_inf, blst_p1_cneg, blst_p1_compress, blst_p1_deserialize,
    blst_p1_from_affine, blst_p1_is_equal, blst_p1_mult, blst_p1_uncompress, blst_p1s_mult_pippenger,
    blst_p1s_mult_pippenger_scratch_sizeof, blst_p1s_to_affine, blst_scalar, blst_scalar_fr_check,
    blst_scalar_from_be_bytes, blst_scalar_from_bendian, blst_scalar_from_fr, blst_sha256,
};
use core::ptr;
use rayon::prelude::*;
use std::sync::OnceLock;

/// A point in affine form.
pub(super) type Affine = blst_p1_affine;
/// A point in projective form.
pub(super) type Point = blst_p1;
/// A field element for arithmetic.
pub(super) type Fr = blst_fr;
/// A field element for multiplying points.
pub(super) type Scalar = blst_scalar;

/// Bits of a scalar.
const SCALAR_BITS: usize = 255;

/// The commitments of the blobs that are one at a single element, in the order of the elements: 48 bytes x and 48 bytes
/// y each, big-endian. Made by the example `lagrange_table` from c-kzg's trusted setup; taking the square roots of the
/// compressed form at run time would cost more than verifying a few blobs.
static LAGRANGE_BYTES: &[u8; 96 * ELEMENTS_PER_BLOB] = include_bytes!("lagrange.bin");

/// The Lagrange points, decoded once.
pub(super) fn lagrange_points() -> &'static [Affine] {
    static POINTS: OnceLock<Vec<Affine>> = OnceLock::new();
    POINTS.get_or_init(|| {
        let (points, _) = LAGRANGE_BYTES.as_chunks();
        points.par_iter().map(deserialize).collect()
    })
}

fn deserialize(bytes: &[u8; 96]) -> Affine {
    let mut point = Affine::default();
    // SAFETY: `blst` reads 96 bytes and writes a point. It refuses only points off the curve, of which the table has none
    // (a test holds it against c-kzg); one would make every verification fail, none pass.
    unsafe { blst_p1_deserialize(&raw mut point, bytes.as_ptr()) };
    point
}

/// A commitment: a compressed point of the right group, or `None`.
pub(super) fn decompress(bytes: &[u8; 48]) -> Option<Point> {
    let mut affine = Affine::default();
    let mut point = Point::default();
    // SAFETY: `blst` reads 48 bytes and writes one point per call.
    unsafe {
        if blst_p1_uncompress(&raw mut affine, bytes.as_ptr()) != BLST_ERROR::BLST_SUCCESS
            || !(blst_p1_affine_is_inf(&raw const affine) || blst_p1_affine_in_g1(&raw const affine))
        {
            return None;
        }
        blst_p1_from_affine(&raw mut point, &raw const affine);
    }
    Some(point)
}

/// The compressed form of a point.
pub(super) fn compress(point: &Point) -> [u8; 48] {
    let mut bytes = [0; 48];
    // SAFETY: `blst` reads a point and writes 48 bytes.
    unsafe { blst_p1_compress(bytes.as_mut_ptr(), point) };
    bytes
}

/// A field element from its big-endian bytes, or `None` if they are not below the modulus.
pub(super) fn field_element(bytes: &[u8; 32]) -> Option<Fr> {
    let (mut scalar, mut element) = (Scalar::default(), Fr::default());
    // SAFETY: `blst` reads 32 bytes and writes a scalar, then reads that and writes an element.
    unsafe {
        blst_scalar_from_bendian(&raw mut scalar, bytes.as_ptr());
        if !blst_scalar_fr_check(&raw const scalar) {
            return None;
        }
        blst_fr_from_scalar(&raw mut element, &raw const scalar);
    }
    Some(element)
}

/// A field element from any 32 bytes, reduced.
pub(super) fn reduced_element(bytes: &[u8; 32]) -> Fr {
    let (mut scalar, mut element) = (Scalar::default(), Fr::default());
    // SAFETY: `blst` reads 32 bytes and writes a scalar below the modulus, then reads that and writes an element.
    unsafe {
        blst_scalar_from_be_bytes(&raw mut scalar, bytes.as_ptr(), bytes.len());
        blst_fr_from_scalar(&raw mut element, &raw const scalar);
    }
    element
}

/// A small number as a field element.
pub(super) fn small_element(value: u64) -> Fr {
    let mut element = Fr::default();
    // SAFETY: `blst` reads four limbs and writes an element.
    unsafe { blst_fr_from_uint64(&raw mut element, [value, 0, 0, 0].as_ptr()) };
    element
}

/// a + b
pub(super) fn add(a: &Fr, b: &Fr) -> Fr {
    let mut sum = Fr::default();
    // SAFETY: `blst` reads two elements and writes one.
    unsafe { blst_fr_add(&raw mut sum, a, b) };
    sum
}

/// a · b
pub(super) fn multiply(a: &Fr, b: &Fr) -> Fr {
    let mut product = Fr::default();
    // SAFETY: `blst` reads two elements and writes one.
    unsafe { blst_fr_mul(&raw mut product, a, b) };
    product
}

/// 1/a, or 0 for 0.
pub(super) fn invert(a: &Fr) -> Fr {
    let mut inverse = Fr::default();
    // SAFETY: `blst` reads an element and writes one.
    unsafe { blst_fr_eucl_inverse(&raw mut inverse, a) };
    inverse
}

/// A field element in the form that multiplies points.
pub(super) fn scalar(element: &Fr) -> Scalar {
    let mut scalar = Scalar::default();
    // SAFETY: `blst` reads an element and writes a scalar.
    unsafe { blst_scalar_from_fr(&raw mut scalar, element) };
    scalar
}

/// a + b
pub(super) fn add_points(a: &Point, b: &Point) -> Point {
    let mut sum = Point::default();
    // SAFETY: `blst` reads two points, of which any may be infinity or the other, and writes one.
    unsafe { blst_p1_add_or_double(&raw mut sum, a, b) };
    sum
}

/// a - b
pub(super) fn subtract_points(a: &Point, b: &Point) -> Point {
    let mut negated = *b;
    // SAFETY: `blst` changes one point.
    unsafe { blst_p1_cneg(&raw mut negated, true) };
    add_points(a, &negated)
}

/// a · scalar
pub(super) fn multiply_point(a: &Point, scalar: &Scalar) -> Point {
    let mut product = Point::default();
    // SAFETY: `blst` reads a point and the bits of a scalar, which has 256, and writes a point.
    unsafe { blst_p1_mult(&raw mut product, a, scalar.b.as_ptr(), SCALAR_BITS) };
    product
}

/// Whether two points are one.
pub(super) fn points_equal(a: &Point, b: &Point) -> bool {
    // SAFETY: `blst` reads two points.
    unsafe { blst_p1_is_equal(a, b) }
}

/// The commitment of the polynomial that has the given values: the sum of the Lagrange points times them, on all cores.
pub(super) fn commit(values: &[Scalar]) -> Point {
    let points = lagrange_points();
    // Larger shares need fewer additions per point; a share below this costs more in total than it saves in time.
    let share = points.len().div_ceil(rayon::current_num_threads()).max(512);
    points
        .par_chunks(share)
        .zip(values.par_chunks(share))
        .map(|(points, values)| sum_of_products(points, values))
        .reduce(Point::default, |a, b| add_points(&a, &b))
}

/// The sum of the points, none of them infinity, times the scalars.
fn sum_of_products(points: &[Affine], scalars: &[Scalar]) -> Point {
    let count = points.len().min(scalars.len());
    let mut sum = Point::default();
    // SAFETY: a pointer followed by null stands for that many consecutive items, and both slices have `count` of them; a
    // scalar has 32 bytes and no padding. The scratch space is as large as `blst` asks for.
    unsafe {
        let mut scratch = vec![0u64; blst_p1s_mult_pippenger_scratch_sizeof(count).div_ceil(8)];
        blst_p1s_mult_pippenger(
            &raw mut sum,
            [points.as_ptr(), ptr::null()].as_ptr(),
            count,
            [scalars.as_ptr().cast::<u8>(), ptr::null()].as_ptr(),
            SCALAR_BITS,
            scratch.as_mut_ptr(),
        );
    }
    sum
}

/// Many multiples of one point that is not infinity, in affine form.
///
/// A table has every multiple that one byte of a scalar can stand for, so that each product takes 32 additions. (What
/// `blst` has for this reads its tables in constant time, which costs more than the additions.)
pub(super) fn multiples(point: &Point, scalars: &[Scalar]) -> Vec<Affine> {
    let mut table = Vec::with_capacity(255 * 32);
    let mut base = *point;
    for _ in 0..32 {
        let mut multiple = base;
        for _ in 0..255 {
            table.push(multiple);
            multiple = add_points(&multiple, &base);
        }
        base = multiple;
    }
    let table = to_affine(&table);
    let products: Vec<Point> = scalars.par_iter().map(|scalar| sum_of_bytes(&table, scalar)).collect();
    to_affine(&products)
}

/// Adds up the points that the table of [`multiples`] has for a scalar's bytes, the least significant first.
fn sum_of_bytes(table: &[Affine], scalar: &Scalar) -> Point {
    let mut sum = Point::default();
    for (row, byte) in table.chunks_exact(255).zip(&scalar.b) {
        if let Some(multiple) = usize::from(*byte).checked_sub(1).and_then(|index| row.get(index)) {
            let before = sum;
            // SAFETY: `blst` reads two points, of which any may be infinity or the other, and writes one.
            unsafe { blst_p1_add_or_double_affine(&raw mut sum, &raw const before, multiple) };
        }
    }
    sum
}

fn to_affine(points: &[Point]) -> Vec<Affine> {
    let mut affine = vec![Affine::default(); points.len()];
    if !points.is_empty() {
        // SAFETY: a pointer followed by null stands for `points.len()` consecutive points, and as many are written.
        unsafe {
            blst_p1s_to_affine(affine.as_mut_ptr(), [points.as_ptr(), ptr::null()].as_ptr(), points.len());
        }
    }
    affine
}

/// The SHA-256 of `data`, by `blst`, which uses the processor's instructions for it.
#[must_use]
pub fn sha256(data: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    // SAFETY: `blst` reads all of `data` and writes 32 bytes.
    unsafe { blst_sha256(hash.as_mut_ptr(), data.as_ptr(), data.len()) };
    hash
}
