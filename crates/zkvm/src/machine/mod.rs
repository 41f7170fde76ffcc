//! The proof system with the tables of this crate: what prover and verifier know before they see a segment.

mod fixed;

use crate::{
    air::AnyTable,
    oracle::{ORACLE_TABLES, OracleKind, OracleStatement},
    stark::{Config, Parameters, Val},
    statement::{MOST_STEPS, SegmentStatement},
};
use alloc::{format, string::String, vec::Vec};
use p3_batch_stark::{BatchProof, CommonData, verify_batch};
#[cfg(feature = "prove")]
use {crate::prove::batch::TablePlan, p3_batch_stark::ProverData, p3_lookup::Lookups, std::sync::OnceLock};

/// The most rows of a table, as a binary logarithm.
pub(crate) const MOST_LOG_ROWS: usize = 22;

/// The least rows of a table, as a binary logarithm.
pub(crate) const LEAST_LOG_ROWS: usize = 4;

/// The proof system, set up for the tables of this crate.
pub struct Setup {
    #[cfg(feature = "prove")]
    pub(crate) parameters: Parameters,
    pub(crate) config: Config,
    pub(crate) execution: Shape,
    /// By [`OracleKind`].
    pub(crate) oracle: [Shape; 2],
}

/// A kind of segment.
pub(crate) struct Shape {
    /// Its tables, in order.
    pub(crate) tables: &'static [AnyTable],
    /// The commitment to the fixed cells, and the messages of each table.
    common: CommonData<Config>,
    /// The same with the fixed cells, and a plan for each table, once a segment of this kind is proven.
    #[cfg(feature = "prove")]
    prover: OnceLock<(ProverData<Config>, Vec<TablePlan>)>,
}

/// A proof of a segment.
#[derive(serde::Serialize, serde::Deserialize)]
pub struct SegmentProof {
    pub(crate) proof: BatchProof<Config>,
}

/// A proof of an oracle segment.
#[derive(serde::Serialize, serde::Deserialize)]
pub struct OracleProof {
    pub(crate) kind: OracleKind,
    pub(crate) proof: BatchProof<Config>,
}

/// Why a proof is not valid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// The heights of the tables are not those of any segment.
    #[error("a segment has no table like this one: {0}")]
    Heights(String),
    /// The statement is no statement about a segment.
    #[error("a segment has at most {MOST_STEPS} steps, and this one {0}")]
    Steps(u32),
    /// No state has these program counters.
    #[error("no state has the program counters {0:#x} and {1:#x}")]
    Position(u32, u32),
    /// There is no step after the exit.
    #[error("the segment begins after the program has exited")]
    AfterExit,
    /// The steps do not add up.
    #[error("the steps of the segment are not those between its states")]
    Count,
    /// The proof system refuses it.
    #[error("the proof does not hold: {0}")]
    Stark(String),
}

impl Setup {
    /// Sets the proof system up.
    ///
    /// # Panics
    /// Never: it would be a fault of this crate's tables.
    #[must_use]
    pub fn new(parameters: &Parameters) -> Self {
        let config = parameters.config();
        let execution = Shape::new(AnyTable::EXECUTION, &fixed::EXECUTION, &config);
        let oracle = ORACLE_TABLES.map(|tables| Shape::new(tables, &fixed::ORACLE, &config));
        Self {
            #[cfg(feature = "prove")]
            parameters: *parameters,
            config,
            execution,
            oracle,
        }
    }

    /// Verifies the proof of a statement.
    ///
    /// # Errors
    /// [`Invalid`].
    pub fn verify(&self, statement: &SegmentStatement, proof: &SegmentProof) -> Result<(), Invalid> {
        if statement.steps > MOST_STEPS {
            return Err(Invalid::Steps(statement.steps));
        }
        for position in [&statement.before, &statement.after] {
            if !position.is_possible() {
                return Err(Invalid::Position(position.pc, position.next_pc));
            }
        }
        if statement.before.exit_code().is_some() {
            return Err(Invalid::AfterExit);
        }
        if statement.before.step.checked_add(u64::from(statement.steps)) != Some(statement.after.step) {
            return Err(Invalid::Count);
        }
        self.execution.verify(&self.config, &proof.proof, &statement.public_values())
    }

    /// Verifies the proof of a statement about an oracle segment.
    ///
    /// # Errors
    /// [`Invalid`].
    pub fn verify_oracle(&self, statement: &OracleStatement, proof: &OracleProof) -> Result<(), Invalid> {
        self.oracle[proof.kind as usize].verify(&self.config, &proof.proof, &statement.public_values())
    }
}

impl Shape {
    fn new(tables: &'static [AnyTable], commitment: &fixed::Commitment, config: &Config) -> Self {
        Self {
            tables,
            common: fixed::verifier_data(tables, commitment, config),
            #[cfg(feature = "prove")]
            prover: OnceLock::new(),
        }
    }

    /// What the prover needs of the tables. The first call commits to their fixed cells.
    #[cfg(feature = "prove")]
    pub(crate) fn prover_data(&self, config: &Config) -> (&ProverData<Config>, &[TablePlan]) {
        let (data, plans) = self.prover.get_or_init(|| {
            let data = ProverData::from_airs_and_degrees(config, self.tables, &fixed::log_rows(self.tables))
                .unwrap_or_else(|error| panic!("the tables cannot be set up: {error:?}"));
            let tables = self.tables.iter().zip(&data.common.lookups);
            let plans = tables.map(|(table, lookups)| TablePlan::new(*table, lookups)).collect();
            (data, plans)
        });
        (data, plans)
    }

    /// The messages of each table, by the column that proves them.
    #[cfg(feature = "prove")]
    pub(crate) fn lookups(&self) -> &[Lookups<Val>] {
        &self.common.lookups
    }

    fn verify(&self, config: &Config, proof: &BatchProof<Config>, public: &[Val]) -> Result<(), Invalid> {
        check_heights(self.tables, &proof.degree_bits)?;
        verify_batch(config, self.tables, proof, &public_values(self.tables, public), &self.common)
            .map_err(|error| Invalid::Stark(format!("{error}")))
    }
}

/// The public values of each table.
pub(crate) fn public_values(tables: &[AnyTable], values: &[Val]) -> Vec<Vec<Val>> {
    tables.iter().map(|table| values[..table.public()].to_vec()).collect()
}

/// Checks the heights of the tables, which are the prover's choice within bounds.
fn check_heights(tables: &[AnyTable], heights: &[usize]) -> Result<(), Invalid> {
    if heights.len() != tables.len() {
        return Err(Invalid::Heights(format!("there are {}, not {}", heights.len(), tables.len())));
    }
    for (table, &height) in tables.iter().zip(heights) {
        let right = match table.fixed_log_rows() {
            Some(fixed) => height == fixed,
            None => height <= MOST_LOG_ROWS,
        };
        if !right {
            return Err(Invalid::Heights(format!("`{}` with 2^{height} rows", table.name())));
        }
    }
    // Each row that makes a step takes its time on from that of another row, by 4. So no time reaches 2^24, and none
    // comes back, if the rows of all these tables together are fewer than 2^22.
    let makes_steps = tables.iter().zip(heights).filter(|(table, _)| table.makes_steps());
    let rows: usize = makes_steps.map(|(_, height)| 1 << height).sum();
    if rows >= 1 << MOST_LOG_ROWS {
        return Err(Invalid::Heights(format!("{rows} rows make steps, which is too many")));
    }
    Ok(())
}

#[cfg(all(test, feature = "prove"))]
mod tests {
    use super::*;
    use p3_air::BaseAir;
    use p3_batch_stark::common::PreprocessedInstanceMeta;
    use p3_matrix::Matrix;

    #[test]
    fn the_commitments_are_those_of_the_fixed_cells() {
        let setup = Setup::new(&Parameters::FAST);
        let of = |common: &CommonData<Config>| {
            let fixed = common.preprocessed.as_ref().unwrap();
            let meta = |meta: &PreprocessedInstanceMeta| (meta.matrix_index, meta.width, meta.degree_bits);
            let instances: Vec<_> = fixed.instances.iter().map(|one| one.as_ref().map(meta)).collect();
            (fixed.commitment.roots()[0], instances)
        };
        let shapes = || [&setup.execution].into_iter().chain(&setup.oracle);
        let written: Vec<_> = shapes().map(|shape| of(&shape.common)).collect();
        let computed: Vec<_> = shapes().map(|shape| of(&shape.prover_data(&setup.config).0.common)).collect();
        assert_eq!(written, computed, "`fixed.rs` must say what is on the right");
    }

    #[test]
    fn the_heights_are_those_of_the_fixed_cells() {
        let tables = [AnyTable::ALL].into_iter().chain(ORACLE_TABLES).flatten();
        for table in tables {
            let rows = table.preprocessed_trace().map(|fixed| fixed.height());
            assert_eq!(rows, table.fixed_log_rows().map(|log_rows| 1 << log_rows), "{}", table.name());
        }
    }

    /// The rows of both tables of a kind count.
    #[test]
    fn fewer_than_2_to_the_22_rows_make_steps() {
        let with = |heights: [usize; 2]| {
            let mut all = fixed::log_rows(AnyTable::EXECUTION);
            let adds = AnyTable::EXECUTION.iter().zip(&mut all).filter(|(table, _)| **table == AnyTable::Add);
            adds.zip(heights).for_each(|((_, height), new)| *height = new);
            check_heights(AnyTable::EXECUTION, &all)
        };
        assert_eq!(with([21, 20]), Ok(()));
        for heights in [[21, 21], [22, 4], [4, 22]] {
            assert!(matches!(with(heights), Err(Invalid::Heights(_))), "{heights:?}");
        }
    }
}
