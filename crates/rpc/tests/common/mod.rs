//! Nodes that misbehave, on loopback ports.

// Each test file uses a part of this.
#![allow(dead_code)]

pub(crate) mod chaos;
pub(crate) mod node;
