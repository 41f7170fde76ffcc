//! Bitwise logic that Rust has no operator for.

/// `nor`.
#[inline]
pub(super) const fn nor(s: u64, t: u64) -> u64 {
    !(s | t)
}
