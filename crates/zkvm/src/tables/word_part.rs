//! What the tables of calls share that store bytes to a part of a word of memory: at most as many as the call allows, and at
//! most to the end of the word.

#[cfg(feature = "record")]
use crate::word::limbs;
use crate::{bus::Buses, row::rows, stark::Val, word::Word};
use core::array;
#[cfg(feature = "record")]
use p3_field::Field;
use p3_field::PrimeCharacteristicRing;

/// A part of a word of memory. Its first byte is the one with the lowest address, which is the most significant one.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct WordPart<T> {
    /// 1 for the number of bytes of the word before the part. All are 0 in an empty row.
    pub(crate) skip: [T; 8],
    /// 1 for the number of bytes of the word up to the end of the part.
    pub(crate) end: [T; 9],
    /// The word, the byte with the lowest address first.
    pub(crate) memory: [T; 8],
    /// The bits that are set in both bytes of each pair of them.
    pub(crate) both: [T; 4],
    /// The time of the access to the word before this one.
    pub(crate) before: T,
    /// The time of the last store to the word.
    pub(crate) stored: T,
    /// The word after the call.
    pub(crate) new: Word<T>,
    /// 1 if the part has as many bytes as the call allows. Otherwise they are fewer, and one of the next two is 1.
    pub(crate) exact: T,
    /// 1 if one of the upper limbs of the most bytes is not 0.
    pub(crate) long: T,
    /// 1 if the lowest limb of the most bytes is at least their number.
    pub(crate) short: T,
    /// The inverse of the sum of the upper limbs.
    pub(crate) inverse: T,
}

rows!(WordPart);

impl<T: Copy> WordPart<T> {
    /// 1 if there is a part, and 0 in an empty row.
    pub(crate) fn real<E: PrimeCharacteristicRing>(&self) -> E
    where
        T: Into<E>,
    {
        self.skip.into_iter().map(Into::into).sum()
    }

    /// The number of bytes. It must be proven not to be negative.
    pub(crate) fn count<E: PrimeCharacteristicRing>(&self) -> E
    where
        T: Into<E>,
    {
        number(&self.end) - number(&self.skip)
    }

    /// Asserts that there is one part or none, and that it has at most `most` bytes. `exact` must be 1 unless something else
    /// ends the part.
    pub(crate) fn asserts<B: Buses<Var = T>>(&self, builder: &mut B, most: Word<T>, real: &B::Expr)
    where
        T: Into<B::Expr>,
    {
        builder.assert_bools(self.skip);
        builder.assert_bools(self.end);
        builder.assert_bool(real.clone());
        builder.assert_eq(self.end.into_iter().map(Into::into).sum::<B::Expr>(), real.clone());
        let [low, upper @ ..] = most.map(Into::<B::Expr>::into);
        let [exact, long, short] = [self.exact, self.long, self.short].map(Into::<B::Expr>::into);
        builder.assert_bools([self.exact, self.long, self.short]);
        builder.assert_eq(exact.clone() + long.clone() + short.clone(), real.clone());
        let count: B::Expr = self.count();
        builder.assert_zero(exact.clone() * (low.clone() - count.clone()));
        let mut sum = B::Expr::ZERO;
        for limb in upper {
            builder.assert_zero(exact.clone() * limb.clone());
            sum += limb;
        }
        builder.range(low - count, 16, &short);
        // Three limbs of 16 bits add up to 0 only if all are 0.
        builder.assert_zero(long * (sum * self.inverse.into() - B::Expr::ONE));
    }

    /// Stores the bytes: `byte` gives the one at a place of the word, if it is in the part. They must be proven to be bytes.
    pub(crate) fn stores<B: Buses<Var = T>>(
        &self,
        builder: &mut B,
        step: &crate::bus::Step<T>,
        address: Word<T>,
        bytes: [B::Expr; 8],
        real: &B::Expr,
    ) where
        T: Into<B::Expr>,
    {
        for (pair, both) in self.memory.as_chunks::<2>().0.iter().zip(self.both) {
            let [a, b] = pair.map(Into::into);
            builder.byte(a, b, both.into(), real);
        }
        let old: [B::Expr; 8] = self.memory.map(Into::into);
        let mut bytes = bytes.into_iter().enumerate();
        let new: [B::Expr; 8] = array::from_fn(|_| {
            let (place, byte) = bytes.next().unwrap_or_default();
            let begun: B::Expr = self.skip[..=place].iter().map(|flag| (*flag).into()).sum();
            let goes_on: B::Expr = self.end[place + 1..].iter().map(|flag| (*flag).into()).sum();
            old[place].clone() + begun * goes_on * (byte - old[place].clone())
        });
        for (limb, value) in self.new.into_iter().zip(super::region::big_endian(new)) {
            builder.assert_eq(limb, value);
        }
        let [low, b, c, d] = address.map(Into::<B::Expr>::into);
        // Only if the skipped bytes are right is this a multiple of 8, and only of such an address does memory have a word.
        let word = [low - number::<T, B::Expr>(&self.skip), b, c, d];
        let values = [super::region::big_endian(old), self.new.map(Into::into)];
        let times = [self.before, self.stored];
        let stored = step.time.into() + B::Expr::from_u32(crate::bus::Slot::Middle as u32);
        builder.access_memory(step, &word, values, times, stored, real);
    }
}

/// The number of the flag that is 1.
pub(crate) fn number<T: Copy + Into<E>, E: PrimeCharacteristicRing>(flags: &[T]) -> E {
    flags.iter().enumerate().map(|(number, flag)| (*flag).into() * E::from_usize(number)).sum()
}

/// A flag that is 1 at this place.
#[cfg(feature = "record")]
pub(crate) fn one_hot<const N: usize>(number: usize) -> [Val; N] {
    array::from_fn(|place| Val::from_bool(place == number))
}

#[cfg(feature = "record")]
impl WordPart<Val> {
    /// The cells of `count` bytes from an address on, of which the call allows `most`.
    pub(crate) fn new(address: u64, count: u64, most: u64, memory: &crate::trace::MemoryAccess) -> Self {
        let skip = (address & 7) as usize;
        let bytes = memory.old.to_be_bytes();
        let exact = most == count;
        let long = !exact && most >> 16 != 0;
        let sum: Val = limbs(most)[1..].iter().map(|limb| Val::from_u16(*limb)).sum();
        Self {
            skip: one_hot(skip),
            end: one_hot(skip + count as usize),
            memory: bytes.map(Val::from_u8),
            both: array::from_fn(|pair| Val::from_u8(bytes[2 * pair] & bytes[2 * pair + 1])),
            before: Val::from_u32(memory.before),
            stored: Val::from_u32(memory.stored),
            new: crate::word::word(memory.new),
            exact: Val::from_bool(exact),
            long: Val::from_bool(long),
            short: Val::from_bool(!exact && !long),
            inverse: if long { sum.try_inverse().unwrap_or_default() } else { Val::ZERO },
        }
    }
}
