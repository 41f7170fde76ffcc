//! Where the output of the guest and of a pre-image server goes.

/// A stream that the guest or a pre-image server prints to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// The standard output, descriptor 1.
    Stdout,
    /// The standard error, descriptor 2.
    Stderr,
}

/// A function that receives the bytes that the guest prints ([`crate::Machine::new`]), or those that a pre-image server
/// prints ([`crate::ProcessOracle::start`]).
pub type Console = Box<dyn FnMut(Stream, &[u8]) + Send>;
