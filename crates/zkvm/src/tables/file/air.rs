//! The constraints.

use super::FileRow;
use crate::{
    bus::{Buses, CallMessage},
    calls::{command, descriptor, errno, number},
    stark::Val,
    tables::{
        NotFixed, Table,
        result::{DESCRIPTOR_BITS, FCNTL_PLACE, OTHER_DESCRIPTOR},
    },
};
use p3_field::PrimeCharacteristicRing;

/// The table of calls about descriptors.
pub(crate) struct File;

impl Table for File {
    const NAME: &'static str = "file";
    type Row<T: Copy> = FileRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &FileRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let flags = [row.read, row.write, row.fcntl, row.large_command, row.other_command, row.eventfd2];
        builder.assert_bools(flags);
        let real: B::Expr = flags.into_iter().map(Into::into).sum();
        builder.assert_bool(real.clone());
        let looks_up = row.read + row.write + row.fcntl;
        let number = row.read * Val::from_u16(number::READ)
            + row.write * Val::from_u16(number::WRITE)
            + (row.fcntl + row.large_command + row.other_command) * Val::from_u16(number::FCNTL)
            + row.eventfd2 * Val::from_u16(number::EVENTFD2);

        select(row, builder, &looks_up);
        not_zero(row, builder);
        eventfd2(row, builder);

        let found = [
            number.clone() + row.command * Val::from_u32(FCNTL_PLACE),
            row.selector.into(),
            row.constant.into(),
            B::Expr::ZERO,
            B::Expr::ZERO,
            B::Expr::ZERO,
            row.error.into(),
            row.copies.into(),
            row.limited.into(),
        ];
        builder.receive("result", found, &looks_up);
        copy(row, builder, &looks_up);

        let message = CallMessage {
            time: row.time.into(),
            number,
            arguments: row.arguments.map(|argument| argument.map(Into::into)),
            value: row.value.map(Into::into),
            error: row.error.into(),
            returns: real.clone(),
        };
        builder.receive_many("sc", message.fields(), &real);
    }
}

/// Asserts what selects the result: the descriptor if it is small, and otherwise a number of its own. And the command of
/// `fcntl`, which must be in the table of results.
fn select<B: Buses>(row: &FileRow<B::Var>, builder: &mut B, looks_up: &B::Expr) {
    let [a0, a1, _] = row.arguments;
    builder.assert_bools([row.small, row.large, row.upper]);
    builder.assert_eq(row.small + row.large + row.upper, looks_up.clone());
    builder.range(a0[0].into(), DESCRIPTOR_BITS, &row.small.into());
    builder.range(a0[0] - Val::from_u32(OTHER_DESCRIPTOR), 16, &row.large.into());
    for limb in &a0[1..] {
        builder.assert_zero(row.small * (*limb).into());
    }
    let selector =
        row.small * a0[0].into() + (looks_up.clone() - row.small.into()) * Val::from_u32(OTHER_DESCRIPTOR);
    builder.assert_eq(row.selector, selector);

    builder.assert_eq(row.command, row.fcntl * a1[0].into());
    for limb in &a1[1..] {
        builder.assert_zero(row.fcntl * (*limb).into());
    }
}

/// Asserts that what must not be 0 is not: the upper limbs of a descriptor or a command, or the distances of a command from
/// those that are supported.
fn not_zero<B: Buses>(row: &FileRow<B::Var>, builder: &mut B) {
    let [a0, a1, _] = row.arguments;
    // Three limbs of 16 bits add up to 0 only if all are 0.
    let upper = |[_, b, c, d]: [B::Var; 4]| -> B::Expr { b + c + d };
    let [getfd, getfl] = [command::GETFD, command::GETFL].map(Val::from_u16);
    let not_zero = row.upper * upper(a0)
        + row.large_command * upper(a1)
        + row.other_command * (a1[0] - getfd) * (a1[0] - getfl);
    builder.assert_eq(row.not_zero, not_zero);
    let proves = row.upper + row.large_command + row.other_command;
    builder.assert_eq(row.not_zero * row.inverse, proves);
    // Neither command is supported.
    let invalid = row.large_command + row.other_command;
    builder.assert_zero(invalid.clone() * (row.constant.into() - B::Expr::from_u64(errno::EINVAL)));
    builder.assert_zero(invalid * (B::Expr::ONE - row.error.into()));
}

/// Asserts the result of `eventfd2`, which needs the flag of a descriptor that never blocks.
fn eventfd2<B: Buses>(row: &FileRow<B::Var>, builder: &mut B) {
    let [_, a1, _] = row.arguments;
    let event: B::Expr = row.eventfd2.into();
    let [below, flag, above] = row.flags;
    builder.range(below.into(), 7, &event);
    builder.range(above.into(), 8, &event);
    builder.assert_bool(flag);
    let limb = below + flag * Val::from_u8(1 << 7) + above * Val::from_u16(1 << 8);
    builder.assert_zero(event.clone() * (limb - a1[0].into()));
    let [good, bad] = [descriptor::EVENT, errno::EINVAL].map(Val::from_u64);
    builder.assert_zero(event.clone() * (row.constant.into() - flag * (good - bad) - bad));
    builder.assert_zero(event * (row.error + flag.into() - B::Expr::ONE));
}

/// Asserts the result, and that an argument that is the result is not too large.
fn copy<B: Buses>(row: &FileRow<B::Var>, builder: &mut B, looks_up: &B::Expr) {
    let [_, _, a2] = row.arguments;
    let nothing = B::Expr::ONE - looks_up.clone();
    builder.assert_zero(nothing.clone() * (row.copies + row.limited.into()));
    // So in a row that does not look it up, neither can be anything but 0.
    builder.assert_bools([row.copies, row.limited, row.most]);
    let [low, ..] = row.value;
    builder.assert_eq(low, row.constant + row.copies * a2[0].into());
    for (value, limb) in row.value.into_iter().zip(a2).skip(1) {
        builder.assert_eq(value, row.copies * limb.into());
    }

    // Either the upper half of a2's lower half has 14 bits, or it is 2^14 and the rest is 0.
    let limited: B::Expr = row.limited.into();
    let most: B::Expr = row.most.into();
    let quarter = Val::from_u16(1 << 14);
    builder.range(a2[1] - most.clone() * quarter, 14, &limited);
    builder.assert_zero(limited.clone() * most.clone() * a2[0].into());
    builder.assert_zero(limited.clone() * most * (a2[1] - quarter));
    for limb in &a2[2..] {
        builder.assert_zero(limited.clone() * (*limb).into());
    }
}
