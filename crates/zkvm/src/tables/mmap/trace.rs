//! How a row is made.

use super::MmapRow;
use crate::{
    calls::{HEAP_END, number},
    stark::Val,
    trace::{Call, Written},
    word::{limbs, word},
};
use core::array;
use p3_field::{Field, PrimeCharacteristicRing};

impl MmapRow<Val> {
    /// The row of a call. `cell` is the access to the end of the heap or the number of the thread, if there is one.
    pub(crate) fn new(call: &Call, cell: Option<Written>) -> Self {
        let [a0, a1, a2] = call.arguments.map(|argument| argument.value);
        let gettid = call.number == number::GETTID.into();
        let requested = !gettid && cell.is_none();
        let cell = cell.unwrap_or_default();
        let on_heap = !gettid && !requested;
        let fails = on_heap && call.failed();
        let rounds = on_heap && a1 & 0xfff != 0;
        let length = (u128::from(a1) + 0xfff) & !0xfff;
        let sum = if on_heap { u128::from(cell.old) + length } else { 0 };
        let end = sum as u64;
        let [first, second, third, fourth] = limbs(end);
        let overflow = sum >> 64 != 0;
        let far = fails && (overflow || fourth != 0);
        let above = fails && !far && u64::from(third) > HEAP_END >> 32;
        let just = fails && !far && !above;
        let flag = Val::from_bool;
        let add = |limbs: &[u16]| limbs.iter().map(|limb| Val::from_u16(*limb)).sum::<Val>();
        let not_zero = if requested {
            add(&limbs(a0))
        } else if far {
            add(&[fourth]) + flag(overflow)
        } else if just {
            add(&[first, second])
        } else {
            Val::ZERO
        };
        let parts = if on_heap { [a1 & 0xfff, a1 >> 12 & 0xf] } else { [0; 2] };
        let mut rounded = limbs(a1).map(u32::from);
        rounded[0] = (rounded[0] + 0xfff) & !0xfff;
        let mut carry = 0;
        let carries = array::from_fn(|place| {
            carry = (u32::from(limbs(cell.old)[place]) + rounded[place] + carry) >> 16;
            flag(on_heap && carry != 0)
        });
        Self {
            time: Val::from_u32(call.time),
            requested: flag(requested),
            grows: flag(on_heap && !fails),
            far: flag(far),
            above: flag(above),
            just: flag(just),
            gettid: flag(gettid),
            arguments: [a0, a1, a2].map(word),
            length: parts.map(Val::from_u64),
            rounds: flag(rounds),
            rounds_inverse: Val::from_u64(parts[0]).try_inverse().unwrap_or_default(),
            cell: cell.replaced(),
            end: word(end),
            carries,
            full: flag(on_heap && end == HEAP_END),
            after: word(cell.new),
            not_zero,
            inverse: not_zero.try_inverse().unwrap_or_default(),
            value: word(call.v0.new),
        }
    }
}
