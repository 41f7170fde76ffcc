//! Filling the tables: what the VM does becomes rows.

mod calls;
mod executed;
mod recorder;
mod state;
mod tables;
mod touched;
mod tree;
mod uses;

pub(crate) use calls::Call;
pub(crate) use executed::{Executed, LinkedAccess, MemoryAccess, Operand, Written, discarded};
pub use recorder::{NotProvable, Reason};
pub(crate) use recorder::{Recorded, Recorder};
pub(crate) use state::StateTree;
#[cfg(test)]
pub(crate) use state::{SYSTEM_LEAVES, system};
pub(crate) use tables::Tables;
pub(crate) use touched::{TouchedLeaf, TouchedMemory, leaf_limbs};
pub(crate) use tree::{Child, TouchedNode};
#[cfg(test)]
pub(crate) use tree::{Space, SpaceTree};
