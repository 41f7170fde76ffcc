//! Hints: what a program tells its host it is about to ask for.

mod route;
mod text;
mod wire;

pub use route::{HintType, MAX_PAYLOAD};
pub use text::{Hint, HintError};
pub use wire::{HintReader, HintWriter};
