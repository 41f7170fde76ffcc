//! What the prover knows of a table before it sees rows.

use crate::{
    air::AnyTable,
    stark::{Challenge, Val},
};
use p3_air::{BaseAir, symbolic::AirLayout};
use p3_batch_stark::symbolic::get_log_num_quotient_chunks;
use p3_lookup::{InteractionSymbolicBuilder, Kind, LogUpGadget, Lookup};
use std::collections::{HashMap, VecDeque};

/// A table's constraints and messages, counted.
#[derive(Debug)]
pub(crate) struct TablePlan {
    /// The constraints of a row, without those that its messages bring.
    pub(super) constraints: usize,
    /// The messages that share each column of fractions, numbered in the order in which a row sends them.
    pub(super) columns: Vec<Vec<usize>>,
    /// Fields of each message.
    pub(super) fields: Vec<usize>,
    /// Whether constraints look at the next row.
    pub(super) reads_next_row: bool,
    /// The binary logarithm of the number of parts of its quotient.
    pub(super) log_parts: usize,
}

impl TablePlan {
    /// The plan of a table whose messages the proof system has put into these columns.
    ///
    /// # Panics
    /// If they are not those of the table.
    pub(crate) fn new(table: AnyTable, lookups: &[Lookup<Val>]) -> Self {
        let layout = AirLayout::from_air(&table);
        let symbolic: InteractionSymbolicBuilder<Val, Challenge> =
            InteractionSymbolicBuilder::from_air(&table, layout);
        let messages = symbolic.global_interactions();
        // A bus's messages stay in order when they are put into columns.
        let mut of_bus: HashMap<&str, VecDeque<usize>> = HashMap::new();
        for (number, message) in messages.iter().enumerate() {
            of_bus.entry(&message.bus_name).or_default().push_back(number);
        }
        let mut next = |lookup: &Lookup<Val>| {
            let Kind::Global(bus) = &lookup.kind else { unreachable!("all messages go to a bus") };
            let queue = of_bus
                .get_mut(bus.as_str())
                .into_iter()
                .flat_map(|queue| queue.drain(..lookup.elements.len()));
            queue.collect::<Vec<_>>()
        };
        let columns: Vec<_> = lookups.iter().map(&mut next).collect();
        assert_eq!(columns.iter().map(Vec::len).sum::<usize>(), messages.len(), "each message has a column");
        Self {
            constraints: symbolic.base_constraints().len(),
            columns,
            fields: messages.iter().map(|message| message.fields.len()).collect(),
            reads_next_row: !table.main_next_row_columns().is_empty(),
            // No constraint is of a degree that depends on the height.
            log_parts: get_log_num_quotient_chunks::<Val, Challenge, _, _>(
                &table,
                layout,
                1 << 4,
                lookups,
                0,
                &LogUpGadget,
            ),
        }
    }

    /// The columns of the fractions and of their sum, as elements of the field of the trace.
    pub(super) fn fraction_cells(&self) -> usize {
        (self.columns.len() + 1) * super::row::DIMENSION
    }
}
