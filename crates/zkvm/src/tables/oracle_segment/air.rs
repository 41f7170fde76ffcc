//! The constraints.

use super::OracleSegmentRow;
use crate::{
    bus::{Buses, NodeMessage},
    oracle::public,
    row::rows,
    stark::Val,
    tables::{Fixed, Table, local_key::STREAM_START, oracle_leaf::ORACLE_SPACE, region::FIRST_DATA},
};
use core::{array, iter};
use p3_field::PrimeCharacteristicRing;

/// The rows of the table.
const ROWS: usize = 16;

/// Which row is the first. The selector of the proof system is not 1 there, so it cannot count a message.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct First<T> {
    first: T,
}

rows!(First);

/// The table of the segment.
pub(crate) struct OracleSegment;

impl Table for OracleSegment {
    const NAME: &'static str = "oracle-segment";
    const PUBLIC: usize = public::COUNT;
    type Row<T: Copy> = OracleSegmentRow<T>;
    type Fixed<T: Copy> = First<T>;

    fn eval<B: Buses>(row: &OracleSegmentRow<B::Var>, fixed: &First<B::Var>, builder: &mut B) {
        let first: B::Expr = fixed.first.into();
        let values: [B::Expr; public::COUNT] =
            array::from_fn(|number| builder.public_values()[number].into());
        let at = |number: usize| values[number].clone();

        let root = NodeMessage {
            section: B::Expr::ONE,
            level: B::Expr::ZERO,
            index: [B::Expr::from_u32(ORACLE_SPACE), B::Expr::ZERO, B::Expr::ZERO],
            old: array::from_fn(|element| at(public::ROOT_IN + element)),
            new: array::from_fn(|element| at(public::ROOT_OUT + element)),
        };
        builder.send_many("node", root.fields(), &first);

        // Only the first oracle segment of a run has local keys. The verifier says which one that is.
        let locals = first * at(public::LOCALS);
        let zeros = |count: usize| iter::repeat_n(B::Expr::ZERO, count);
        let begin = [B::Expr::ZERO, B::Expr::from_usize(STREAM_START)].into_iter().chain(zeros(16));
        builder.send_many("locals", begin, &locals);
        let end = [row.count, row.length].into_iter().chain(row.last).map(Into::into);
        builder.receive_many("locals", end, &locals);
        // The first word of the stream.
        builder.range(row.count.into(), 16, &locals);
        let count = [B::Expr::ZERO, B::Expr::from_usize(FIRST_DATA), row.count.into()];
        builder.send_many("region", count.into_iter().chain(zeros(3)), &locals);
        let hash = [B::Expr::ZERO, B::Expr::ZERO, row.length.into()];
        builder.send_many("absorb", hash.into_iter().chain(zeros(100)), &locals);
        let digest = (0..16).map(|limb| at(public::DIGEST + limb));
        builder.receive_many("digest", iter::once(B::Expr::ZERO).chain(digest), &locals);
    }

    fn fixed() -> Option<Fixed> {
        let first = |row: usize| Val::from_bool(row == 0);
        Some(Fixed::new((0..ROWS).map(first).collect(), 1))
    }
}
