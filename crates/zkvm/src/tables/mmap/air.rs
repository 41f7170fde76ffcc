//! The constraints.

use super::MmapRow;
use crate::{
    bus::{Buses, CallMessage, Slot, Step},
    calls::{HEAP_END, errno, number},
    stark::Val,
    statement::SystemCell,
    tables::{NotFixed, Table},
};
use p3_field::PrimeCharacteristicRing;

/// The table of `mmap` and `gettid`.
pub(crate) struct Mmap;

/// The third limb of the heap's end. Its other limbs are 0.
const END: u16 = (HEAP_END >> 32) as u16;
const _: () = assert!(HEAP_END == (END as u64) << 32 && END < 1 << 15);

impl Table for Mmap {
    const NAME: &'static str = "mmap";
    type Row<T: Copy> = MmapRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &MmapRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let flags = [row.requested, row.grows, row.far, row.above, row.just, row.gettid];
        builder.assert_bools(flags);
        let real: B::Expr = flags.into_iter().map(Into::into).sum();
        builder.assert_bool(real.clone());
        let gettid: B::Expr = row.gettid.into();
        let fails = row.far + row.above + row.just;
        let on_heap = row.grows + fails.clone();
        let mmap = real.clone() - gettid.clone();
        let [a0, ..] = row.arguments;
        for limb in a0 {
            builder.assert_zero(on_heap.clone() * limb.into());
        }
        end(row, builder, &on_heap);
        compare(row, builder);

        for ((after, old), end) in row.after.into_iter().zip(row.cell.old).zip(row.end) {
            builder.assert_eq(after, old.into() + row.grows * (end - old.into()));
        }
        let cell = on_heap.clone() * Val::from_u32(SystemCell::Heap as u32)
            + gettid.clone() * Val::from_u32(SystemCell::Thread as u32);
        let words = [row.cell.old, row.after].map(|word| word.map(Into::into));
        let accesses = on_heap + gettid.clone();
        let step = Step::at(row.time);
        builder.access_cell("sys", &step, Slot::Middle, cell, words, row.cell.before, &accesses);

        let returns_cell = row.grows + gettid.clone();
        for (place, value) in row.value.into_iter().enumerate() {
            let limb = row.requested * a0[place].into() + returns_cell.clone() * row.cell.old[place].into();
            let errno = if place == 0 { errno::EINVAL } else { 0 };
            builder.assert_eq(value, limb + fails.clone() * Val::from_u64(errno));
        }
        let message = CallMessage {
            time: row.time.into(),
            number: mmap * Val::from_u16(number::MMAP) + gettid * Val::from_u16(number::GETTID),
            arguments: row.arguments.map(|argument| argument.map(Into::into)),
            value: row.value.map(Into::into),
            error: fails,
            returns: real.clone(),
        };
        builder.receive_many("sc", message.fields(), &real);
    }
}

/// Asserts the end of a mapping: the end of the heap and the length, rounded up to whole pages.
fn end<B: Buses>(row: &MmapRow<B::Var>, builder: &mut B, on_heap: &B::Expr) {
    let [_, a1, _] = row.arguments;
    let [below, pages] = row.length;
    builder.range(below.into(), 12, on_heap);
    builder.range(pages.into(), 4, on_heap);
    let page = Val::from_u16(1 << 12);
    builder.assert_zero(on_heap.clone() * (below + pages * page - a1[0].into()));
    // 1 if `below` is not 0, and otherwise 0.
    builder.assert_eq(below * row.rounds_inverse.into(), row.rounds);
    builder.assert_zero(below * (B::Expr::ONE - row.rounds.into()));

    builder.assert_bools(row.carries);
    let mut carry = B::Expr::ZERO;
    let rounded = [(pages + row.rounds) * page, a1[1].into(), a1[2].into(), a1[3].into()];
    for (place, length) in rounded.into_iter().enumerate() {
        let carry_out: B::Expr = row.carries[place].into();
        let sum = row.cell.old[place] + length + carry - carry_out.clone() * Val::from_u32(1 << 16);
        builder.assert_zero(on_heap.clone() * (sum - row.end[place].into()));
        builder.range(row.end[place].into(), 16, on_heap);
        carry = carry_out;
    }
}

/// Asserts that the mapping ends before the heap's end if it grows the heap, and after it if the call fails.
fn compare<B: Buses>(row: &MmapRow<B::Var>, builder: &mut B) {
    let [first, second, third, fourth] = row.end;
    let [.., overflow] = row.carries;
    let grows: B::Expr = row.grows.into();
    builder.assert_zero(grows.clone() * fourth.into());
    builder.assert_zero(grows.clone() * overflow.into());
    builder.assert_bool(row.full);
    let lower = first + second.into();
    builder.assert_zero(grows.clone() * row.full.into() * lower.clone());
    builder.range(row.full.into() - third.into() + B::Expr::from_u16(END - 1), 15, &grows);

    let fails = row.above + row.just;
    builder.range(third - B::Expr::from_u16(END + 1) + row.just.into(), 16, &fails);
    // No sum of limbs and carries is 0 unless all are.
    let sum_of_limbs: B::Expr = row.arguments[0].into_iter().map(Into::into).sum();
    let not_zero = row.requested * sum_of_limbs + row.far * (fourth + overflow.into()) + row.just * lower;
    builder.assert_eq(row.not_zero, not_zero);
    builder.assert_eq(row.not_zero * row.inverse.into(), row.requested + row.far + row.just);
}
