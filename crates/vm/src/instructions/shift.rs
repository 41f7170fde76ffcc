//! Shifts. Those of 32 bits look at the lower half only and sign-extend what comes out.

/// `sll`, `sllv`; an amount of 0 to 31.
#[inline]
pub(super) const fn sll(t: u64, amount: u32) -> u64 {
    ((t as u32) << amount) as i32 as i64 as u64
}

/// `srl`, `srlv`; an amount of 0 to 31. Shifted by 0, the word's own sign is extended.
#[inline]
pub(super) const fn srl(t: u64, amount: u32) -> u64 {
    (t as u32 >> amount) as i32 as i64 as u64
}

/// `sra`, `srav`; an amount of 0 to 31.
#[inline]
pub(super) const fn sra(t: u64, amount: u32) -> u64 {
    (t as i32 >> amount) as i64 as u64
}

/// `dsra`, `dsrav`; an amount of 0 to 63.
#[inline]
pub(super) const fn dsra(t: u64, amount: u32) -> u64 {
    (t as i64 >> amount) as u64
}
