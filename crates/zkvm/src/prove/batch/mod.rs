//! The proof of a batch of tables.
//!
//! It is a proof as `p3-batch-stark` verifies it, and follows the transcript of that crate. Its own prover reads
//! constraints and messages from trees of expressions; this one runs the tables' own code on several rows at once, which takes
//! about half the time.

mod fractions;
mod openings;
mod plan;
mod quotient;
mod row;

pub(crate) use plan::TablePlan;

use super::NotProven;
use crate::{
    air::AnyTable,
    stark::{Challenge, Config, Domain, Val},
};
use core::fmt::Debug;
use openings::{Commitments, open};
use p3_air::BaseAir;
use p3_batch_stark::{
    BatchCommitments, BatchProof, BatchProverTranscript, BatchShape, Commitment, ProverData,
    StarkGenericConfig,
};
use p3_commit::{Pcs, PolynomialSpace, UnivariateStarkPcs};
use p3_lookup::{LogUpGadget, LookupTerminal, check_multiplicity_height_bound};
use p3_matrix::{Matrix, dense::RowMajorMatrix};
use p3_maybe_rayon::prelude::*;
use p3_util::log2_strict_usize;
use quotient::Quotient;
use row::Fingerprints;

type Scheme = <Config as StarkGenericConfig>::Pcs;
type Challenger = <Config as StarkGenericConfig>::Challenger;
type Transcript<'a> = BatchProverTranscript<'a, Challenger, Val, Challenge, Commitment<Config>>;

/// A table, to be proven.
struct Instance<'a> {
    table: AnyTable,
    plan: &'a TablePlan,
    trace: &'a RowMajorMatrix<Val>,
    public: &'a [Val],
    /// The points at which its columns have the values of its rows.
    rows: Domain,
}

/// What was committed to.
struct Committed {
    commitment: Commitment<Config>,
    data: <Scheme as Pcs<Challenge, Challenger>>::ProverData,
}

impl Committed {
    fn to(
        scheme: &Scheme,
        columns: impl IntoIterator<Item = (Domain, RowMajorMatrix<Val>)>,
    ) -> Result<Self, NotProven> {
        let (commitment, data) = Pcs::<Challenge, Challenger>::commit(scheme, columns).map_err(failed)?;
        Ok(Self { commitment, data })
    }
}

/// Proves that the rows of some tables satisfy the constraints, and that their messages cancel.
///
/// `data` and `plans` are of the same tables, and the `public` values are those of each table.
///
/// # Errors
/// [`NotProven::Stark`]. Rows that satisfy no constraints are no error: their proof is not valid.
#[tracing::instrument(name = "prove tables", skip_all)]
pub(crate) fn prove(
    tables: &[AnyTable],
    traces: &[RowMajorMatrix<Val>],
    public: &[Vec<Val>],
    config: &Config,
    data: &ProverData<Config>,
    plans: &[TablePlan],
) -> Result<BatchProof<Config>, NotProven> {
    let scheme = config.pcs();
    let instances: Vec<Instance<'_>> = (tables.iter().zip(plans).zip(traces).zip(public))
        .map(|(((table, plan), trace), public)| {
            let rows = Pcs::<Challenge, Challenger>::natural_domain_for_degree(scheme, trace.height());
            Instance { table: *table, plan, trace, public, rows }
        })
        .collect();
    let heights: Vec<usize> = traces.iter().map(Matrix::height).collect();
    check_multiplicity_height_bound(&data.common.lookups, &heights)
        .map_err(|error| NotProven::Stark(error.to_string()))?;
    let log_heights: Vec<usize> = heights.into_iter().map(log2_strict_usize).collect();

    let mut challenger = config.initialise_challenger();
    let mut transcript = Transcript::new(&mut challenger, shape(&instances, config, data));
    let proof = prove_with(&instances, &log_heights, config, data, &mut transcript);
    match proof {
        Ok(proof) => {
            transcript.finish();
            Ok(proof)
        }
        Err(error) => {
            transcript.abort();
            Err(error)
        }
    }
}

fn prove_with(
    instances: &[Instance<'_>],
    log_heights: &[usize],
    config: &Config,
    data: &ProverData<Config>,
    transcript: &mut Transcript<'_>,
) -> Result<BatchProof<Config>, NotProven> {
    let scheme = config.pcs();
    transcript.instance_bindings(log_heights);
    let main =
        Committed::to(scheme, instances.iter().map(|instance| (instance.rows, instance.trace.clone())))?;
    let public: Vec<&[Val]> = instances.iter().map(|instance| instance.public).collect();
    transcript.main_phase(main.commitment.clone(), &public);
    transcript.preprocessed_phase(data.common.preprocessed.as_ref().map(|fixed| fixed.commitment.clone()));

    let (challenges, lookup_pow_witness) = transcript.lookup_phase(&data.common.lookups, &LogUpGadget);
    let fingerprints: Vec<Fingerprints> = instances
        .iter()
        .zip(&challenges)
        .map(|(instance, pairs)| Fingerprints::new(instance.plan, pairs))
        .collect();
    let (columns, totals): (Vec<_>, Vec<Challenge>) = instances
        .par_iter()
        .zip(&fingerprints)
        .map(|(Instance { table, plan, trace, public, .. }, fingerprints)| {
            fractions::columns(*table, plan, trace, public, fingerprints)
        })
        .unzip();
    let fractions = Committed::to(scheme, instances.iter().map(|instance| instance.rows).zip(columns))?;
    let alpha = transcript.permutation_phase(Some(fractions.commitment.clone()), &totals);

    let parts: Result<Vec<_>, NotProven> = (instances.par_iter().zip(&fingerprints).zip(&totals).enumerate())
        .map(|(number, ((instance, fingerprints), total))| {
            let domain =
                instance.rows.create_disjoint_domain(instance.trace.height() << instance.plan.log_parts);
            let on_domain = |data, number| {
                UnivariateStarkPcs::<Challenge, Challenger>::get_evaluations_on_domain(
                    scheme, data, number, domain,
                )
            };
            let fixed = data.common.preprocessed.as_ref().and_then(|fixed| fixed.instances[number].as_ref());
            let quotient = Quotient {
                table: instance.table,
                plan: instance.plan,
                trace: on_domain(&main.data, number),
                fixed: fixed
                    .zip(data.prover_only.preprocessed_prover_data.as_ref())
                    .map(|(meta, data)| on_domain(data, meta.matrix_index)),
                fractions: on_domain(&fractions.data, number),
                total: *total,
                public: instance.public,
                fingerprints,
                alpha,
            };
            let _span = tracing::debug_span!("compute quotient").entered();
            let values = RowMajorMatrix::new_col(quotient.values(instance.rows, domain)).flatten_to_base();
            let parts = 1 << instance.plan.log_parts;
            let split = domain.split_domains(parts).into_iter().zip(domain.split_evals(parts, values));
            UnivariateStarkPcs::<Challenge, Challenger>::get_quotient_ldes(scheme, split, parts)
                .map_err(failed)
        })
        .collect();
    let parts = parts?.into_iter().flatten().collect();
    let (commitment, quotient_data) =
        UnivariateStarkPcs::<Challenge, Challenger>::commit_ldes(scheme, parts).map_err(failed)?;
    let quotients = Committed { commitment, data: quotient_data };
    transcript.quotient_phase(quotients.commitment.clone(), None);
    let (zeta, ood_pow_witness) = transcript.ood_phase();

    let committed = Commitments { main: &main, quotients: &quotients, fractions: &fractions };
    let (opened_values, opening_proof) = open(instances, scheme, data, &committed, zeta, transcript)?;
    Ok(BatchProof {
        commitments: BatchCommitments {
            main: main.commitment,
            permutation: Some(fractions.commitment),
            quotient_chunks: quotients.commitment,
            random: None,
        },
        opened_values,
        opening_proof,
        lookup_terminals: totals.into_iter().map(|total| Some(LookupTerminal(total))).collect(),
        degree_bits: log_heights.to_vec(),
        lookup_pow_witness,
        ood_pow_witness,
    })
}

/// The numbers that the transcript begins with.
fn shape(instances: &[Instance<'_>], config: &Config, data: &ProverData<Config>) -> BatchShape {
    let of_tables =
        |number: fn(&AnyTable) -> usize| instances.iter().map(|instance| number(&instance.table)).collect();
    BatchShape {
        trace_widths: of_tables(BaseAir::width),
        public_value_counts: of_tables(BaseAir::num_public_values),
        preprocessed_widths: of_tables(BaseAir::preprocessed_width),
        has_preprocessed_commitment: data.common.preprocessed.is_some(),
        num_lookup_instances: instances.len(),
        lookup_pow_bits: config.lookup_proof_of_work_bits(),
        has_randomization_commitment: false,
        ood_pow_bits: config.ood_proof_of_work_bits(),
    }
}

fn failed(error: impl Debug) -> NotProven {
    NotProven::Stark(format!("{error:?}"))
}
