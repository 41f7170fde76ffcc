//! The bits of security of each kind of segment, at its largest.

use crate::{
    machine::{MOST_LOG_ROWS, Setup, Shape},
    stark::{Challenge, Parameters, Regime, Size, Val},
};
use p3_air::{BaseAir, symbolic::AirLayout};
use p3_batch_stark::num_batched_openings;
use p3_field::BasedVectorSpace;
use p3_lookup::InteractionSymbolicBuilder;
use p3_uni_stark::OpeningShape;

/// The size of a segment whose tables all have the greatest height.
fn size(shape: &Shape) -> Size {
    let mut size = Size {
        log_height: MOST_LOG_ROWS,
        constraints: 0,
        degree: 3,
        quotient_chunks: 2,
        openings: 0,
        messages: 0,
        message_width: 0,
    };
    for (table, lookups) in shape.tables.iter().zip(shape.lookups()) {
        let symbolic: InteractionSymbolicBuilder<Val> =
            InteractionSymbolicBuilder::from_air(table, AirLayout::from_air(table));
        let messages = symbolic.global_interactions();
        // At most a constraint for each message, and three for the sum of all.
        size.constraints += symbolic.base_constraints().len() + messages.len() + 3;
        size.openings += num_batched_openings(
            table.width(),
            !table.main_next_row_columns().is_empty(),
            table.preprocessed_width(),
            false,
            size.quotient_chunks,
            lookups.len(),
            <Challenge as BasedVectorSpace<Val>>::DIMENSION,
            OpeningShape::new(),
        );
        size.messages += messages.len() << MOST_LOG_ROWS;
        let width = messages.iter().map(|message| message.fields.len() + 1).max();
        size.message_width = size.message_width.max(width.unwrap_or(0));
    }
    size
}

#[test]
fn proofs_of_each_kind_of_segment_have_100_bits() {
    let setup = Setup::new(&Parameters::PROVEN);
    for shape in [&setup.execution].into_iter().chain(&setup.oracle) {
        let size = size(shape);
        for (parameters, regime, least) in [
            (Parameters::PROVEN, Regime::Proven, 100.0),
            (Parameters::FAST, Regime::Conjectured, 100.0),
            (Parameters::FAST, Regime::Proven, 59.0),
        ] {
            let security = parameters.security(&size, regime);
            println!("{} queries: {security:?}, {size:?}", parameters.queries);
            assert!(security.bits >= least, "{security:?}, {size:?}");
        }
    }
}
