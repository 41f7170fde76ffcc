//! A channel over two of the program's file descriptors.

use crate::{BasicKernelInterface, FileDescriptor, IoError, Kernel, io};
use tribunal_preimage::{Channel, ChannelError, ChannelResult};

/// A channel that reads from one file descriptor of the program and writes to another.
#[derive(Debug, Clone, Copy)]
pub struct DescriptorChannel {
    input: FileDescriptor,
    output: FileDescriptor,
}

impl DescriptorChannel {
    /// The program's end for hints.
    pub const HINTS: Self = Self { input: FileDescriptor::HintRead, output: FileDescriptor::HintWrite };
    /// The program's end for pre-images.
    pub const PREIMAGES: Self =
        Self { input: FileDescriptor::PreimageRead, output: FileDescriptor::PreimageWrite };

    /// A channel over any two descriptors.
    #[must_use]
    pub const fn new(input: FileDescriptor, output: FileDescriptor) -> Self {
        Self { input, output }
    }
}

impl Channel for DescriptorChannel {
    fn read(&self, buf: &mut [u8]) -> ChannelResult<usize> {
        Kernel::read(self.input, buf).map_err(|error| failed("read", error))
    }

    fn write(&self, buf: &[u8]) -> ChannelResult<usize> {
        Kernel::write(self.output, buf).map_err(|error| failed("write", error))
    }

    fn read_exact(&self, buf: &mut [u8]) -> ChannelResult<()> {
        match io::read(self.input, buf).map_err(|error| failed("read", error))? {
            received if received == buf.len() => Ok(()),
            received => Err(ChannelError::UnexpectedEof { expected: buf.len(), received }),
        }
    }

    fn write_all(&self, buf: &[u8]) -> ChannelResult<()> {
        match io::write(self.output, buf).map_err(|error| failed("write", error))? {
            taken if taken == buf.len() => Ok(()),
            taken => Err(ChannelError::PeerClosed { unwritten: buf.len() - taken }),
        }
    }
}

fn failed(operation: &'static str, error: IoError) -> ChannelError {
    ChannelError::Os { operation, code: error.code }
}
