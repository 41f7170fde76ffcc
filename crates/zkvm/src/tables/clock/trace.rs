//! How a row is made.

use super::ClockRow;
use crate::{
    bus::{SLOTS, carries},
    calls::STEPS_PER_SECOND,
    stark::Val,
    trace::{Call, MemoryAccess},
    word::{limbs, word},
};
use core::array;
use p3_field::{Field, PrimeCharacteristicRing};

impl ClockRow<Val> {
    /// The row of a call. `before` are the steps before the segment, and `memory` the words that it stores.
    pub(crate) fn new(call: &Call, before: u64, memory: [MemoryAccess; 2]) -> Self {
        let [a0, a1, a2] = call.arguments.map(|argument| argument.value);
        let [realtime, monotonic] = [a0 == 0, a0 == 1];
        let large = a0 >> 16 != 0;
        let other = !realtime && !monotonic && !large;
        let not_zero: Val = if large {
            limbs(a0)[1..].iter().map(|limb| Val::from_u16(*limb)).sum()
        } else if other {
            Val::from_u64(a0) * (Val::from_u64(a0) - Val::ONE)
        } else {
            Val::ZERO
        };
        let flag = Val::from_bool;
        let two = |number: u64| [number & 0xffff, number >> 16].map(Val::from_u64);
        let count = |number: u64| if monotonic { number } else { 0 };
        let elapsed = count((call.time / SLOTS).into());
        let before = count(before);
        let steps = before.wrapping_add(elapsed);
        let seconds = steps / STEPS_PER_SECOND;
        let rest = steps % STEPS_PER_SECOND;
        let whole = seconds * STEPS_PER_SECOND;
        let first = a1 & !7;
        let [c, d, e, _] = sum_carries(whole, rest);
        Self {
            time: Val::from_u32(call.time),
            realtime: flag(realtime),
            monotonic: flag(monotonic),
            large: flag(large),
            other: flag(other),
            arguments: [a0, a1, a2].map(word),
            not_zero,
            inverse: not_zero.try_inverse().unwrap_or_default(),
            elapsed: two(elapsed),
            steps: word(steps),
            carries: sum_carries(before, elapsed),
            seconds: word(seconds),
            whole: word(whole),
            rest: two(rest),
            rest_carries: [c, d, e],
            left: two(count(STEPS_PER_SECOND - 1 - rest)),
            nanoseconds: two(rest * (1_000_000_000 / STEPS_PER_SECOND)),
            below: if call.failed() { Val::ZERO } else { Val::from_u64(a1 & 7) },
            address_carries: if call.failed() { [Val::ZERO; 4] } else { carries(first, 8) },
            memory: memory.map(|memory| memory.cell()),
        }
    }
}

/// The carry out of each limb of a sum.
fn sum_carries(a: u64, b: u64) -> [Val; 4] {
    let mut carry = 0;
    array::from_fn(|place| {
        carry = (u32::from(limbs(a)[place]) + u32::from(limbs(b)[place]) + carry) >> 16;
        Val::from_u32(carry)
    })
}
