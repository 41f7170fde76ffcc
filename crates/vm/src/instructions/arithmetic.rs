//! Addition, comparison, counting. Results of 32-bit operations are sign-extended; nothing traps on overflow.

/// `addu`, `addiu`, and `add`, `addi`, which are the same here.
#[inline]
pub(super) const fn addu(s: u64, t: u64) -> u64 {
    (s as i32).wrapping_add(t as i32) as i64 as u64
}

/// `subu` and `sub`.
#[inline]
pub(super) const fn subu(s: u64, t: u64) -> u64 {
    (s as i32).wrapping_sub(t as i32) as i64 as u64
}

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

/// `clz`: of the lower half.
#[inline]
pub(super) const fn clz(s: u64) -> u64 {
    (s as u32).leading_zeros() as u64
}
