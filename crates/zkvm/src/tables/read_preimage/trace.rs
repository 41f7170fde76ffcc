//! How a row is made.

use super::{ReadPreimageRow, air::REST_BITS};
use crate::{
    stark::Val,
    tables::word_part::{WordPart, one_hot},
    trace::{Call, MemoryAccess, Written},
    word::word,
};
use core::array;
use p3_field::{Field, PrimeCharacteristicRing};

/// A read of a pre-image.
pub(crate) struct PreimageRead {
    /// The word of memory that it stores.
    pub(crate) memory: MemoryAccess,
    pub(crate) offset: Written,
    pub(crate) region: Written,
    /// The words of the key, if no region was chosen before.
    pub(crate) key: Option<[Written; 4]>,
    /// The length of the pre-image.
    pub(crate) length: u64,
    /// The word of the pre-image that has the first byte, and the next one if that is needed.
    pub(crate) words: [Option<u64>; 2],
}

impl PreimageRead {
    /// The bytes of both words.
    fn bytes(&self) -> [u8; 16] {
        let [one, next] = self.words.map(|word| word.unwrap_or_default().to_be_bytes());
        array::from_fn(|place| if place < 8 { one[place] } else { next[place - 8] })
    }

    /// The word of memory with the bytes that are read.
    pub(super) fn stored(&self, call: &Call) -> u64 {
        let (skip, count) = ((call.arguments[1].value & 7) as usize, call.v0.new as usize);
        let inside = (self.offset.old & 7) as usize;
        let mut word = self.memory.old.to_be_bytes();
        for (to, from) in word[skip..].iter_mut().zip(&self.bytes()[inside..]).take(count) {
            *to = *from;
        }
        u64::from_be_bytes(word)
    }

    /// Whether the machine has read these bytes, and not others.
    pub(crate) fn is_right(&self, call: &Call) -> bool {
        let [_, address, most] = call.arguments.map(|argument| argument.value);
        let left = (self.length + 8).saturating_sub(self.offset.old);
        let count = most.min(8 - (address & 7)).min(left);
        let holds = left != 0 && self.words[0].is_some() && call.v0.new == count;
        holds && self.stored(call) == self.memory.new
    }
}

impl ReadPreimageRow<Val> {
    /// The row of a call.
    pub(crate) fn new(call: &Call, read: &PreimageRead) -> Self {
        let PreimageRead { memory, offset, region, key, length, words } = read;
        let [_, address, most] = call.arguments.map(|argument| argument.value);
        let count = call.v0.new;
        // Forged rows may read on after the end.
        let left = (length + 8).wrapping_sub(offset.new);
        let rest = left.wrapping_sub(u64::from(count == 0));
        let upper = (rest >> 16).min((1 << REST_BITS[1]) - 1);
        let two = |number: u64| [number & 0xffff, number >> 16 & 0xffff].map(Val::from_u64);
        let inside = (offset.old & 7) as usize;
        let (skip, bytes) = ((address & 7) as usize, read.bytes());
        let shifted: [u8; 8] = array::from_fn(|place| bytes[inside + place]);
        let sum: Val = two(region.old).into_iter().sum();
        Self {
            time: Val::from_u32(call.time),
            address: word(address),
            most: word(most),
            part: WordPart::new(address, count, most, memory),
            nothing: Val::from_bool(count == 0),
            at_end: Val::from_bool(left == 0),
            offset: two(offset.old),
            offset_before: Val::from_u32(offset.before),
            new_offset: Val::from_u64(offset.new & 0xffff),
            carry: Val::from_bool(offset.new >> 16 != offset.old >> 16),
            word: Val::from_u64((offset.old & 0xffff) >> 3),
            inside: one_hot(inside),
            length: two(*length),
            rest: [rest - (upper << 16), upper].map(Val::from_u64),
            goes_on: Val::from_bool(words[1].is_some()),
            bytes: bytes.map(Val::from_u8),
            both: array::from_fn(|pair| Val::from_u8(bytes[2 * pair] & bytes[2 * pair + 1])),
            shifted: shifted.map(Val::from_u8),
            placed: array::from_fn(|place| {
                Val::from_u8(place.checked_sub(skip).map_or(0, |place| shifted[place]))
            }),
            region_old: two(region.old),
            region_before: Val::from_u32(region.before),
            region: two(region.new),
            chooses: Val::from_bool(key.is_some()),
            inverse: sum.try_inverse().unwrap_or_default(),
            key: key.map_or([[Val::ZERO; 4]; 4], |key| key.map(|key| word(key.old))),
            key_before: key.map_or([Val::ZERO; 4], |key| key.map(|key| Val::from_u32(key.before))),
        }
    }
}
