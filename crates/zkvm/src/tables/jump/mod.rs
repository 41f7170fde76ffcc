//! `j`, `jal`, `jr` and `jalr`: jumps to a constant or a register, which may link.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::Jump;
pub(crate) use columns::JumpRow;
