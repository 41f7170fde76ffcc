//! Bitwise logic.

/// `and`, `andi`.
#[inline]
pub(super) const fn and(s: u64, t: u64) -> u64 {
    s & t
}

/// `or`, `ori`.
#[inline]
pub(super) const fn or(s: u64, t: u64) -> u64 {
    s | t
}

/// `xor`, `xori`.
#[inline]
pub(super) const fn xor(s: u64, t: u64) -> u64 {
    s ^ t
}

/// `nor`.
#[inline]
pub(super) const fn nor(s: u64, t: u64) -> u64 {
    !(s | t)
}

/// `lui`. The decoder has already moved the constant to the upper half.
#[inline]
pub(super) const fn lui(constant: u64) -> u64 {
    constant
}
