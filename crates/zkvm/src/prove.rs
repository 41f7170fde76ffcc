//! The prover of segments.

use crate::{
    air::AnyTable,
    stark::{Config, Parameters, Val},
    statement::SegmentStatement,
    trace::Recorded,
    verify::{SegmentProof, public_values},
};
use p3_batch_stark::{ProverData, StarkInstance, prove_batch};
use p3_matrix::{Matrix, dense::RowMajorMatrix};
use p3_util::log2_strict_usize;

/// Why a segment was not proven.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the proof system: {0}")]
pub struct ProvingFailed(String);

/// Proves a recorded segment.
pub(crate) fn prove(
    recorded: Recorded,
    parameters: &Parameters,
) -> Result<(SegmentStatement, SegmentProof), ProvingFailed> {
    let Recorded { statement, tables } = recorded;
    let traces = tables.finish(&statement.public_values());
    let proof = prove_tables(&traces, &statement, parameters)?;
    Ok((statement, proof))
}

/// Proves tables, whatever is in them.
pub(crate) fn prove_tables(
    traces: &[RowMajorMatrix<Val>],
    statement: &SegmentStatement,
    parameters: &Parameters,
) -> Result<SegmentProof, ProvingFailed> {
    let config = parameters.config();
    let heights: Vec<usize> = traces.iter().map(|trace| log2_strict_usize(trace.height())).collect();
    let failed = |error: String| ProvingFailed(error);
    let data = ProverData::<Config>::from_airs_and_degrees(&config, AnyTable::ALL, &heights)
        .map_err(|error| failed(format!("{error:?}")))?;
    let traces: Vec<&RowMajorMatrix<Val>> = traces.iter().collect();
    let instances = StarkInstance::new_multiple(AnyTable::ALL, &traces, &public_values(statement));
    let proof = prove_batch(&config, &instances, &data).map_err(|error| failed(format!("{error:?}")))?;
    Ok(SegmentProof { proof })
}
