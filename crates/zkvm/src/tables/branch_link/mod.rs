//! `bltzal` and `bgezal`: branches on the sign of a register that link.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::BranchLink;
pub(crate) use columns::BranchLinkRow;
