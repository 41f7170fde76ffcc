//! The results of system calls that depend on nothing, or on a descriptor only.

use super::{Fixed, Table, range::Uses};
use crate::{
    bus::Buses,
    calls::{NOTHING, PROGRAM_BREAK, command, descriptor, errno, number},
    row::{Row, rows},
    stark::Val,
    word::{Word, word},
};
use alloc::vec::Vec;
use p3_field::PrimeCharacteristicRing;

/// The table of results.
pub(crate) struct CallResult;

/// What selects the result of a call that depends on nothing. No descriptor selects it.
pub(crate) const NO_DESCRIPTOR: u32 = 1 << 8;

/// The descriptors below 2^7 select a result by themselves. This selects it for all others.
pub(crate) const OTHER_DESCRIPTOR: u32 = 1 << DESCRIPTOR_BITS;

/// The bits of a descriptor that selects a result by itself.
pub(crate) const DESCRIPTOR_BITS: usize = 7;

/// What the number of `fcntl` is here, for a command.
pub(crate) const fn fcntl(command: u16) -> u32 {
    number::FCNTL as u32 + (command as u32) * FCNTL_PLACE
}

/// What a command of `fcntl` counts in that number.
pub(crate) const FCNTL_PLACE: u32 = 1 << 13;

/// The result of a call.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct CallOutcome<T> {
    /// The number of the call.
    pub(crate) number: T,
    /// The descriptor, [`OTHER_DESCRIPTOR`] or [`NO_DESCRIPTOR`].
    pub(crate) selector: T,
    /// The result, or 0 if it is an argument.
    pub(crate) value: Word<T>,
    /// 1 if the call fails.
    pub(crate) error: T,
    /// 1 if the result is the third argument.
    pub(crate) copies: T,
    /// 1 if that argument must be at most 2^30.
    pub(crate) limited: T,
}

rows!(CallOutcome);

impl Table for CallResult {
    const NAME: &'static str = "result";
    type Row<T: Copy> = Uses<T>;
    type Fixed<T: Copy> = CallOutcome<T>;

    fn eval<B: Buses>(row: &Uses<B::Var>, fixed: &CallOutcome<B::Var>, builder: &mut B) {
        let message = fixed.cells().iter().map(|cell| (*cell).into());
        builder.provide_many("result", message, row.uses.into());
    }

    fn fixed() -> Option<Fixed> {
        let mut outcomes = outcomes();
        // The last row is repeated, until the height is a power of two.
        let fill = outcomes.len().next_power_of_two() - outcomes.len();
        let last = outcomes.last().copied();
        outcomes.extend(last.into_iter().flat_map(|last| core::iter::repeat_n(last, fill)));
        let cells = outcomes.iter().flat_map(|outcome| outcome.cells().iter().copied()).collect();
        Some(Fixed::new(cells, <CallOutcome<Val> as Row<Val>>::WIDTH))
    }
}

impl CallOutcome<Val> {
    fn ok(number: u32, selector: u32, value: u64) -> Self {
        Self {
            number: Val::from_u32(number),
            selector: Val::from_u32(selector),
            value: word(value),
            error: Val::ZERO,
            copies: Val::ZERO,
            limited: Val::ZERO,
        }
    }

    fn failed(number: u32, selector: u32, errno: u64) -> Self {
        Self { error: Val::ONE, ..Self::ok(number, selector, errno) }
    }

    fn copied(number: u32, selector: u32, limited: bool) -> Self {
        Self { copies: Val::ONE, limited: Val::from_bool(limited), ..Self::ok(number, selector, 0) }
    }
}

/// All results.
pub(crate) fn outcomes() -> Vec<CallOutcome<Val>> {
    let mut outcomes: Vec<CallOutcome<Val>> = Vec::new();
    outcomes.extend(NOTHING.map(|number| CallOutcome::ok(number.into(), NO_DESCRIPTOR, 0)));
    outcomes.extend([
        CallOutcome::ok(number::BRK.into(), NO_DESCRIPTOR, PROGRAM_BREAK),
        CallOutcome::ok(number::GETPID.into(), NO_DESCRIPTOR, 0),
        CallOutcome::failed(number::OPEN.into(), NO_DESCRIPTOR, errno::EBADF),
    ]);
    for selector in 0..=OTHER_DESCRIPTOR {
        outcomes.extend(read(selector));
        outcomes.extend(write(selector));
        let [is_reader, is_writer] = match u64::from(selector) {
            descriptor::STDIN | descriptor::HINT_READ | descriptor::PREIMAGE_READ => [true, false],
            descriptor::STDOUT | descriptor::STDERR | descriptor::HINT_WRITE | descriptor::PREIMAGE_WRITE => {
                [false, true]
            }
            _ => [false, false],
        };
        let [getfd, getfl] = [command::GETFD, command::GETFL].map(fcntl);
        if is_reader || is_writer {
            outcomes.push(CallOutcome::ok(getfd, selector, 0));
            outcomes.push(CallOutcome::ok(getfl, selector, is_writer.into()));
        } else {
            outcomes.push(CallOutcome::failed(getfd, selector, errno::EBADF));
            outcomes.push(CallOutcome::failed(getfl, selector, errno::EBADF));
        }
    }
    outcomes
}

/// The result of `read`. Pre-images have a table of their own.
fn read(selector: u32) -> Option<CallOutcome<Val>> {
    let number = number::READ.into();
    match selector.into() {
        descriptor::STDIN => Some(CallOutcome::ok(number, selector, 0)),
        descriptor::HINT_READ => Some(CallOutcome::copied(number, selector, false)),
        descriptor::EVENT => Some(CallOutcome::failed(number, selector, errno::EAGAIN)),
        descriptor::PREIMAGE_READ => None,
        _ => Some(CallOutcome::failed(number, selector, errno::EBADF)),
    }
}

/// The result of `write`. The pre-image key has a table of its own.
fn write(selector: u32) -> Option<CallOutcome<Val>> {
    let number = number::WRITE.into();
    match selector.into() {
        descriptor::STDOUT | descriptor::STDERR | descriptor::HINT_WRITE => {
            Some(CallOutcome::copied(number, selector, true))
        }
        descriptor::EVENT => Some(CallOutcome::failed(number, selector, errno::EAGAIN)),
        descriptor::PREIMAGE_WRITE => None,
        _ => Some(CallOutcome::failed(number, selector, errno::EBADF)),
    }
}
