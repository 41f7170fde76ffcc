//! How a row is made.

use super::YieldsRow;
use crate::{
    calls::{futex, number},
    stark::Val,
    trace::{Call, MemoryAccess},
    word::{limbs, word},
};
use core::array;
use p3_field::{Field, PrimeCharacteristicRing};

impl YieldsRow<Val> {
    /// The row of a call. `memory` is the word that a wait looks at.
    pub(crate) fn new(call: &Call, memory: MemoryAccess) -> Self {
        let [a0, a1, a2] = call.arguments.map(|argument| argument.value);
        let is = |number: u16| call.number == u64::from(number);
        let operation = |operation: u16| is(number::FUTEX) && a1 == u64::from(operation);
        let (wait, wakes) = (operation(futex::WAIT), operation(futex::WAKE));
        let unknown = is(number::FUTEX) && !wait && !wakes;
        let differences = if wait {
            let half = limbs(if a0 & 4 == 0 { memory.old >> 32 } else { memory.old });
            array::from_fn(|limb| Val::from_u16(half[limb]) - Val::from_u16(limbs(a2)[limb]))
        } else if unknown {
            let [low, upper @ ..] = limbs(a1);
            let distance = |operation: u16| Val::from_u16(low) - Val::from_u16(operation);
            let sum: Val = upper.into_iter().map(Val::from_u16).sum();
            [sum, distance(futex::WAIT) * distance(futex::WAKE)]
        } else {
            [Val::ZERO; 2]
        };
        let mut factors = differences.map(|difference| difference.try_inverse().unwrap_or_default());
        if factors[0] != Val::ZERO {
            factors[1] = Val::ZERO;
        }
        let flag = Val::from_bool;
        Self {
            time: Val::from_u32(call.time),
            sched_yield: flag(is(number::SCHED_YIELD)),
            nanosleep: flag(is(number::NANOSLEEP)),
            waits: flag(wait && !call.failed()),
            fails: flag(wait && call.failed()),
            wakes: flag(wakes),
            unknown: flag(unknown),
            arguments: [a0, a1, a2].map(word),
            low: if wait { [0, 1, 2].map(|bit| flag(a0 >> bit & 1 == 1)) } else { [Val::ZERO; 3] },
            memory: memory.cell(),
            differences,
            factors,
        }
    }
}
