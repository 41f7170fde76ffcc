//! Filling the tables: what the VM does becomes rows.

mod executed;
mod tables;
mod uses;

pub(crate) use executed::{Executed, MemoryAccess, Operand, Written};
pub(crate) use tables::Tables;
