//! Sets of registers.

/// How many registers there are: 32 general ones, HI and LO.
pub const REGISTERS: usize = 34;
/// The number of HI, which follows the general registers.
pub const HI: u8 = 32;
/// The number of LO.
pub const LO: u8 = 33;

/// A set of registers: general ones by their number, [`HI`] and [`LO`].
///
/// Register 0, which always holds 0, is never a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RegisterSet(u64);

impl RegisterSet {
    /// The set without members.
    pub const EMPTY: Self = Self(0);

    /// The set with one more member. Register 0, and a number that names no register, change nothing.
    #[must_use]
    pub const fn with(self, register: u8) -> Self {
        if register as usize >= REGISTERS {
            return self;
        }
        Self((self.0 | 1 << register) & !1)
    }

    /// The members of both sets.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the register is a member.
    #[must_use]
    pub const fn contains(self, register: u8) -> bool {
        (register as usize) < REGISTERS && self.0 >> register & 1 != 0
    }

    /// Whether the set has no members.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The members, in the order of their numbers.
    #[inline]
    pub fn iter(self) -> impl Iterator<Item = u8> {
        let mut rest = self.0;
        core::iter::from_fn(move || {
            let register = rest.trailing_zeros();
            rest &= rest.wrapping_sub(1);
            (register < u64::BITS).then_some(register as u8)
        })
    }
}
