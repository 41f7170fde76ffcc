//! The columns that prove the messages of a table, by LogUp: fractions, and the sum of those of the rows before.

use super::{
    plan::TablePlan,
    row::{DIMENSION, Fingerprints, Messages, Packed, PackedChallenge, ROWS, Rows, Selectors},
};
use crate::{
    air::AnyTable,
    stark::{Challenge, Val},
};
use p3_air::{BaseAir, RowWindow};
use p3_field::{BasedVectorSpace, Field, PackedFieldExtension, PackedValue, PrimeCharacteristicRing};
use p3_matrix::{Matrix, dense::RowMajorMatrix};
use p3_maybe_rayon::prelude::*;

/// Rows whose fingerprints are inverted together, in units of [`ROWS`]. They must fit into a processor's cache.
const GROUPS: usize = 32;

/// The columns of a table, and the sum of all fractions. The first column is the sum of the fractions in the rows before.
pub(super) fn columns(
    table: AnyTable,
    plan: &TablePlan,
    trace: &RowMajorMatrix<Val>,
    public: &[Val],
    fingerprints: &Fingerprints,
) -> (RowMajorMatrix<Val>, Challenge) {
    let _span = tracing::debug_span!("fractions").entered();
    let (height, width) = (trace.height(), plan.fraction_cells());
    let fixed = table.preprocessed_trace().unwrap_or_else(|| RowMajorMatrix::new(Vec::new(), 0));
    let mut cells = Val::zero_vec(height * width);
    cells.par_chunks_mut(GROUPS * ROWS * width).enumerate().for_each(|(chunk, cells)| {
        let first = chunk * GROUPS * ROWS;
        let rows = first..first + cells.len() / width;
        let mut messages = Messages::default();
        for row in rows.clone().step_by(ROWS) {
            eval(table, plan, [trace, &fixed], row, public, fingerprints, &mut messages);
        }
        let inverses = invert(messages.fractions.iter().map(|fraction| fraction.fingerprint));
        let sent = plan.fields.len();
        let groups = messages.fractions.chunks_exact(sent).zip(inverses.chunks_exact(sent));
        for ((fractions, inverses), cells) in groups.zip(cells.chunks_exact_mut(ROWS * width)) {
            let mut sum = PackedChallenge::ZERO;
            for (column, messages) in plan.columns.iter().enumerate() {
                let values = messages.iter().map(|&message| inverses[message] * fractions[message].count);
                let value: PackedChallenge = values.sum();
                sum += value;
                write(value, cells, width, (column + 1) * DIMENSION);
            }
            write(sum, cells, width, 0);
        }
    });
    let mut sum = Challenge::ZERO;
    for row in cells.chunks_exact_mut(width) {
        let elements = &mut row[..DIMENSION];
        let before = sum;
        sum += Challenge::from_basis_coefficients_fn(|element| elements[element]);
        elements.copy_from_slice(before.as_basis_coefficients_slice());
    }
    (RowMajorMatrix::new(cells, width), sum)
}

/// Adds the messages of the rows from `row` on.
fn eval(
    table: AnyTable,
    plan: &TablePlan,
    [trace, fixed]: [&RowMajorMatrix<Val>; 2],
    row: usize,
    public: &[Val],
    fingerprints: &Fingerprints,
    output: &mut Messages,
) {
    let pack = |matrix: &RowMajorMatrix<Val>, row| match matrix.width() {
        0 => Vec::new(),
        _ => matrix.vertically_packed_row(row).collect::<Vec<Packed>>(),
    };
    let (current, fixed) = (pack(trace, row), pack(fixed, row));
    let next = if plan.reads_next_row { pack(trace, row + 1) } else { Vec::new() };
    let last = trace.height() - 1;
    let is = |which: usize| Packed::from_fn(|lane| Val::from_bool(row + lane == which));
    Rows {
        main: RowWindow::from_two_rows(&current, if plan.reads_next_row { &next } else { &current }),
        fixed: RowWindow::from_two_rows(&fixed, &fixed),
        public,
        selectors: Selectors { first: is(0), last: is(last), transition: Packed::ONE - is(last) },
        fingerprints,
        constraints: &mut (),
        output,
    }
    .eval(&table);
}

/// The inverses of some values, with one inversion for all.
///
/// # Panics
/// If one of them is 0. No program can bring that about: the challenges are drawn after the rows are committed to.
fn invert(
    values: impl DoubleEndedIterator<Item = PackedChallenge> + ExactSizeIterator + Clone,
) -> Vec<PackedChallenge> {
    let mut product = PackedChallenge::ONE;
    let before = values.clone().map(|value| {
        let before = product;
        product *= value;
        before
    });
    let mut inverses: Vec<PackedChallenge> = before.collect();
    let mut inverse =
        PackedChallenge::from_ext_fn(|lane| -> Challenge { Challenge::inverse(&product.extract(lane)) });
    for (value, before) in values.zip(&mut inverses).rev() {
        *before *= inverse;
        inverse *= value;
    }
    inverses
}

/// Writes a value of each row into its cells from `at` on.
fn write(value: PackedChallenge, cells: &mut [Val], width: usize, at: usize) {
    let elements: &[Packed] = value.as_basis_coefficients_slice();
    for (lane, row) in cells.chunks_exact_mut(width).enumerate() {
        for (cell, element) in row[at..at + DIMENSION].iter_mut().zip(elements) {
            *cell = element.as_slice()[lane];
        }
    }
}
