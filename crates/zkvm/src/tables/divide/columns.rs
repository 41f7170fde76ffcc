//! The columns.

use crate::{
    bus::{Read, Replaced, Step},
    row::rows,
    tables::signs::{Extended, Sign},
    word::Word,
};

/// One division. A *magnitude* is a number without its sign. That of the lowest number, -2^63, is 2^63.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct DivideRow<T> {
    pub(super) step: Step<T>,
    pub(super) div: T,
    pub(super) divu: T,
    pub(super) ddiv: T,
    pub(super) ddivu: T,
    /// The dividend.
    pub(super) rs: Read<T>,
    /// The divisor.
    pub(super) rt: Read<T>,
    pub(super) hi: Replaced<T>,
    pub(super) lo: Replaced<T>,
    /// The sign of the dividend, which is that of the remainder too.
    pub(super) dividend: Sign<T>,
    /// The sign of the divisor.
    pub(super) divisor: Sign<T>,
    /// 1 if the signs of the operands differ. Then the quotient is negative or 0.
    pub(super) quotient: T,
    /// 1 if all of the words count, and the dividend, the divisor or the quotient is negative.
    pub(super) wide_negative: [T; 3],
    /// The magnitudes of the results and of the divisor.
    pub(super) magnitudes: Magnitudes<T>,
    /// The magnitudes of quotient and divisor, multiplied.
    pub(super) product: Word<T>,
    /// What is carried from each limb but the last when the product, the remainder and a negative dividend are added: 0 to
    /// 2. The last one is 0 if the lower halves are divided.
    pub(super) carries: [T; 3],
    /// 1 for the highest limb in which the magnitudes of remainder and divisor differ.
    pub(super) differs: [T; 4],
    /// By how much these limbs differ, less 1.
    pub(super) distance: T,
    /// The remainder, which goes to HI.
    pub(super) high: Extended<T>,
    /// The quotient, which goes to LO.
    pub(super) low: Extended<T>,
}

/// Numbers without their signs.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct Magnitudes<T> {
    pub(super) divisor: Word<T>,
    pub(super) quotient: Word<T>,
    pub(super) remainder: Word<T>,
}

rows!(DivideRow, Magnitudes);
