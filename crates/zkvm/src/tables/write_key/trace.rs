//! How a row is made.

use super::WriteKeyRow;
use crate::{
    stark::Val,
    trace::{Call, MemoryAccess, Written},
    word::{limbs, word},
};
use core::array;
use p3_field::{Field, PrimeCharacteristicRing};

impl WriteKeyRow<Val> {
    /// The row of a call. `cells` are the accesses to the words of the key, the offset and the region.
    pub(crate) fn new(call: &Call, memory: &MemoryAccess, cells: [Written; 6]) -> Self {
        let [_, address, most] = call.arguments.map(|argument| argument.value);
        let count = call.v0.new as usize;
        let after = 8 - (address & 7) as usize - count;
        let one_hot = |number: usize| array::from_fn(|place| Val::from_bool(place == number));
        let long = after == 0 && most >> 16 != 0;
        let sum: Val = limbs(most)[1..].iter().map(|limb| Val::from_u16(*limb)).sum();
        let [a, b, c, d, offset, region] = cells;
        let words = [memory.old, d.old, c.old, b.old, a.old];
        let key = [a, b, c, d];
        let bytes = memory.old.to_le_bytes();
        let key_bytes = words.map(u64::to_le_bytes);
        Self {
            time: Val::from_u32(call.time),
            address: word(address),
            most: word(most),
            count: one_hot(count),
            after: one_hot(after),
            long: Val::from_bool(long),
            short: Val::from_bool(after == 0 && !long),
            inverse: sum.try_inverse().unwrap_or_default(),
            memory: bytes.map(Val::from_u8),
            memory_before: Val::from_u32(memory.before),
            memory_stored: Val::from_u32(memory.stored),
            written: array::from_fn(|place| {
                Val::from_u8(bytes.get(place + after).copied().unwrap_or_default())
            }),
            key: array::from_fn(|place| Val::from_u8(key_bytes[1 + place / 8][place % 8])),
            key_before: key.map(|key| Val::from_u32(key.before)),
            new_key: key.map(|key| word(key.new)),
            offset: offset.replaced(),
            region: region.replaced(),
            both: array::from_fn(|pair| {
                let word = key_bytes[pair / 4];
                Val::from_u8(word[pair % 4 * 2] & word[pair % 4 * 2 + 1])
            }),
        }
    }
}
