//! What a proof of a segment says.

use crate::{hash::Digest, stark::Val, word::word};
use alloc::vec::Vec;
use p3_field::PrimeCharacteristicRing;

/// What a proof of a segment says: the machine makes these steps from one state to the other.
///
/// A state is the root of its tree, and two program counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SegmentStatement {
    /// The upper 32 bits of all code addresses.
    pub window: u32,
    /// The state that the segment begins in.
    pub before: Position,
    /// The state that it ends in.
    pub after: Position,
    /// The steps that it makes, at most [`MOST_STEPS`].
    pub steps: u32,
}

/// The most steps of a segment: its times stay below 2^24.
pub const MOST_STEPS: u32 = (1 << 22) - 2;

/// A state of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Position {
    /// The root of the state tree.
    pub root: Digest,
    /// The address of the next instruction, in words of 4 bytes from the start of the code window. [`Self::EXITED`] if the
    /// program has exited.
    pub pc: u32,
    /// The address of the instruction after it, in the same unit. The exit code if the program has exited.
    pub next_pc: u32,
    /// The steps since the start of the program.
    pub step: u64,
}

impl Position {
    /// The `pc` of a program that has exited.
    ///
    /// It is no address: those are below 2^30, and what a branch near the border of the code window goes to is less than
    /// 2^16 from there.
    pub const EXITED: u32 = 0x6000_0000;

    /// The exit code, if the program has exited.
    #[must_use]
    pub const fn exit_code(&self) -> Option<u8> {
        if self.pc == Self::EXITED { Some(self.next_pc as u8) } else { None }
    }

    /// Whether the program counters are those of a state, and not other numbers that mean the same in the field.
    pub(crate) const fn is_possible(&self) -> bool {
        if self.pc == Self::EXITED {
            self.next_pc <= u8::MAX as u32
        } else {
            self.pc < 1 << 30 && self.next_pc < 1 << 30
        }
    }
}

/// The cells of the machine's own state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum SystemCell {
    /// The four words of the pre-image key, the first bytes first.
    Key = 0,
    /// The pre-image offset.
    Offset = 4,
    /// The address of the next anonymous mapping.
    Heap = 5,
    /// The status of the reservation, its address, and the thread that made it.
    Reservation = 6,
    /// When the reservation was made. At the border of a segment it is 0.
    ReservedAt = 9,
    /// The number of the running thread.
    Thread = 10,
    /// The number that the next thread gets.
    NextThread = 11,
    /// The threads on the left stack.
    Left = 12,
    /// The threads on the right stack.
    Right = 13,
    /// 1 if the right stack is the active one.
    Direction = 14,
    /// The steps since the last thread switch.
    SinceSwitch = 15,
    /// The version of the machine.
    Version = 16,
    /// The region of the oracle that holds the pre-image. At the border of a segment it is 0.
    Region = 17,
}

/// Where each public value is.
pub(crate) mod public {
    /// The code window, in two limbs. Tables that only need this have no other public values.
    pub(crate) const WINDOW: usize = 0;
    /// The steps before the segment, in four limbs. Tables that only need this and the window have no other public values.
    pub(crate) const STEP_IN: usize = WINDOW + 2;
    pub(crate) const ROOT_IN: usize = STEP_IN + 4;
    pub(crate) const ROOT_OUT: usize = ROOT_IN + 8;
    pub(crate) const PC_IN: usize = ROOT_OUT + 8;
    pub(crate) const NEXT_PC_IN: usize = PC_IN + 1;
    pub(crate) const PC_OUT: usize = NEXT_PC_IN + 1;
    pub(crate) const NEXT_PC_OUT: usize = PC_OUT + 1;
    pub(crate) const STEPS: usize = NEXT_PC_OUT + 1;
    /// How many there are.
    pub(crate) const COUNT: usize = STEPS + 1;
}

impl SegmentStatement {
    /// The public values, in the order of [`public`].
    pub(crate) fn public_values(&self) -> Vec<Val> {
        let Self { window, before, after, steps } = *self;
        let mut values = Vec::with_capacity(public::COUNT);
        values.extend([window as u16, (window >> 16) as u16].map(Val::from_u16));
        values.extend(word(before.step));
        values.extend(before.root);
        values.extend(after.root);
        values.extend([before.pc, before.next_pc, after.pc, after.next_pc, steps].map(Val::from_u32));
        values
    }
}
