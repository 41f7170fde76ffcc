//! Counts of leading zeros and ones.

/// `clz`: in the lower half.
#[inline]
pub(super) const fn clz(s: u64) -> u64 {
    (s as u32).leading_zeros() as u64
}

/// `clo`: in the lower half.
#[inline]
pub(super) const fn clo(s: u64) -> u64 {
    (s as u32).leading_ones() as u64
}

/// `dclz`.
#[inline]
pub(super) const fn dclz(s: u64) -> u64 {
    s.leading_zeros() as u64
}

/// `dclo`.
#[inline]
pub(super) const fn dclo(s: u64) -> u64 {
    s.leading_ones() as u64
}
