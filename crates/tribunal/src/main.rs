//! The Tribunal program.
fn main() {}
