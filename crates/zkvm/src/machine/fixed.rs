//! The fixed cells of each kind of segment, as the verifier knows them: by a commitment.
//!
//! To compute a commitment takes seconds in a guest, so the commitments are written down here. A test computes them.

use crate::{
    air::AnyTable,
    stark::{Config, Val},
};
use alloc::vec::Vec;
use p3_air::{Air, BaseAir};
use p3_batch_stark::common::{CommonData, GlobalPreprocessed, PreprocessedInstanceMeta, ProverData};
use p3_lookup::{InteractionBuilder, check_bus_widths};

use super::LEAST_LOG_ROWS;

/// The commitment to the fixed cells of the tables of a kind of segment.
pub(super) type Commitment = [Val; 8];

/// Of an execution segment.
pub(super) const EXECUTION: Commitment = Val::new_array([
    2_033_687_675,
    2_047_387_368,
    714_759_764,
    274_621_602,
    1_320_767_316,
    275_174_584,
    735_915_922,
    1_817_210_878,
]);

/// Of an oracle segment. The tables in which the kinds differ have no fixed cells.
pub(super) const ORACLE: Commitment = Val::new_array([
    1_708_055_399,
    2_099_657_558,
    1_519_363_713,
    1_551_434_002,
    2_110_826_817,
    164_212_200,
    395_562_815,
    1_291_823_841,
]);

/// What the verifier needs of the tables of a kind of segment: the commitment, and the messages of each table. Neither
/// depends on the heights of tables without fixed cells.
pub(super) fn verifier_data(
    tables: &[AnyTable],
    commitment: &Commitment,
    config: &Config,
) -> CommonData<Config> {
    let tables_without: Vec<_> = tables.iter().copied().map(Uncommitted).collect();
    let mut common = ProverData::from_airs_and_degrees(config, &tables_without, &log_rows(tables))
        .unwrap_or_else(|error| panic!("the tables cannot be set up: {error:?}"))
        .common;
    if let Err(error) = check_bus_widths(&common.lookups) {
        panic!("the messages of a bus are not of one width: {error}");
    }
    let mut preprocessed = GlobalPreprocessed {
        commitment: alloc::vec![*commitment].into(),
        instances: Vec::new(),
        matrix_to_instance: Vec::new(),
    };
    for (number, table) in tables.iter().enumerate() {
        let meta = table.fixed_log_rows().map(|degree_bits| {
            preprocessed.matrix_to_instance.push(number);
            PreprocessedInstanceMeta {
                matrix_index: preprocessed.matrix_to_instance.len() - 1,
                width: table.preprocessed_width(),
                degree_bits,
            }
        });
        preprocessed.instances.push(meta);
    }
    common.preprocessed = Some(preprocessed);
    common
}

/// The heights of the tables at set-up. A height that is not fixed is arbitrary.
pub(super) fn log_rows(tables: &[AnyTable]) -> Vec<usize> {
    tables.iter().map(|table| table.fixed_log_rows().unwrap_or(LEAST_LOG_ROWS)).collect()
}

/// A table whose fixed cells are not committed to when it is set up.
#[derive(Clone, Copy)]
struct Uncommitted(AnyTable);

impl BaseAir<Val> for Uncommitted {
    fn width(&self) -> usize {
        self.0.width()
    }

    fn preprocessed_width(&self) -> usize {
        self.0.preprocessed_width()
    }

    fn main_next_row_columns(&self) -> Vec<usize> {
        self.0.main_next_row_columns()
    }

    fn preprocessed_next_row_columns(&self) -> Vec<usize> {
        self.0.preprocessed_next_row_columns()
    }

    fn num_public_values(&self) -> usize {
        self.0.num_public_values()
    }

    fn max_constraint_degree(&self) -> Option<usize> {
        self.0.max_constraint_degree()
    }
}

impl<B: InteractionBuilder<F = Val>> Air<B> for Uncommitted {
    fn eval(&self, builder: &mut B) {
        self.0.eval(builder);
    }
}
