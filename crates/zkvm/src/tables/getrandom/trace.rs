//! How a row is made.

use super::{
    GetRandomRow,
    air::{ADDED, BITS, FACTORS},
    columns::Mixed,
};
use crate::{
    bus::SLOTS,
    row::Row,
    stark::Val,
    tables::word_part::WordPart,
    trace::{Call, MemoryAccess, Written},
    word::{limbs, word},
};
use core::array;
use p3_field::PrimeCharacteristicRing;

impl GetRandomRow<Val> {
    /// The row of a call. `before` are the steps before the segment, `version` is the access to the version, and `memory` that
    /// to the word, if the machine's version stores one.
    pub(crate) fn new(call: &Call, before: u64, version: Written, memory: Option<MemoryAccess>) -> Self {
        let [address, most, _] = call.arguments.map(|argument| argument.value);
        let arguments = call.arguments.map(|argument| word(argument.value));
        let empty = *Self::of(&[Val::ZERO; <Self as Row<Val>>::WIDTH]);
        let (time, version_before) = (Val::from_u32(call.time), Val::from_u32(version.before));
        let Some(memory) = memory else {
            return Self { time, old: Val::ONE, version_before, arguments, ..empty };
        };
        let elapsed = call.time / SLOTS;
        let mut carry = 0;
        let terms = [before, elapsed.into(), ADDED].map(limbs);
        let carries = array::from_fn(|place| {
            carry = (terms.iter().map(|limbs| u32::from(limbs[place])).sum::<u32>() + carry) >> 16;
            Val::from_u32(carry)
        });
        let mut state = before.wrapping_add(elapsed.into()).wrapping_add(ADDED);
        let mut upper = [0; 2];
        let mixed = array::from_fn(|place| {
            let shift = 24 + BITS[place];
            let mixed = Mixed::new(state, shift);
            if let Some(factor) = FACTORS.get(place) {
                let product = u128::from(state ^ state >> shift) * u128::from(*factor);
                (state, upper[place]) = (product as u64, (product >> 64) as u64);
            }
            mixed
        });
        Self {
            time,
            old: Val::ZERO,
            version_before,
            arguments,
            part: WordPart::new(address, call.v0.new, most, &memory),
            elapsed: [elapsed & 0xffff, elapsed >> 16].map(Val::from_u32),
            carries,
            mixed,
            upper: upper.map(word),
        }
    }
}

impl Mixed<Val> {
    fn new(word: u64, shift: usize) -> Self {
        let bytes = word.to_le_bytes();
        let shifted = (word >> shift).to_le_bytes();
        Self {
            bytes: bytes.map(Val::from_u8),
            upper: array::from_fn(|byte| Val::from_u8(bytes[byte + 3] >> (shift - 24))),
            both: array::from_fn(|byte| Val::from_u8(bytes[byte] & shifted[byte])),
        }
    }
}
