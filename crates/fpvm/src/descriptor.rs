//! The file descriptors of a fault-proof program.

/// The file descriptors that a fault-proof program is started with
/// ([specification](https://specs.optimism.io/fault-proof/cannon-fault-proof-vm.html#io)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum FileDescriptor {
    /// Standard input, which is always empty in a VM.
    StdIn = 0,
    /// Standard output.
    StdOut = 1,
    /// Standard error.
    StdErr = 2,
    /// Acknowledgements of hints.
    HintRead = 3,
    /// Hints.
    HintWrite = 4,
    /// Pre-images, each after its length.
    PreimageRead = 5,
    /// Keys of pre-images.
    PreimageWrite = 6,
}
