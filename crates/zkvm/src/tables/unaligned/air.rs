//! The constraints.
//!
//! The register and the word of memory are known byte by byte. What an instruction makes of them depends on nothing but
//! the place of the address in its word. So the result is a sum over the instructions and places, of which one is the
//! row's.

use super::{UnalignedRow, part::Part};
use crate::{
    bus::{Buses, Operands, Slot},
    stark::Val,
    tables::{NotFixed, Table},
    word::{Word, pairs},
};
use core::array;
use p3_field::PrimeCharacteristicRing;
use tribunal_mips::{Op, Side};

/// The table of `lwl`, `lwr`, `ldl`, `ldr`, `swl`, `swr`, `sdl` and `sdr`.
pub(crate) struct Unaligned;

/// The parts that the instructions load or store, in the order of the columns.
const PARTS: [Part; 4] = [
    Part { width: 4, side: Side::Left },
    Part { width: 4, side: Side::Right },
    Part { width: 8, side: Side::Left },
    Part { width: 8, side: Side::Right },
];

impl Table for Unaligned {
    const NAME: &'static str = "unaligned";
    type Row<T: Copy> = UnalignedRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &UnalignedRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let (op, real) = builder.one_of([
            (row.lwl, Op::Lwl),
            (row.lwr, Op::Lwr),
            (row.ldl, Op::Ldl),
            (row.ldr, Op::Ldr),
            (row.swl, Op::Swl),
            (row.swr, Op::Swr),
            (row.sdl, Op::Sdl),
            (row.sdr, Op::Sdr),
        ]);
        let loads = row.lwl + row.lwr + row.ldl + row.ldr;
        let stores = row.swl + row.swr + row.sdl + row.sdr;
        let operands = Operands {
            op,
            rd: row.rd.register.into(),
            rs: row.rs.register.into(),
            rt: row.rt.register.into(),
            immediate: row.constant.operand(),
        };
        builder.fetch(row.step.pc, operands, &real);
        builder.step_on(&row.step, &real);
        builder.read(&row.step, Slot::Rs, &row.rs, &real);
        builder.read_bytes(&row.step, Slot::Rt, &row.rt, &real);
        for ((register, memory), both) in row.rt.bytes.into_iter().zip(row.memory.bytes).zip(row.both) {
            builder.byte(register.into(), memory.into(), both.into(), &real);
        }

        merge(row, builder, &loads);
        builder.write(&row.step, Slot::Rd, &row.rd, row.result.map(Into::into), &loads);

        // A load passes the time of the last store on.
        let now = row.step.time + Val::from_u32(Slot::Middle as u32);
        builder.assert_eq(row.stored, loads * row.memory.stored + stores * now);
        let below = row.places.iter().zip(1..).map(|(at, place)| *at * Val::from_u8(place)).sum();
        let address = builder.rounded_address(row.rs.value, row.constant.word(), row.carries, below);
        let old = row.memory.bytes.map(|byte| scale(byte.into()));
        let words = [join(old.each_ref()), row.new.map(Into::into)];
        let times = [row.memory.before, row.memory.stored];
        builder.access_memory(&row.step, &address, words, times, row.stored.into(), &real);
    }
}

/// Asserts the result of a load and the new word of memory.
fn merge<B: Buses>(row: &UnalignedRow<B::Var>, builder: &mut B, loads: &B::Expr) {
    builder.assert_bool(row.sign);
    let words = row.lwl + row.lwr;
    builder.range(row.result[1] - row.sign * Val::from_u32(1 << 15), 15, &words);

    builder.assert_bools(row.places);
    let first = B::Expr::ONE - row.places.into_iter().map(Into::into).sum::<B::Expr>();
    builder.assert_bool(first.clone());
    let [a, b, c, d, e, f, g] = row.places.map(Into::into);
    let places = [first, a, b, c, d, e, f, g];

    let [memory, register] =
        [row.memory.bytes, row.rt.bytes].map(|bytes| bytes.map(|byte| scale(byte.into())));
    let [memory, register] = [memory.each_ref(), register.each_ref()];
    let ones: [B::Expr; 2] = scale(row.sign * Val::from_u8(u8::MAX));
    let mut result: [B::Expr; 4] = array::from_fn(|_| B::Expr::ZERO);
    // A load leaves memory as it was.
    let mut new = join(memory).map(|limb| limb * loads.clone());
    let flags = [(row.lwl, row.swl), (row.lwr, row.swr), (row.ldl, row.sdl), (row.ldr, row.sdr)];
    for (part, (load, store)) in PARTS.into_iter().zip(flags) {
        for (place, at) in places.iter().enumerate() {
            add(&mut result, at.clone() * load, join(part.load(place, &memory, &register, &&ones)));
            add(&mut new, at.clone() * store, join(part.store(place, &memory, &register)));
        }
    }
    for (cells, limbs) in [(row.result, result), (row.new, new)] {
        for (cell, limb) in cells.into_iter().zip(limbs) {
            builder.assert_eq(cell, limb);
        }
    }
}

/// What a byte is worth in the lower and in the upper half of a limb.
fn scale<E: PrimeCharacteristicRing>(byte: E) -> [E; 2] {
    [byte.clone(), byte * E::from_u16(1 << 8)]
}

/// The word that bytes are.
fn join<E: PrimeCharacteristicRing>(bytes: [&[E; 2]; 8]) -> Word<E> {
    pairs(bytes).map(|[[low, _], [_, high]]| low.clone() + high.clone())
}

/// Adds a word to a sum if `flag` is 1.
fn add<E: PrimeCharacteristicRing>(sum: &mut Word<E>, flag: E, word: Word<E>) {
    for (sum, limb) in sum.iter_mut().zip(word) {
        *sum += flag.clone() * limb;
    }
}
