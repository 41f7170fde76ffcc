//! Which element of a blob is wrong, when exactly one byte of it is.

use super::curve::{Point, Scalar, invert, lagrange_points, multiples, multiply, scalar, small_element};
use alloc::vec::Vec;
use std::collections::HashMap;

/// The index of the wrong element, given the commitment of the blob as it is minus that of the blob as it should be.
///
/// If one byte of element i is off by d at place j, that difference is ±d·256^j times the i-th Lagrange point. There are
/// 255·32 such factors: divide by each, and look the quotient up among the points, by the x-coordinate, which does not
/// depend on the sign. A wrong hit is infeasible: it would be a known ratio between two Lagrange points.
pub(super) fn single_byte_error(difference: &Point) -> Option<usize> {
    let by_x: HashMap<[u64; 6], usize> =
        lagrange_points().iter().enumerate().map(|(index, point)| (point.x.l, index)).collect();
    multiples(difference, &inverse_byte_factors()).iter().find_map(|point| by_x.get(&point.x.l).copied())
}

/// 1 / (d · 256^j) for all d from 1 to 255 and j from 0 to 31.
fn inverse_byte_factors() -> Vec<Scalar> {
    let inverses: Vec<_> = (1..256).map(|d| invert(&small_element(d))).collect();
    let step = invert(&small_element(256));
    let mut place = small_element(1);
    let mut factors = Vec::with_capacity(255 * 32);
    for _ in 0..32 {
        factors.extend(inverses.iter().map(|inverse| scalar(&multiply(inverse, &place))));
        place = multiply(&place, &step);
    }
    factors
}
