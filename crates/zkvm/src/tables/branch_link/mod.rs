//! `bltzal` and `bgezal`: branches on the sign of a register that link.

mod air;
mod columns;
#[cfg(all(test, feature = "prove"))]
mod tests;
#[cfg(feature = "prove")]
mod trace;

pub(crate) use air::BranchLink;
pub(crate) use columns::BranchLinkRow;
