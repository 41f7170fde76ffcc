//! Filling the tables: what the VM does becomes rows.

mod calls;
mod executed;
mod forecast;
mod memory;
mod oracle;
mod oracle_segment;
mod pages;
mod paths;
mod plan;
mod recorder;
mod room;
mod state;
mod tables;
mod touched;
mod tree;
mod uses;

pub(crate) use calls::{Call, Then};
#[cfg(test)]
pub(crate) use executed::discarded;
pub(crate) use executed::{Executed, LinkedAccess, MemoryAccess, Operand, Written};
pub(crate) use forecast::Forecast;
#[cfg(feature = "prove")]
pub(crate) use oracle::check;
pub(crate) use oracle::{OracleReads, Preimages};
pub use oracle::{Preimage, Unprovable};
pub(crate) use oracle_segment::{RecordedOracle, record_oracle};
pub(crate) use plan::Costs;
#[cfg(test)]
pub(crate) use recorder::Cell;
#[cfg(feature = "prove")]
pub(crate) use recorder::unprovable_start;
pub use recorder::{NotProvable, Reason};
pub(crate) use recorder::{Recorded, Recorder};
#[cfg(test)]
pub(crate) use state::{SYSTEM_LEAVES, system};
pub(crate) use state::{StateTree, counters};
#[cfg(feature = "prove")]
pub(crate) use tables::Filled;
pub(crate) use tables::Tables;
pub(crate) use touched::{TouchedLeaf, TouchedMemory, leaf_limbs};
pub(crate) use tree::{Child, Space, SpaceTree, TouchedNode};
