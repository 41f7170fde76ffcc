//! The constraints.

use super::CellsRow;
use crate::{
    bus::Buses,
    decode::SINK,
    stark::Val,
    tables::{NotFixed, Table},
};
use p3_field::PrimeCharacteristicRing;

/// The last leaf of the registers. The next one would be the sink.
const LAST_OF_REGISTERS: u8 = SINK / 4 - 1;

/// The table of the registers.
pub(crate) struct Registers;

/// The table of the machine's own state.
pub(crate) struct System;

impl Table for Registers {
    const NAME: &'static str = "registers";
    type Row<T: Copy> = CellsRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &CellsRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        // The sink is no part of the state.
        let [low, high] = row.index;
        builder.range(B::Expr::from_u8(LAST_OF_REGISTERS) - low.into(), 4, &row.real.into());
        builder.assert_zero(high);
        eval(row, "reg", 1, builder);
    }
}

impl Table for System {
    const NAME: &'static str = "system";
    type Row<T: Copy> = CellsRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &CellsRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        eval(row, "sys", 2, builder);
    }
}

fn eval<B: Buses>(row: &CellsRow<B::Var>, bus: &str, space: u32, builder: &mut B) {
    let real: B::Expr = row.real.into();
    builder.assert_bool(row.real);
    // The numbers of the cells must not wrap around, or there could be two cells of one number.
    let [low, high] = row.index;
    builder.range(low.into(), 16, &real);
    builder.range(high.into(), 6, &real);
    let index = low + high * Val::from_u32(1 << 16);
    for word in 0..4 {
        let cell = index.clone() * Val::from_u8(4) + B::Expr::from_usize(word);
        let [a, b, c, d] = row.leaf.word(0, word);
        builder.send(bus, [cell.clone(), a, b, c, d, row.leaf.first[word].into()], &real);
        let [a, b, c, d] = row.leaf.word(1, word);
        builder.receive(bus, [cell, a, b, c, d, row.leaf.last[word].into()], &real);
    }
    row.leaf.in_tree(builder, [B::Expr::from_u32(space), B::Expr::ZERO, index], &real);
}
