//! A plain table without messages, to measure the proof system itself.

use super::NotProven;
use crate::{
    machine::Setup,
    stark::{Config, Val},
};
use p3_air::{Air, AirBuilder, BaseAir, WindowAccess};
use p3_batch_stark::{ProverData, StarkInstance, prove_batch};
use p3_field::PrimeCharacteristicRing;
use p3_matrix::dense::RowMajorMatrix;
use std::time::{Duration, Instant};

/// A table whose columns come in groups of four, of which the last is the product of the others. So a constraint is of
/// degree 3, as in the tables of a segment.
#[derive(Debug, Clone, Copy)]
struct Plain {
    columns: usize,
}

impl BaseAir<Val> for Plain {
    fn width(&self) -> usize {
        self.columns
    }

    fn main_next_row_columns(&self) -> Vec<usize> {
        Vec::new()
    }
}

impl<B: AirBuilder<F = Val>> Air<B> for Plain {
    fn eval(&self, builder: &mut B) {
        let main = builder.main();
        for group in main.current_slice().chunks_exact(4) {
            builder.assert_eq(group[0] * group[1] * group[2], group[3]);
        }
    }
}

/// Proves a plain table with 2^`log_rows` rows of `columns` cells, with the parameters of `setup`, and returns the time
/// that it took. The table has no messages, so this is the least that a proof of as many cells takes.
///
/// # Errors
/// [`NotProven::Stark`].
pub fn prove_plain(setup: &Setup, log_rows: usize, columns: usize) -> Result<Duration, NotProven> {
    let rows = 1 << log_rows;
    let mut cells = Vec::with_capacity(rows * columns);
    let mut next = Val::ONE;
    while cells.len() < rows * columns {
        let row = cells.len();
        for group in 0..columns.div_ceil(4) {
            let factors = [(); 3].map(|()| {
                next = next * Val::from_u32(0x5_DEEC) + Val::from_u32(11);
                next
            });
            let product = factors[0] * factors[1] * factors[2];
            let group_columns = 4.min(columns - 4 * group);
            cells.extend(factors.into_iter().chain([product]).take(group_columns));
        }
        debug_assert_eq!(cells.len(), row + columns);
    }
    let (air, matrix) = (Plain { columns }, RowMajorMatrix::new(cells, columns));
    let begin = Instant::now();
    let (airs, matrices, public) = ([air], [&matrix], [Vec::new()]);
    let instances = StarkInstance::<Config, Plain>::new_multiple(&airs, &matrices, &public);
    let data = ProverData::from_instances(&setup.config, &instances).map_err(stark)?;
    prove_batch(&setup.config, &instances, &data).map_err(stark)?;
    Ok(begin.elapsed())
}

fn stark(error: impl std::fmt::Debug) -> NotProven {
    NotProven::Stark(format!("{error:?}"))
}
