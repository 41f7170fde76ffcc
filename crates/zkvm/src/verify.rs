//! The verifier of segment proofs.

use crate::{
    air::AnyTable,
    stark::{Config, Parameters, Val},
    statement::{MOST_STEPS, SegmentStatement},
};
use alloc::{string::String, vec::Vec};
use p3_batch_stark::{BatchProof, ProverData, verify_batch};
use p3_lookup::check_bus_widths;

/// A proof of a segment.
pub struct SegmentProof {
    pub(crate) proof: BatchProof<Config>,
}

/// Why a proof is not valid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// The heights of the tables are not those of any segment.
    #[error("the proof has tables of other heights than a segment has: {0}")]
    Heights(String),
    /// The statement is no statement about a segment.
    #[error("the statement is impossible: {0}")]
    Statement(&'static str),
    /// The proof system refuses it.
    #[error("the proof does not hold: {0}")]
    Stark(String),
}

/// The most rows of a table, as a binary logarithm.
pub(crate) const MOST_LOG_ROWS: usize = 22;

impl SegmentProof {
    /// Verifies the proof of a statement.
    ///
    /// # Errors
    /// [`Invalid`].
    pub fn verify(&self, statement: &SegmentStatement, parameters: &Parameters) -> Result<(), Invalid> {
        if statement.steps > MOST_STEPS {
            return Err(Invalid::Statement("a segment has too many steps"));
        }
        let SegmentStatement { before, after, steps, .. } = statement;
        if !before.is_possible() || !after.is_possible() {
            return Err(Invalid::Statement("a program counter is no address"));
        }
        if before.exit_code().is_some() {
            return Err(Invalid::Statement("a segment begins after the program has exited"));
        }
        if after.step != before.step.wrapping_add(u64::from(*steps)) {
            return Err(Invalid::Statement("the states are not as many steps apart as the segment has"));
        }
        let heights = &self.proof.degree_bits;
        check_heights(heights)?;
        let config = parameters.config();
        let data = ProverData::<Config>::from_airs_and_degrees(&config, AnyTable::ALL, heights)
            .map_err(|error| Invalid::Stark(alloc::format!("{error:?}")))?;
        check_bus_widths(&data.common.lookups).map_err(|error| Invalid::Stark(alloc::format!("{error}")))?;
        verify_batch(&config, AnyTable::ALL, &self.proof, &public_values(statement), &data.common)
            .map_err(|error| Invalid::Stark(alloc::format!("{error}")))
    }
}

/// The public values of each table.
pub(crate) fn public_values(statement: &SegmentStatement) -> Vec<Vec<Val>> {
    let values = statement.public_values();
    AnyTable::ALL.iter().map(|table| values[..table.public()].to_vec()).collect()
}

/// Checks the heights of the tables, which are the prover's choice within bounds.
fn check_heights(heights: &[usize]) -> Result<(), Invalid> {
    if heights.len() != AnyTable::ALL.len() {
        return Err(Invalid::Heights(alloc::format!(
            "{} tables instead of {}",
            heights.len(),
            AnyTable::ALL.len()
        )));
    }
    for (table, &height) in AnyTable::ALL.iter().zip(heights) {
        let right = match table.fixed_height() {
            Some(fixed) => height == fixed,
            None => height <= MOST_LOG_ROWS,
        };
        if !right {
            return Err(Invalid::Heights(alloc::format!("2^{height} rows of the table {}", table.name())));
        }
    }
    // Each row that makes a step takes its time on from that of another row, by 4. So no time reaches 2^24, and none
    // comes back, if the rows of all these tables together are fewer than 2^22.
    let rows: usize = AnyTable::ALL
        .iter()
        .zip(heights)
        .filter(|(table, _)| table.makes_steps())
        .map(|(_, height)| 1 << height)
        .sum();
    if rows >= 1 << MOST_LOG_ROWS {
        return Err(Invalid::Heights(alloc::format!("{rows} rows that make steps")));
    }
    Ok(())
}
