//! Where the guest prints to.

/// A stream that the guest prints to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Descriptor 1.
    Stdout,
    /// Descriptor 2.
    Stderr,
}

/// What receives the bytes that the guest prints.
pub type Console = Box<dyn FnMut(Stream, &[u8]) + Send>;
