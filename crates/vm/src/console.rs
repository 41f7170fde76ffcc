//! Where the guest's output goes.

/// A stream that the guest prints to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// The standard output, descriptor 1.
    Stdout,
    /// The standard error, descriptor 2.
    Stderr,
}

/// A function that receives the bytes that the guest prints.
pub type Console = Box<dyn FnMut(Stream, &[u8]) + Send>;
