//! The constraints.

use super::{GetRandomRow, columns::Mixed};
use crate::{
    bus::{Buses, CallMessage, SLOTS, Slot, Step},
    calls::number,
    stark::Val,
    statement::{SystemCell, public},
    tables::{FIRST_TIME, NotFixed, Table},
    word::limbs,
};
use core::array;
use p3_field::PrimeCharacteristicRing;

/// The table of `getrandom`.
pub(crate) struct GetRandom;

/// What SplitMix64 adds to the seed.
pub(super) const ADDED: u64 = 0x9e37_79b9_7f4a_7c15;

/// What it multiplies by.
pub(super) const FACTORS: [u64; 2] = [0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb];

/// The bits beside 3 bytes that it shifts by: 30, 27 and 31 in all.
pub(super) const BITS: [usize; 3] = [6, 3, 7];

/// The version that does nothing, and the one that stores bytes. There are no others.
pub(super) const VERSIONS: [u8; 2] = [7, 8];

// The step counts itself. So the first one of a segment, whose time this is, is the number 1.
const _: () = assert!(FIRST_TIME == SLOTS);

impl Table for GetRandom {
    const NAME: &'static str = "getrandom";
    const PUBLIC: usize = public::ROOT_IN;
    type Row<T: Copy> = GetRandomRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &GetRandomRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let stores: B::Expr = row.part.real();
        let count: B::Expr = row.part.count();
        let real = stores.clone() + row.old;
        builder.assert_bool(row.old);
        builder.assert_bool(real.clone());
        let [address, most, _] = row.arguments;
        row.part.asserts(builder, most, &stores);
        builder.range(count.clone(), 4, &stores);
        // Only the end of the word keeps the call from storing as many bytes as it allows.
        let [.., word_end] = row.part.end;
        builder.assert_zero((B::Expr::ONE - word_end.into()) * (stores.clone() - row.part.exact.into()));

        let step = Step::at(row.time);
        let zero = || B::Expr::ZERO;
        let [before, now] = VERSIONS.map(Val::from_u8);
        let version = || [row.old * before + stores.clone() * now, zero(), zero(), zero()];
        let cell = B::Expr::from_u32(SystemCell::Version as u32);
        builder.access_cell(
            "sys",
            &step,
            Slot::Middle,
            cell,
            [version(), version()],
            row.version_before,
            &real,
        );

        seed(row, builder, &stores);
        let mut words = row.mixed.iter().zip(BITS).map(|(mixed, bits)| mix(mixed, bits, builder, &stores));
        let [first, second, random] =
            array::from_fn(|_| words.next().unwrap_or_else(|| array::from_fn(|_| zero())));
        let products = [(first, FACTORS[0], 0), (second, FACTORS[1], 1)];
        for (word, factor, place) in products {
            let product = join(&row.mixed[place + 1].bytes.map(Into::into));
            let factor = limbs(factor).map(B::Expr::from_u16);
            let upper = row.upper[place].map(Into::into);
            builder.multiply([join(&word), factor, product, upper], &stores);
        }
        let mut random = random.into_iter().rev();
        let bytes = array::from_fn(|_| random.next().unwrap_or_default());
        row.part.stores(builder, &step, address, bytes, &stores);

        let message = CallMessage {
            time: row.time.into(),
            number: real.clone() * Val::from_u16(number::GETRANDOM),
            arguments: row.arguments.map(|argument| argument.map(Into::into)),
            value: [count, zero(), zero(), zero()],
            error: zero(),
            returns: real.clone(),
        };
        builder.receive_many("sc", message.fields(), &real);
    }
}

/// The limbs of 8 bytes, of which the first one is the least significant one.
fn join<E: PrimeCharacteristicRing>(bytes: &[E; 8]) -> [E; 4] {
    array::from_fn(|limb| bytes[2 * limb].clone() + bytes[2 * limb + 1].clone() * E::from_u16(1 << 8))
}

/// Asserts that the first word is the number of the step and the constant. All its limbs are below 2^16, and so are those
/// that are added, so each carry has one value.
fn seed<B: Buses>(row: &GetRandomRow<B::Var>, builder: &mut B, stores: &B::Expr) {
    let [low, high] = row.elapsed;
    builder.range(low.into(), 16, stores);
    builder.range(high.into(), 6, stores);
    let elapsed = low + high * Val::from_u32(1 << 16);
    builder.assert_zero(stores.clone() * (elapsed * Val::from_u32(SLOTS) - row.time.into()));
    let before: [B::Expr; 4] = match builder.public_values() {
        [_, _, a, b, c, d, ..] => [*a, *b, *c, *d].map(Into::into),
        _ => array::from_fn(|_| B::Expr::ZERO),
    };
    let elapsed = [low.into(), high.into(), B::Expr::ZERO, B::Expr::ZERO];
    let added = limbs(ADDED).map(B::Expr::from_u16);
    let sum = join(&row.mixed[0].bytes.map(Into::into));
    let mut carry = B::Expr::ZERO;
    // The sum wraps around, so the last carry may be anything.
    for place in 0..4 {
        let out = row.carries[place];
        builder.assert_zero(out * (out - Val::ONE) * (out - Val::TWO));
        let limb = before[place].clone() + elapsed[place].clone() + added[place].clone() + carry
            - out * Val::from_u32(1 << 16);
        builder.assert_zero(stores.clone() * (limb - sum[place].clone()));
        carry = out.into();
    }
}

/// Asserts that the bytes of a word are bytes. Returns those of z ^ (z >> n).
fn mix<B: Buses>(row: &Mixed<B::Var>, bits: usize, builder: &mut B, stores: &B::Expr) -> [B::Expr; 8] {
    let above = Val::from_u16(1 << (8 - bits));
    // Of the bytes from the fourth one on: the upper bits, and the lower ones.
    let upper: [B::Expr; 5] = row.upper.map(Into::into);
    let lower: [B::Expr; 5] =
        array::from_fn(|byte| row.bytes[byte + 3] - upper[byte].clone() * Val::from_u16(1 << bits));
    for (upper, lower) in upper.iter().zip(&lower) {
        builder.range(upper.clone(), 8 - bits, stores);
        builder.range(lower.clone(), bits, stores);
    }
    array::from_fn(|byte| {
        let of_word: B::Expr = row.bytes[byte].into();
        if byte >= 5 {
            return of_word;
        }
        let next = lower.get(byte + 1).map_or(B::Expr::ZERO, |lower| lower.clone() * above);
        let shifted = upper[byte].clone() + next;
        let both: B::Expr = row.both[byte].into();
        builder.byte(of_word.clone(), shifted.clone(), both.clone(), stores);
        of_word + shifted - both.double()
    })
}
