//! State files, byte for byte in Cannon's format. A length in a file may be wrong, so the reader allocates memory only
//! for bytes that it has read.

use super::{LlStatus, MAX_THREADS, Reservation, State, THREAD_BYTES, Thread};
use crate::{
    StateVersion, VersionError,
    memory::{Memory, MemoryError, PAGE_BYTES, PAGE_SHIFT, WORDS_PER_PAGE},
};
use alloy_primitives::B256;
use std::io::{self, Read, Write};

/// Why a state file was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateFileError {
    /// The file cannot be read, or ends in the middle of the state.
    #[error("cannot read {field} of the state: {source}")]
    Read {
        /// The field that was being read.
        field: &'static str,
        /// The cause.
        source: io::Error,
    },
    /// The state is of an unsupported version.
    #[error(transparent)]
    Version(#[from] VersionError),
    /// A field has an invalid value.
    #[error("invalid {field} in state: {value}")]
    Field {
        /// The field.
        field: &'static str,
        /// Its value.
        value: u64,
    },
    /// Memory could not be allocated for the state's pages.
    #[error(transparent)]
    Memory(#[from] MemoryError),
}

/// The longest unfinished hint that is accepted, in bytes. Real hints have about a kilobyte.
const MAX_HINT_BYTES: u64 = 1 << 30;

/// Writes a state, uncompressed. All numbers are big-endian. The fields are, in this order:
///
/// - the version;
/// - the number of pages, then the index and the bytes of each page, in ascending order;
/// - the pre-image key and offset, the heap, the reservation, the exit code, and whether the program has exited;
/// - the steps, the steps since the last thread switch, whether the right stack is active, and the next thread's
///   number;
/// - the left and the right stack of threads, each with its length in front;
/// - the unfinished hint, with its length in 4 bytes in front.
///
/// # Errors
/// Those of the writer.
pub fn write_state(state: &State, out: &mut impl Write) -> io::Result<()> {
    out.write_all(&[state.version.byte()])?;
    let pages = state.memory.page_indices();
    write_word(out, pages.len() as u64)?;
    let mut bytes = [0; PAGE_BYTES];
    for index in pages {
        write_word(out, index)?;
        for (place, value) in bytes.chunks_exact_mut(8).zip(state.memory.page(index).into_iter().flatten()) {
            place.copy_from_slice(&value.to_be_bytes());
        }
        out.write_all(&bytes)?;
    }
    out.write_all(&state.preimage_key[..])?;
    write_word(out, state.preimage_offset)?;
    write_word(out, state.heap)?;
    out.write_all(&[state.reservation.status as u8])?;
    write_word(out, state.reservation.address)?;
    write_word(out, state.reservation.owner)?;
    out.write_all(&[state.exit_code, state.exited.into()])?;
    write_word(out, state.step)?;
    write_word(out, state.steps_since_switch)?;
    out.write_all(&[state.traverse_right.into()])?;
    write_word(out, state.next_thread_id)?;
    for stack in [&state.left, &state.right] {
        write_word(out, stack.len() as u64)?;
        for thread in stack {
            out.write_all(&thread.encode())?;
        }
    }
    let hint_length = u32::try_from(state.unfinished_hint.len()).map_err(io::Error::other)?;
    out.write_all(&hint_length.to_be_bytes())?;
    out.write_all(&state.unfinished_hint)
}

fn write_word(out: &mut impl Write, value: u64) -> io::Result<()> {
    out.write_all(&value.to_be_bytes())
}

/// Reads a state that [`write_state`] or Cannon wrote. Bytes behind the state are not read. The state gets at most
/// `max_pages` pages of 4 KiB.
///
/// # Errors
/// [`StateFileError`].
pub fn read_state(input: &mut impl Read, max_pages: usize) -> Result<State, StateFileError> {
    let mut reader = Reader { input };
    let version = StateVersion::try_from(reader.byte("version")?)?;
    let memory = reader.memory(max_pages)?;
    let preimage_key = B256::from(reader.bytes::<32>("pre-image key")?);
    let preimage_offset = reader.word("pre-image offset")?;
    let heap = reader.word("heap")?;
    let status = match reader.byte("reservation status")? {
        0 => LlStatus::None,
        1 => LlStatus::Active32,
        2 => LlStatus::Active64,
        other => return Err(StateFileError::Field { field: "reservation status", value: other.into() }),
    };
    let reservation = Reservation {
        status,
        address: reader.word("reserved address")?,
        owner: reader.word("reservation owner")?,
    };
    let exit_code = reader.byte("exit code")?;
    let exited = reader.flag("exited flag")?;
    let step = reader.word("step")?;
    let steps_since_switch = reader.word("steps since the last switch")?;
    let traverse_right = reader.flag("direction flag")?;
    let next_thread_id = reader.word("number of the next thread")?;
    let left = reader.stack("left stack")?;
    let right = reader.stack("right stack")?;
    let active = if traverse_right { &right } else { &left };
    if active.is_empty() {
        return Err(StateFileError::Field { field: "number of threads on the active stack", value: 0 });
    }
    let unfinished_hint = reader.hint()?.into();
    Ok(State {
        version,
        memory,
        preimage_key,
        preimage_offset,
        heap,
        reservation,
        exit_code,
        exited,
        step,
        steps_since_switch,
        traverse_right,
        left,
        right,
        next_thread_id,
        unfinished_hint,
    })
}

/// Reads fields one after the other. Each method gets the name of the field for its errors.
struct Reader<'a, R> {
    input: &'a mut R,
}

impl<R: Read> Reader<'_, R> {
    fn bytes<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], StateFileError> {
        let mut bytes = [0; N];
        self.input.read_exact(&mut bytes).map_err(|source| StateFileError::Read { field, source })?;
        Ok(bytes)
    }

    fn byte(&mut self, field: &'static str) -> Result<u8, StateFileError> {
        Ok(self.bytes::<1>(field)?[0])
    }

    fn word(&mut self, field: &'static str) -> Result<u64, StateFileError> {
        Ok(u64::from_be_bytes(self.bytes(field)?))
    }

    fn flag(&mut self, field: &'static str) -> Result<bool, StateFileError> {
        match self.byte(field)? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(StateFileError::Field { field, value: other.into() }),
        }
    }

    /// A number, which must not be above `max`.
    fn count(&mut self, field: &'static str, max: u64) -> Result<u64, StateFileError> {
        let value = self.word(field)?;
        if value > max { Err(StateFileError::Field { field, value }) } else { Ok(value) }
    }

    fn memory(&mut self, max_pages: usize) -> Result<Memory, StateFileError> {
        let mut memory = Memory::new(max_pages)?;
        let mut page = [0; WORDS_PER_PAGE];
        for _ in 0..self.word("number of pages")? {
            let index = self.word("page index")?;
            if index >> (64 - PAGE_SHIFT) != 0 || memory.page(index).is_some() {
                return Err(StateFileError::Field { field: "page index", value: index });
            }
            let bytes = self.bytes::<PAGE_BYTES>("page")?;
            for (word, bytes) in page.iter_mut().zip(bytes.as_chunks::<8>().0) {
                *word = u64::from_be_bytes(*bytes);
            }
            memory.add_page(index, &page)?;
        }
        Ok(memory)
    }

    fn stack(&mut self, field: &'static str) -> Result<Vec<Thread>, StateFileError> {
        (0..self.count(field, MAX_THREADS as u64)?)
            .map(|_| {
                let thread = Thread::decode(&self.bytes::<THREAD_BYTES>(field)?);
                // No program can change register 0, and compiled code relies on its being 0.
                match thread.cpu.get(0) {
                    0 => Ok(thread),
                    value => Err(StateFileError::Field { field: "register 0", value }),
                }
            })
            .collect()
    }

    fn hint(&mut self) -> Result<Vec<u8>, StateFileError> {
        const FIELD: &str = "unfinished hint";
        let length = u64::from(u32::from_be_bytes(self.bytes(FIELD)?));
        if length > MAX_HINT_BYTES {
            return Err(StateFileError::Field { field: FIELD, value: length });
        }
        let mut hint = Vec::new();
        let read = self.input.by_ref().take(length).read_to_end(&mut hint);
        match read {
            Ok(read) if read as u64 == length => Ok(hint),
            Ok(_) => Err(StateFileError::Read { field: FIELD, source: io::ErrorKind::UnexpectedEof.into() }),
            Err(source) => Err(StateFileError::Read { field: FIELD, source }),
        }
    }
}
