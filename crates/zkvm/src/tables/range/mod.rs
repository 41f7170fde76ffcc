//! All values below 2^bits, for 0 to 17 bits: a row proves its value to be small by receiving it from here.

use super::{Fixed, Table};
use crate::{bus::Buses, row::rows, stark::Val};
use alloc::vec::Vec;
use p3_field::PrimeCharacteristicRing;

/// The most bits that a value can be proven to have.
pub(crate) const MOST_BITS: usize = crate::bus::GAP_BITS;

/// The table of small values.
pub(crate) struct Range;

/// A value, of which this table knows that it is below 2^bits.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct SmallValue<T> {
    value: T,
    bits: T,
}

/// How often a row is used.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct Uses<T> {
    pub(crate) uses: T,
}

rows!(SmallValue, Uses);

impl Table for Range {
    const NAME: &'static str = "range";
    type Row<T: Copy> = Uses<T>;
    type Fixed<T: Copy> = SmallValue<T>;

    fn eval<B: Buses>(row: &Uses<B::Var>, fixed: &SmallValue<B::Var>, builder: &mut B) {
        builder.provide("range", [fixed.value.into(), fixed.bits.into()], row.uses.into());
    }

    /// Row 2^bits - 1 + value has that value and these bits. The last row repeats the first one.
    fn fixed() -> Option<Fixed> {
        let mut values: Vec<Val> = (0..=MOST_BITS)
            .flat_map(|bits| (0..1_u32 << bits).map(move |value| (value, bits)))
            .flat_map(|(value, bits)| [Val::from_u32(value), Val::from_usize(bits)])
            .collect();
        values.extend([Val::ZERO, Val::ZERO]);
        Some(Fixed::new(values, 2))
    }
}

/// The row of a value.
pub(crate) const fn row_of(value: u32, bits: u32) -> usize {
    (1 << bits) - 1 + value as usize
}
