//! The constraints.

use super::{LinkedRow, columns::DIFFERENCES};
use crate::{
    bus::{Buses, Operands, Slot},
    stark::Val,
    statement::SystemCell,
    tables::{NotFixed, Table},
};
use core::array;
use p3_field::PrimeCharacteristicRing;
use tribunal_mips::Op;

/// The table of `ll`, `lld`, `sc` and `scd`.
pub(crate) struct Linked;

/// What a row does, as sums of flags.
struct Kind<E> {
    /// It loads.
    links: E,
    /// It is a conditional store that stores.
    stores: E,
    /// It is a conditional store that does not store.
    fails: E,
    /// It is a conditional store.
    conditional: E,
    /// The status that a reservation of its width has.
    status: E,
    real: E,
}

impl Table for Linked {
    const NAME: &'static str = "linked";
    type Row<T: Copy> = LinkedRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &LinkedRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let [ll, lld] = row.links;
        let ([sc, scd], [no_sc, no_scd]) = (row.stores, row.fails);
        let flags =
            [(ll, Op::Ll), (lld, Op::Lld), (sc, Op::Sc), (scd, Op::Scd), (no_sc, Op::Sc), (no_scd, Op::Scd)];
        let (op, real) = builder.one_of(flags);
        let kind: Kind<B::Expr> = Kind {
            links: ll + lld,
            stores: sc + scd,
            fails: no_sc + no_scd,
            conditional: sc + scd + no_sc + no_scd,
            status: ll + sc + no_sc + (lld + scd + no_scd).double(),
            real,
        };
        let operands = Operands {
            op,
            rd: row.rd.register.into(),
            rs: row.rs.register.into(),
            rt: row.rt.register.into(),
            immediate: row.constant.operand(),
        };
        builder.fetch(row.step.pc, operands, &kind.real);
        builder.step_on(&row.step, &kind.real);
        builder.read(&row.step, Slot::Rs, &row.rs, &kind.real);
        builder.read(&row.step, Slot::Rt, &row.rt, &kind.conditional);
        let place = builder.address(row.rs.value, row.constant.word(), &row.address);
        let [one, two, four] = row.address.low;
        let below = one + two.into().double() + four * Val::from_u8(4);
        // Memory has no word at an address whose limbs are not below 2^16, so those of this sum are.
        let address: [B::Expr; 4] =
            array::from_fn(
                |limb| if limb == 0 { place[0].clone() + below.clone() } else { place[limb].clone() },
            );

        // A store that fails accesses the word too, so that its address is known to be canonical.
        let (old, times) = (row.memory.old.map(Into::into), [row.memory.before, row.memory.stored]);
        let words = [old, row.new.map(Into::into)];
        builder.access_memory(&row.step, &place, words, times, row.stored.into(), &kind.real);

        let differences = reservation(row, builder, &kind, &address);
        stands(row, builder, &kind, differences);
        load(row, builder);
        store(row, builder, &kind);
        for (limb, result) in row.result.into_iter().enumerate() {
            let stored = if limb == 0 { kind.stores.clone() } else { B::Expr::ZERO };
            builder.assert_zero(kind.conditional.clone() * (result - stored));
        }
        builder.write(&row.step, Slot::Rd, &row.rd, row.result.map(Into::into), &kind.real);
    }
}

/// Accesses the reservation: a load makes one, a store that succeeds clears it, and a store that fails keeps it. Returns how
/// the one before the step differs from the one that a conditional store needs.
fn reservation<B: Buses>(
    row: &LinkedRow<B::Var>,
    builder: &mut B,
    kind: &Kind<B::Expr>,
    address: &[B::Expr; 4],
) -> [B::Expr; DIFFERENCES] {
    let Kind { links, stores: _, fails, conditional, status, real } = kind;
    let reserved = &row.reservation;
    let zero = || B::Expr::ZERO;
    let at = |cell: SystemCell, place: u32| B::Expr::from_u32(cell as u32 + place);

    // All limbs of what is written here are those of other words, or bits, or range-checked.
    let [[old_status, new_status], [old_time, new_time]] = [
        [reserved.status, reserved.new_status].map(|status| [status.into(), zero(), zero(), zero()]),
        [reserved.time, reserved.new_time].map(|[low, high]| [low.into(), high.into(), zero(), zero()]),
    ];
    let accesses = [
        (at(SystemCell::Reservation, 0), old_status, new_status, reserved.status_before),
        (
            at(SystemCell::Reservation, 1),
            reserved.address.old.map(Into::into),
            reserved.new_address.map(Into::into),
            reserved.address.before,
        ),
        (
            at(SystemCell::Reservation, 2),
            reserved.owner.old.map(Into::into),
            reserved.new_owner.map(Into::into),
            reserved.owner.before,
        ),
        (at(SystemCell::ReservedAt, 0), old_time, new_time, reserved.time_before),
        (
            at(SystemCell::Thread, 0),
            row.thread.old.map(Into::into),
            row.thread.old.map(Into::into),
            row.thread.before,
        ),
    ];
    for (cell, old, new, before) in accesses {
        builder.access_cell("sys", &row.step, Slot::Middle, cell, [old, new], before, real);
    }

    let made = |it: B::Expr| links.clone() * it;
    let kept = |it: B::Var| fails.clone() * it.into();
    let link_status = row.links[0] + row.links[1].into().double();
    builder.assert_eq(reserved.new_status, link_status + kept(reserved.status));
    for (limb, address) in address.iter().enumerate() {
        let of_address = made(address.clone()) + kept(reserved.address.old[limb]);
        builder.assert_eq(reserved.new_address[limb], of_address);
        let of_owner = made(row.thread.old[limb].into()) + kept(reserved.owner.old[limb]);
        builder.assert_eq(reserved.new_owner[limb], of_owner);
    }
    for (new, old) in reserved.new_time.into_iter().zip(reserved.time) {
        builder.assert_zero(conditional.clone() * (new - old));
    }
    let [low, high] = reserved.new_time;
    builder.assert_zero(made(low + high * Val::from_u32(1 << 16) - row.step.time.into()));
    builder.range(low.into(), 16, links);
    builder.range(high.into(), 8, links);

    array::from_fn(|number| match number {
        0 => reserved.status - status.clone(),
        1..5 => reserved.address.old[number - 1] - address[number - 1].clone(),
        _ => reserved.owner.old[number - 5] - row.thread.old[number - 5],
    })
}

/// Asserts that a conditional store succeeds just if the reservation is the one that it needs, and its word was not stored to
/// since then.
fn stands<B: Buses>(
    row: &LinkedRow<B::Var>,
    builder: &mut B,
    kind: &Kind<B::Expr>,
    differences: [B::Expr; DIFFERENCES],
) {
    let late = row.late;
    builder.assert_bool(late);
    builder.assert_zero(late * (B::Expr::ONE - kind.fails.clone()));

    let join = |[low, high]: [B::Var; 2], bits: u32| low + high * Val::from_u32(1 << bits);
    let since: B::Expr = join(row.reservation.time, 16) - row.memory.stored;
    let gap: B::Expr = join(row.gap, 12);
    builder.assert_zero(kind.stores.clone() * (since.clone() - gap.clone()));
    builder.assert_zero(late * (since + B::Expr::ONE + gap));
    for part in row.gap {
        builder.range(part.into(), 12, &(kind.stores.clone() + late.into()));
    }

    let mut sum = B::Expr::ZERO;
    for (difference, factor) in differences.into_iter().zip(row.differs) {
        builder.assert_zero(kind.stores.clone() * difference.clone());
        sum += difference * factor.into();
    }
    builder.assert_zero((kind.fails.clone() - late.into()) * (sum - B::Expr::ONE));
}

/// Asserts that the result of a load is the piece of the word.
fn load<B: Buses>(row: &LinkedRow<B::Var>, builder: &mut B) {
    let [ll, lld] = row.links;
    let [_, _, four] = row.address.low;
    let [a, b, c, d] = row.memory.old;
    let choose = |set: B::Var, clear: B::Var| clear + four * (set - clear);
    builder.assert_bool(row.sign);
    let ones = || row.sign * Val::from_u16(u16::MAX);
    let extended: [B::Expr; 4] = [choose(a, c), choose(b, d), ones(), ones()];
    for ((result, extended), whole) in row.result.into_iter().zip(extended).zip(row.memory.old) {
        builder.assert_zero(ll * (result - extended));
        builder.assert_zero(lld * (result - whole));
    }
    builder.range(row.result[1] - row.sign * Val::from_u32(1 << 15), 15, &ll.into());
}

/// Asserts that a store that succeeds changes the piece of the word, and that nothing else changes it.
fn store<B: Buses>(row: &LinkedRow<B::Var>, builder: &mut B, kind: &Kind<B::Expr>) {
    let [sc, scd] = row.stores;
    let [_, _, four] = row.address.low;
    let [low, high, ..] = row.rt.value;
    let in_half = |limb: usize| if limb < 2 { four.into() } else { B::Expr::ONE - four };
    let pieces = row.rt.value.into_iter().zip([low, high, low, high]);
    for (limb, ((new, old), (whole, piece))) in
        row.new.into_iter().zip(row.memory.old).zip(pieces).enumerate()
    {
        builder.assert_zero((B::Expr::ONE - kind.stores.clone()) * (new - old));
        builder.assert_zero(scd * (new - whole));
        builder.assert_zero(sc * in_half(limb) * (new - piece));
        builder.assert_zero(sc * (B::Expr::ONE - in_half(limb)) * (new - old));
    }
    let now = row.step.time + Val::from_u32(Slot::Middle as u32);
    builder.assert_eq(row.stored - row.memory.stored, kind.stores.clone() * (now - row.memory.stored));
}
