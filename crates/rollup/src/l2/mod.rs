//! The parts of an L2 block that derivation writes and reads back: deposits, L1 attributes, output root.

mod block;
pub mod deposits;
pub mod l1_info;
pub mod output_root;
