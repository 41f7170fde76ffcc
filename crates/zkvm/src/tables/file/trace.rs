//! How a row is made.

use super::FileRow;
use crate::{
    calls::{command, number},
    stark::Val,
    tables::result::{DESCRIPTOR_BITS, OTHER_DESCRIPTOR},
    trace::Call,
    word::{limbs, word},
};
use p3_field::{Field, PrimeCharacteristicRing};

impl FileRow<Val> {
    /// The row of a call. It must not be about pre-images.
    pub(crate) fn new(call: &Call) -> Self {
        let [a0, a1, a2] = call.arguments.map(|argument| argument.value);
        let is = |number: u16| call.number == u64::from(number);
        let supported = [command::GETFD, command::GETFL].map(u64::from).contains(&a1);
        let fcntl = is(number::FCNTL) && supported;
        let large_command = is(number::FCNTL) && !supported && a1 >> 16 != 0;
        let other_command = is(number::FCNTL) && !supported && a1 >> 16 == 0;
        let looks_up = is(number::READ) || is(number::WRITE) || fcntl;
        let small = looks_up && a0 >> DESCRIPTOR_BITS == 0;
        let upper = looks_up && a0 >> 16 != 0;
        let large = looks_up && !small && !upper;
        let sum_of_upper = |argument: u64| limbs(argument)[1..].iter().map(|limb| Val::from_u16(*limb)).sum();
        let not_zero = if upper {
            sum_of_upper(a0)
        } else if large_command {
            sum_of_upper(a1)
        } else if other_command {
            let distance = |command: u16| Val::from_u64(a1) - Val::from_u16(command);
            distance(command::GETFD) * distance(command::GETFL)
        } else {
            Val::ZERO
        };
        let event = |value: u64| if is(number::EVENTFD2) { Val::from_u64(value) } else { Val::ZERO };
        // What a call copies is a2, and all other results are small.
        let copies = !call.failed()
            && match call.number as u16 {
                number::READ => a0 == crate::calls::descriptor::HINT_READ,
                number::WRITE => true,
                _ => false,
            };
        let limited = copies && is(number::WRITE);
        let flag = Val::from_bool;
        Self {
            time: Val::from_u32(call.time),
            read: flag(is(number::READ)),
            write: flag(is(number::WRITE)),
            fcntl: flag(fcntl),
            large_command: flag(large_command),
            other_command: flag(other_command),
            eventfd2: flag(is(number::EVENTFD2)),
            arguments: [a0, a1, a2].map(word),
            small: flag(small),
            large: flag(large),
            upper: flag(upper),
            not_zero,
            inverse: not_zero.try_inverse().unwrap_or_default(),
            flags: [event(a1 & 0x7f), event(a1 >> 7 & 1), event(a1 >> 8 & 0xff)],
            command: if fcntl { Val::from_u64(a1) } else { Val::ZERO },
            selector: match (small, looks_up) {
                (true, _) => Val::from_u64(a0),
                (false, true) => Val::from_u32(OTHER_DESCRIPTOR),
                (false, false) => Val::ZERO,
            },
            constant: if copies { Val::ZERO } else { Val::from_u64(call.v0.new) },
            error: flag(call.failed()),
            copies: flag(copies),
            limited: flag(limited),
            most: flag(limited && a2 == 1 << 30),
            value: word(call.v0.new),
        }
    }
}
