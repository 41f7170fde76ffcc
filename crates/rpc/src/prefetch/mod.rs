//! Reading ahead, and never asking twice at once.

mod ahead;
mod budget;
mod in_flight;
mod plan;
mod tally;

pub(crate) use ahead::Ahead;
pub(crate) use budget::Budget;
pub(crate) use in_flight::{InFlight, Turn};
pub(crate) use plan::may_bring;
pub use tally::Reads;
pub(crate) use tally::Tally;
