//! Comparisons.

/// `slt`, `slti`.
#[inline]
pub(super) const fn slt(s: u64, t: u64) -> u64 {
    ((s as i64) < t as i64) as u64
}

/// `sltu`, `sltiu`.
#[inline]
pub(super) const fn sltu(s: u64, t: u64) -> u64 {
    (s < t) as u64
}
