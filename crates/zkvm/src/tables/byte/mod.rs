//! All pairs of bytes, and the bits that are set in both.

use super::{Fixed, Table, range::Uses};
use crate::{bus::Buses, row::rows, stark::Val};
use p3_field::PrimeCharacteristicRing;

/// The table of pairs of bytes.
pub(crate) struct Byte;

/// Two bytes.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct Pair<T> {
    a: T,
    b: T,
    both: T,
}

rows!(Pair);

impl Table for Byte {
    const NAME: &'static str = "byte";
    type Row<T: Copy> = Uses<T>;
    type Fixed<T: Copy> = Pair<T>;

    fn eval<B: Buses>(row: &Uses<B::Var>, fixed: &Pair<B::Var>, builder: &mut B) {
        builder.provide("byte", [fixed.a.into(), fixed.b.into(), fixed.both.into()], row.uses.into());
    }

    /// Row 256 a + b has the bytes a and b.
    fn fixed() -> Option<Fixed> {
        let pairs = (0..=u8::MAX).flat_map(|a| (0..=u8::MAX).map(move |b| [a, b, a & b]));
        Some(Fixed::new(pairs.flatten().map(Val::from_u8).collect(), 3))
    }
}

/// The row of a pair of bytes.
pub(crate) const fn row_of(a: u8, b: u8) -> usize {
    (a as usize) << 8 | b as usize
}
