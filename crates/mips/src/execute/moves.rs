//! Moves between registers. Those to HI and LO return what goes to `rd`, a field that is zero in the manual: the VM
//! writes 0 there.

use crate::Cpu;

/// `movz`: `s` if `t` is zero, otherwise what the destination held before.
#[inline]
pub(super) const fn movz(s: u64, t: u64, before: u64) -> u64 {
    if t == 0 { s } else { before }
}

/// `movn`: `s` if `t` is not zero, otherwise what the destination held before.
#[inline]
pub(super) const fn movn(s: u64, t: u64, before: u64) -> u64 {
    if t == 0 { before } else { s }
}

/// `sync`, which the VM executes as a move.
#[inline]
pub(super) const fn sync(s: u64) -> u64 {
    s
}

/// `mfhi`.
#[inline]
pub(super) const fn mfhi(cpu: &Cpu) -> u64 {
    cpu.hi
}

/// `mflo`.
#[inline]
pub(super) const fn mflo(cpu: &Cpu) -> u64 {
    cpu.lo
}

/// `mthi`.
#[inline]
pub(super) const fn mthi(cpu: &mut Cpu, s: u64) -> u64 {
    cpu.hi = s;
    0
}

/// `mtlo`.
#[inline]
pub(super) const fn mtlo(cpu: &mut Cpu, s: u64) -> u64 {
    cpu.lo = s;
    0
}
