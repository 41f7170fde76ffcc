//! The quotient of a table: its constraints, combined and divided by the polynomial that is 0 in each row.

use super::{
    plan::TablePlan,
    row::{
        DIMENSION, Fingerprints, Fraction, Messages, Packed, PackedChallenge, ROWS, Rows, Selectors, elements,
    },
};
use crate::{
    air::AnyTable,
    stark::{Challenge, Domain, Val},
};
use p3_air::RowWindow;
use p3_commit::PolynomialSpace;
use p3_field::{Algebra, BasedVectorSpace, PackedFieldExtension, PackedValue, PrimeCharacteristicRing};
use p3_matrix::Matrix;
use p3_maybe_rayon::prelude::*;

/// Groups of [`ROWS`] rows that a thread takes at a time.
const GROUPS: usize = 32;

/// What a table's quotient is computed from. The matrices have a row for each point of the domain of the quotient.
pub(super) struct Quotient<'a, M> {
    pub(super) table: AnyTable,
    pub(super) plan: &'a TablePlan,
    pub(super) trace: M,
    pub(super) fixed: Option<M>,
    pub(super) fractions: M,
    /// The sum of all fractions.
    pub(super) total: Challenge,
    pub(super) public: &'a [Val],
    pub(super) fingerprints: &'a Fingerprints,
    /// The challenge whose powers combine the constraints.
    pub(super) alpha: Challenge,
}

/// The powers of the challenge, as each constraint needs them.
struct Weights {
    /// Of the constraints of the rows, element by element.
    constraints: [Vec<Val>; DIMENSION],
    /// Of those that prove the fractions.
    fractions: Vec<Challenge>,
}

impl Weights {
    fn new(alpha: Challenge, plan: &TablePlan) -> Self {
        // The first, the transitions and the last of the sum.
        let fractions = plan.columns.len() + 3;
        let mut powers = alpha.powers().collect_n(plan.constraints + fractions);
        powers.reverse();
        let of_fractions = powers.split_off(plan.constraints);
        Self { constraints: elements(&powers), fractions: of_fractions }
    }
}

/// What a thread keeps from row to row.
#[derive(Default)]
struct Buffers {
    current: Vec<Packed>,
    next: Vec<Packed>,
    fixed: Vec<Packed>,
    fractions: Vec<Packed>,
    constraints: Vec<Packed>,
    messages: Messages,
    of_fractions: Vec<PackedChallenge>,
}

impl<M: Matrix<Val> + Sync> Quotient<'_, M> {
    /// The quotient at each point of a domain, for a trace of `rows`.
    pub(super) fn values(&self, rows: Domain, domain: Domain) -> Vec<Challenge> {
        let selectors = rows.selectors_on_coset(domain);
        let step = domain.size() / rows.size();
        let weights = Weights::new(self.alpha, self.plan);
        let packed = |values: &[Val], at: usize| *Packed::from_slice(&values[at..at + ROWS]);
        let mut values = Challenge::zero_vec(domain.size());
        values.par_chunks_mut(GROUPS * ROWS).enumerate().for_each(|(chunk, values)| {
            let mut buffers = Buffers::default();
            for (group, values) in values.chunks_exact_mut(ROWS).enumerate() {
                let at = (chunk * GROUPS + group) * ROWS;
                let at_rows = Selectors {
                    first: packed(&selectors.is_first_row, at),
                    last: packed(&selectors.is_last_row, at),
                    transition: packed(&selectors.is_transition, at),
                };
                let sum = self.combined(at, step, at_rows, &weights, &mut buffers);
                let quotient = sum * packed(&selectors.inv_vanishing, at);
                values.iter_mut().enumerate().for_each(|(lane, value)| *value = quotient.extract(lane));
            }
        });
        values
    }

    /// The constraints of the rows from `at` on, combined. The next row in the trace is `step` rows further on.
    fn combined(
        &self,
        at: usize,
        step: usize,
        selectors: Selectors,
        weights: &Weights,
        buffers: &mut Buffers,
    ) -> PackedChallenge {
        let Buffers { current, next, fixed, fractions, constraints, messages, of_fractions } = buffers;
        load(current, &self.trace, at);
        if self.plan.reads_next_row {
            load(next, &self.trace, at + step);
        }
        if let Some(matrix) = &self.fixed {
            load(fixed, matrix, at);
        }
        constraints.clear();
        messages.fractions.clear();
        Rows {
            main: RowWindow::from_two_rows(current, if self.plan.reads_next_row { next } else { current }),
            fixed: RowWindow::from_two_rows(fixed, fixed),
            public: self.public,
            selectors,
            fingerprints: self.fingerprints,
            constraints: &mut *constraints,
            output: &mut *messages,
        }
        .eval(&self.table);

        load(fractions, &self.fractions, at);
        let column = |number: usize| challenge(&fractions[number * DIMENSION..]);
        let next_sum: [Packed; DIMENSION] = {
            let mut cells = self.fractions.vertically_packed_row(at + step);
            core::array::from_fn(|_| cells.next().unwrap_or_default())
        };
        of_fractions.clear();
        let mut in_row = PackedChallenge::ZERO;
        for (number, shared) in self.plan.columns.iter().enumerate() {
            let value = column(number + 1);
            in_row += value;
            of_fractions.push(difference(value, shared.iter().map(|&message| messages.fractions[message])));
        }
        let sum = column(0);
        of_fractions.push(sum * selectors.first);
        of_fractions.push((challenge(&next_sum) - sum - in_row) * selectors.transition);
        of_fractions.push((PackedChallenge::from(self.total) - sum - in_row) * selectors.last);

        let of_constraints = PackedChallenge::from_basis_coefficients_fn(|element| {
            Packed::batched_linear_combination(constraints, &weights.constraints[element])
        });
        of_constraints + PackedChallenge::batched_linear_combination(of_fractions, &weights.fractions)
    }
}

/// 0 if a value is the sum of these fractions: the difference, times all fingerprints.
fn difference(value: PackedChallenge, fractions: impl Iterator<Item = Fraction>) -> PackedChallenge {
    let mut fractions = fractions;
    let Some(Fraction { count, fingerprint }) = fractions.next() else { return value };
    let mut numerator = PackedChallenge::from(count);
    let mut denominator = fingerprint;
    for Fraction { count, fingerprint } in fractions {
        numerator = numerator * fingerprint + denominator * count;
        denominator *= fingerprint;
    }
    denominator * value - numerator
}

fn load<M: Matrix<Val>>(buffer: &mut Vec<Packed>, matrix: &M, at: usize) {
    buffer.clear();
    buffer.extend(matrix.vertically_packed_row::<Packed>(at));
}

fn challenge(elements: &[Packed]) -> PackedChallenge {
    PackedChallenge::from_basis_coefficients_fn(|element| elements[element])
}
