//! Powers of two: how many bits of a limb are its upper part, and the powers that take the limb apart and put it together.
//!
//! Of a left shift by r bits, the upper part has r bits, 0 to 15. Of a right shift it has 16 - r bits, 1 to 16. The two
//! kinds of rows differ in a flag, so that the number of bits gives the amount of the shift, and no amount is 16.

use super::{Fixed, Table, range::Uses};
use crate::{bus::Buses, row::rows, stark::Val};
use p3_field::PrimeCharacteristicRing;

/// The table of powers of two.
pub(crate) struct PowerOfTwo;

/// The numbers of one row, without its flag.
#[derive(Debug, Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct Power<T> {
    /// How many bits the upper part of a limb has.
    pub(crate) bits: T,
    /// 2^bits.
    pub(crate) power: T,
    /// 2^(16 - bits).
    pub(crate) rest: T,
}

/// The cells of one row.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct FixedPower<T> {
    /// 1 for a right shift, and 0 for a left one.
    right: T,
    numbers: Power<T>,
}

rows!(Power, FixedPower);

impl Table for PowerOfTwo {
    const NAME: &'static str = "power";
    type Row<T: Copy> = Uses<T>;
    type Fixed<T: Copy> = FixedPower<T>;

    fn eval<B: Buses>(row: &Uses<B::Var>, fixed: &FixedPower<B::Var>, builder: &mut B) {
        let Power { bits, power, rest } = fixed.numbers;
        let message = [fixed.right.into(), bits.into(), power.into(), rest.into()];
        builder.provide("power", message, row.uses.into());
    }

    /// The rows of left shifts, then those of right shifts.
    fn fixed() -> Option<Fixed> {
        let rows = (0..2_u32).flat_map(|right| (right..16 + right).map(move |bits| [right, bits]));
        let cells = rows.flat_map(|[right, bits]| [right, bits, 1 << bits, 1 << (16 - bits)]);
        Some(Fixed::new(cells.map(Val::from_u32).collect(), 4))
    }
}

impl Power<Val> {
    /// The numbers for an upper part of `bits` bits, 0 to 16.
    #[cfg(feature = "record")]
    pub(crate) fn new(bits: u32) -> Self {
        Self {
            bits: Val::from_u32(bits),
            power: Val::from_u32(1 << bits),
            rest: Val::from_u32(1 << (16 - bits)),
        }
    }
}

/// The row of a flag and a number of bits.
pub(crate) const fn row_of(right: u32, bits: u32) -> usize {
    (15 * right + bits) as usize
}

#[cfg(all(test, feature = "record"))]
mod tests {
    use super::{PowerOfTwo, Table, row_of};
    use crate::stark::Val;
    use p3_field::{PrimeCharacteristicRing, PrimeField32};

    #[test]
    fn each_row_is_where_it_is_counted() {
        let fixed = PowerOfTwo::fixed().unwrap();
        assert_eq!(fixed.values.len(), 32 * 4);
        for (number, row) in fixed.values.chunks_exact(4).enumerate() {
            let [right, bits] = [0, 1].map(|cell| row[cell].as_canonical_u32());
            assert_eq!(row_of(right, bits), number);
            assert_eq!(row[2], Val::TWO.exp_u64(bits.into()));
            assert_eq!(row[2] * row[3], Val::from_u32(1 << 16));
            assert!(bits - right < 16);
        }
    }
}
