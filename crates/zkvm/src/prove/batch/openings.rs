//! The openings of all columns at a random point, with their proof.

use super::{Challenger, Committed, Instance, Scheme, Transcript, failed};
use crate::{
    prove::NotProven,
    stark::{Challenge, Config},
};
use p3_air::BaseAir;
use p3_batch_stark::{BatchOpenedValues, PcsProof, ProverData, proof::OpenedValuesWithLookups};
use p3_commit::{Pcs, PolynomialSpace};
use p3_uni_stark::{OpenedValues, PreprocessedOpenedValues};
use std::{iter, vec};

/// What was committed to, in the order in which a proof opens it. The columns with fixed cells come between the last two.
pub(super) struct Commitments<'a> {
    pub(super) main: &'a Committed,
    pub(super) quotients: &'a Committed,
    pub(super) fractions: &'a Committed,
}

/// Opens all columns at `zeta`, and those of which the next row is read at the point after it.
pub(super) fn open(
    instances: &[Instance<'_>],
    scheme: &Scheme,
    data: &ProverData<Config>,
    commitments: &Commitments<'_>,
    zeta: Challenge,
    transcript: &mut Transcript<'_>,
) -> Result<(BatchOpenedValues<Challenge>, PcsProof<Config>), NotProven> {
    let after =
        |instance: &Instance<'_>| instance.rows.next_point(zeta).expect("a domain of rows has a generator");
    let main = instances.iter().map(|instance| match instance.plan.reads_next_row {
        true => vec![zeta, after(instance)],
        false => vec![zeta],
    });
    let parts = instances.iter().map(|instance| 1 << instance.plan.log_parts);
    let mut rounds = vec![
        (&commitments.main.data, main.collect()),
        (&commitments.quotients.data, vec![vec![zeta]; parts.clone().sum()]),
    ];
    let fixed = data.common.preprocessed.as_ref().zip(data.prover_only.preprocessed_prover_data.as_ref());
    if let Some((fixed, data)) = fixed {
        rounds.push((data, vec![vec![zeta]; fixed.matrix_to_instance.len()]));
    }
    let sums = instances.iter().map(|instance| vec![zeta, after(instance)]);
    rounds.push((&commitments.fractions.data, sums.collect()));
    let requests = rounds.into_iter().map(Into::into).collect();
    let (opened, proof) = transcript
        .delegate(|challenger| Pcs::<Challenge, Challenger>::open(scheme, requests, challenger))
        .map_err(failed)?;

    let mut rounds = opened.into_iter().map(Vec::into_iter);
    let mut round = || rounds.next().unwrap_or_default();
    let (mut main, mut quotients) = (round(), round());
    let fixed_round: Vec<Vec<Vec<Challenge>>> = if fixed.is_some() { round().collect() } else { Vec::new() };
    let mut fractions = round();
    let instances = instances.iter().zip(parts).enumerate().map(|(number, (instance, parts))| {
        let mut of_main = points(&mut main);
        let mut of_fractions = points(&mut fractions);
        let fixed = fixed.and_then(|(fixed, _)| fixed.instances[number].as_ref());
        debug_assert_eq!(fixed.is_some(), instance.table.preprocessed_width() > 0);
        OpenedValuesWithLookups {
            base_opened_values: OpenedValues {
                trace_local: of_main.next().unwrap_or_default(),
                trace_next: of_main.next(),
                preprocessed: fixed.map(|meta| PreprocessedOpenedValues {
                    local: fixed_round[meta.matrix_index][0].clone(),
                    next: None,
                }),
                quotient_chunks: iter::repeat_with(|| points(&mut quotients).next().unwrap_or_default())
                    .take(parts)
                    .collect(),
                random: None,
            },
            permutation_local: of_fractions.next().unwrap_or_default(),
            permutation_next: of_fractions.next().unwrap_or_default(),
        }
    });
    Ok((BatchOpenedValues { instances: instances.collect() }, proof))
}

/// The values of the next matrix of a round, by point.
fn points(round: &mut vec::IntoIter<Vec<Vec<Challenge>>>) -> vec::IntoIter<Vec<Challenge>> {
    round.next().unwrap_or_default().into_iter()
}
