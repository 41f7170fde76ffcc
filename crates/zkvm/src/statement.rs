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
    /// program has exited, [`Self::DEAD`] if the running thread has.
    pub pc: u32,
    /// The address of the instruction after it, in the same unit. The exit code if the program or thread has exited.
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

    /// The `pc` of a thread that has exited, and is not dropped yet. It is no address either.
    pub const DEAD: u32 = 0x5000_0000;

    /// The exit code, if the program has exited.
    #[must_use]
    pub const fn exit_code(&self) -> Option<u8> {
        if self.pc == Self::EXITED { Some(self.next_pc as u8) } else { None }
    }

    /// Whether the program counters are those of a state, and not other numbers that mean the same in the field.
    pub(crate) const fn is_possible(&self) -> bool {
        if self.pc == Self::EXITED || self.pc == Self::DEAD {
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

/// The cells of a thread that does not run: a record in the machine's own state. Its first cells are the registers.
///
/// Where there is no thread, the cells are 0, as if there were no record.
pub(crate) mod record {
    /// The cells from a record to the next one. The first place holds the cells of the machine itself.
    pub(crate) const STRIDE: u32 = 64;
    /// The cells with the address of the next instruction, and of the one after it.
    pub(crate) const PC: u32 = 34;
    pub(crate) const NEXT_PC: u32 = 35;
    /// The cell with the number of the thread.
    pub(crate) const THREAD: u32 = 36;
    /// The cells that are used, in whole leaves.
    #[cfg(feature = "record")]
    pub(crate) const CELLS: usize = 40;
    /// The most threads on a stack. The VM allows more.
    #[cfg(feature = "record")]
    pub(crate) const MOST: u64 = u16::MAX as u64;

    /// The first cell of the record at that depth of a stack: 0 for the left one, 1 for the right one.
    #[cfg(feature = "record")]
    pub(crate) const fn start(side: u32, depth: u32) -> u32 {
        STRIDE * (2 * depth + side + 1)
    }
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
