//! System calls on file descriptors: the console, and the guest's ends of the pre-image and hint protocols.

use super::{Arguments, Returned, errno, preimage};
use crate::{
    console::Stream,
    error::Fault,
    machine::{Core, Observer, Step},
};
use std::sync::Arc;

const STDIN: u64 = 0;
const STDOUT: u64 = 1;
const STDERR: u64 = 2;
const HINT_READ: u64 = 3;
const HINT_WRITE: u64 = 4;
pub(super) const PREIMAGE_READ: u64 = 5;
pub(super) const PREIMAGE_WRITE: u64 = 6;
const EVENT: u64 = 100;
/// The flag of `eventfd2` that makes the descriptor never block. Without it, the call fails.
const EFD_NONBLOCK: u64 = 0x80;
const F_GETFD: u64 = 1;
const F_GETFL: u64 = 3;
/// The most bytes that one call may print, and the most bytes of hints that the machine buffers. Only a faulty guest
/// writes more.
const MAX_WRITTEN: u64 = 1 << 30;

/// `eventfd2`: returns a descriptor at which no event ever happens. Reads and writes of it fail with `EAGAIN`.
pub(super) const fn eventfd2(arguments: Arguments) -> Returned {
    if arguments.a1 & EFD_NONBLOCK == 0 { Returned::failed(errno::EINVAL) } else { Returned::ok(EVENT) }
}

/// `fcntl`: returns the flags of a descriptor, which are always 0, or its access mode, which is 0 for reading and 1 for
/// writing.
pub(super) const fn fcntl(arguments: Arguments) -> Returned {
    let access_mode = match arguments.a0 {
        STDIN | HINT_READ | PREIMAGE_READ => 0,
        STDOUT | STDERR | HINT_WRITE | PREIMAGE_WRITE => 1,
        _ if arguments.a1 == F_GETFD || arguments.a1 == F_GETFL => return Returned::failed(errno::EBADF),
        _ => 0,
    };
    match arguments.a1 {
        F_GETFD => Returned::ok(0),
        F_GETFL => Returned::ok(access_mode),
        _ => Returned::failed(errno::EINVAL),
    }
}

impl<O: Observer> Step<'_, O> {
    /// `read`.
    pub(super) fn read(&mut self, arguments: Arguments) -> Result<Returned, Fault> {
        match arguments.a0 {
            STDIN => Ok(Returned::ok(0)),
            PREIMAGE_READ => self.read_preimage(arguments.a1, arguments.a2),
            // The acknowledgement of a hint carries no information, so nothing is stored.
            HINT_READ => Ok(Returned::ok(arguments.a2)),
            EVENT => Ok(Returned::failed(errno::EAGAIN)),
            _ => Ok(Returned::failed(errno::EBADF)),
        }
    }

    /// Copies the next bytes of the pre-image to memory at `address`. See [`preimage::read_into`].
    fn read_preimage(&mut self, address: u64, count: u64) -> Result<Returned, Fault> {
        let before = self.load(address)?;
        let (key, offset) = (self.core.state.preimage_key, self.core.state.preimage_offset);
        let unread = self.core.oracle.read(&key, offset)?;
        let (word, length) = preimage::read_into(before, address, count, unread);
        if let Some((key, preimage, offset)) = self.core.oracle.last_read() {
            self.observer.preimage(key, preimage, offset, length as usize);
        }
        self.store(address, word)?;
        self.core.state.preimage_offset += length;
        self.observer.preimage_cursor(&key, self.core.state.preimage_offset);
        Ok(Returned::ok(length))
    }

    /// `write`.
    pub(super) fn write(&mut self, arguments: Arguments) -> Result<Returned, Fault> {
        match arguments.a0 {
            STDOUT => self.print(Stream::Stdout, arguments),
            STDERR => self.print(Stream::Stderr, arguments),
            HINT_WRITE => self.write_hint(arguments),
            PREIMAGE_WRITE => self.write_key(arguments.a1, arguments.a2),
            EVENT => Ok(Returned::failed(errno::EAGAIN)),
            _ => Ok(Returned::failed(errno::EBADF)),
        }
    }

    /// The bytes that a `write` passes: `a2` bytes at `a1`.
    fn written(&self, Arguments { a0, a1, a2 }: Arguments) -> Result<Vec<u8>, Fault> {
        if a2 > MAX_WRITTEN {
            return Err(Fault::WriteTooLong { descriptor: a0, length: a2 });
        }
        let mut bytes = vec![0; a2 as usize];
        self.core.state.memory.read_bytes(a1, &mut bytes);
        Ok(bytes)
    }

    fn print(&mut self, stream: Stream, arguments: Arguments) -> Result<Returned, Fault> {
        let bytes = self.written(arguments)?;
        (self.core.console)(stream, &bytes);
        Ok(Returned::ok(arguments.a2))
    }

    /// Appends to the hint stream, and sends every hint that is now complete. In the stream, a hint follows its 4-byte
    /// length.
    fn write_hint(&mut self, arguments: Arguments) -> Result<Returned, Fault> {
        let bytes = self.written(arguments)?;
        let Core { state, oracle, .. } = &mut *self.core;
        let before = state.unfinished_hint.len();
        if before as u64 + arguments.a2 > MAX_WRITTEN {
            return Err(Fault::WriteTooLong { descriptor: HINT_WRITE, length: arguments.a2 });
        }
        // Copies the bytes only if a checkpoint shares them: a hint may come in millions of small pieces, and a copy
        // for each piece would take too long.
        let buffered = Arc::make_mut(&mut state.unfinished_hint);
        buffered.extend_from_slice(&bytes);
        let mut rest = &buffered[..];
        while let Some((prefix, after)) = rest.split_first_chunk::<4>()
            && let Some((hint, after)) = after.split_at_checked(u32::from_be_bytes(*prefix) as usize)
        {
            if let Err(error) = oracle.hint(hint) {
                buffered.truncate(before);
                return Err(error);
            }
            rest = after;
        }
        let sent = buffered.len() - rest.len();
        buffered.drain(..sent);
        Ok(Returned::ok(arguments.a2))
    }

    /// Shifts the bytes at `address` into the pre-image key. See [`preimage::shift_into`].
    fn write_key(&mut self, address: u64, count: u64) -> Result<Returned, Fault> {
        let word = self.load(address)?;
        let length = preimage::shift_into(&mut self.core.state.preimage_key, word, address, count);
        self.core.state.preimage_offset = 0;
        self.observer.preimage_cursor(&self.core.state.preimage_key, 0);
        Ok(Returned::ok(length))
    }
}
