//! Rows, as many at a time as a vector register holds, and what a table's constraints and messages make of them.

use super::plan::TablePlan;
use crate::stark::{Challenge, Val};
use core::array;
use p3_air::{Air, AirBuilder, RowWindow};
use p3_field::{Algebra, BasedVectorSpace, ExtensionField, Field, PackedValue, PrimeCharacteristicRing};
use p3_lookup::{Count, InteractionBuilder};

/// An element of several rows.
pub(super) type Packed = <Val as Field>::Packing;

/// A challenge, or what depends on one, of several rows.
pub(super) type PackedChallenge = <Challenge as ExtensionField<Val>>::ExtensionPacking;

/// Elements of [`Val`] that a challenge consists of.
pub(super) const DIMENSION: usize = <Challenge as BasedVectorSpace<Val>>::DIMENSION;

/// Rows that are taken at a time.
pub(super) const ROWS: usize = Packed::WIDTH;

/// The fraction of a message: how often it is sent, and its fingerprint. Messages that are received are sent -1 times.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fraction {
    pub(super) count: Packed,
    pub(super) fingerprint: PackedChallenge,
}

/// Computes the fingerprints of a table's messages: a challenge of the bus, less the fields, weighted by the powers of
/// another challenge. The last field has the weight 1.
#[derive(Debug)]
pub(super) struct Fingerprints {
    /// For each message, the challenge of its bus.
    buses: Vec<PackedChallenge>,
    /// The elements of the weights, from that of the first field of the longest message on.
    weights: [Vec<Val>; DIMENSION],
}

impl Fingerprints {
    /// `challenges` are two for each column.
    pub(super) fn new(plan: &TablePlan, challenges: &[Challenge]) -> Self {
        let mut buses = vec![PackedChallenge::ZERO; plan.fields.len()];
        for (column, pair) in plan.columns.iter().zip(challenges.chunks_exact(2)) {
            column.iter().for_each(|&message| buses[message] = pair[0].into());
        }
        // It is the same in all columns.
        let base = challenges.get(1).copied().unwrap_or_default();
        let mut weights = base.powers().collect_n(plan.fields.iter().copied().max().unwrap_or(0));
        weights.reverse();
        Self { buses, weights: elements(&weights) }
    }

    fn of(&self, message: usize, fields: &[Packed]) -> PackedChallenge {
        let sum = PackedChallenge::from_basis_coefficients_fn(|element| {
            let weights = &self.weights[element];
            Packed::batched_linear_combination(fields, &weights[weights.len() - fields.len()..])
        });
        self.buses[message] - sum
    }
}

/// The first elements of some challenges, the second elements, and so on.
pub(super) fn elements(challenges: &[Challenge]) -> [Vec<Val>; DIMENSION] {
    let of =
        |challenge: &Challenge, number: usize| -> Val { challenge.as_basis_coefficients_slice()[number] };
    array::from_fn(|number| challenges.iter().map(|challenge| of(challenge, number)).collect())
}

/// Which rows are the first, the last, and not the last.
#[derive(Debug, Clone, Copy)]
pub(super) struct Selectors {
    pub(super) first: Packed,
    pub(super) last: Packed,
    pub(super) transition: Packed,
}

/// What becomes of the constraints of a row.
pub(super) trait Constraints {
    /// This must be 0.
    fn push(&mut self, value: Packed);
}

/// They are not needed, and so not computed.
impl Constraints for () {
    #[inline]
    fn push(&mut self, _: Packed) {}
}

impl Constraints for Vec<Packed> {
    #[inline]
    fn push(&mut self, value: Packed) {
        self.push(value);
    }
}

/// Rows on which a table's constraints and messages are computed.
pub(super) struct Rows<'a, C> {
    pub(super) main: RowWindow<'a, Packed>,
    pub(super) fixed: RowWindow<'a, Packed>,
    pub(super) public: &'a [Val],
    pub(super) selectors: Selectors,
    pub(super) fingerprints: &'a Fingerprints,
    pub(super) constraints: &'a mut C,
    pub(super) output: &'a mut Messages,
}

/// The messages of a row.
#[derive(Debug, Default)]
pub(super) struct Messages {
    /// Their fractions, in the order in which the row sends them.
    pub(super) fractions: Vec<Fraction>,
    /// The fields of the last one.
    fields: Vec<Packed>,
    sent: usize,
}

impl<C: Constraints> Rows<'_, C> {
    /// Computes the constraints, and adds the messages to the output.
    pub(super) fn eval<A: for<'b> Air<Rows<'b, C>>>(mut self, table: &A) {
        self.output.sent = 0;
        table.eval(&mut self);
    }
}

impl<'a, C: Constraints> AirBuilder for Rows<'a, C> {
    type F = Val;
    type Expr = Packed;
    type Var = Packed;
    type PreprocessedWindow = RowWindow<'a, Packed>;
    type MainWindow = RowWindow<'a, Packed>;
    type PublicVar = Val;
    type PeriodicVar = Packed;

    #[inline]
    fn main(&self) -> Self::MainWindow {
        self.main
    }

    #[inline]
    fn preprocessed(&self) -> &Self::PreprocessedWindow {
        &self.fixed
    }

    #[inline]
    fn is_first_row(&self) -> Packed {
        self.selectors.first
    }

    #[inline]
    fn is_last_row(&self) -> Packed {
        self.selectors.last
    }

    #[inline]
    fn is_transition(&self) -> Packed {
        self.selectors.transition
    }

    #[inline]
    fn assert_zero<I: Into<Packed>>(&mut self, value: I) {
        self.constraints.push(value.into());
    }

    #[inline]
    fn public_values(&self) -> &[Val] {
        self.public
    }
}

impl<C: Constraints> InteractionBuilder for Rows<'_, C> {
    #[inline]
    fn push_interaction<E: Into<Packed>>(
        &mut self,
        _: &str,
        fields: impl IntoIterator<Item = E>,
        count: impl Into<Count<Packed>>,
    ) {
        let Messages { fractions, fields: buffer, sent } = &mut *self.output;
        buffer.clear();
        buffer.extend(fields.into_iter().map(Into::into));
        let fingerprint = self.fingerprints.of(*sent, buffer);
        fractions.push(Fraction { count: count.into().into_parts().0, fingerprint });
        *sent += 1;
    }

    fn push_local_interaction(&mut self, _: impl IntoIterator<Item = (Vec<Packed>, Count<Packed>)>) {
        unreachable!("all messages go to a bus");
    }
}
