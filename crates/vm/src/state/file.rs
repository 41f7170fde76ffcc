//! State files, byte for byte in Cannon's format. The reader trusts no length in a file.

use super::{LlStatus, MOST_THREADS, Reservation, State, THREAD_BYTES, Thread};
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
    /// The file cannot be read, or ends too early.
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
    /// The state has more pages than the limit.
    #[error(transparent)]
    Memory(#[from] MemoryError),
}

/// The most hint bytes of a state. Programs have hints of a kilobyte.
const MOST_HINT_BYTES: u64 = 1 << 30;

/// Writes a state, uncompressed: version; memory (number of pages, then index and bytes of each, ascending); pre-image
/// key and offset; heap; reservation; exit code; exited; steps; steps since the switch; direction; next thread's number;
/// both stacks, each with its length; the unfinished hint with its length, of 4 bytes. Numbers are big-endian.
///
/// # Errors
/// The writer's.
pub fn write_state(state: &State, out: &mut impl Write) -> io::Result<()> {
    out.write_all(&[state.version.byte()])?;
    let pages = state.memory.page_indices();
    word(out, pages.len() as u64)?;
    let mut bytes = [0; PAGE_BYTES];
    for index in pages {
        word(out, index)?;
        for (place, value) in bytes.chunks_exact_mut(8).zip(state.memory.page(index).into_iter().flatten()) {
            place.copy_from_slice(&value.to_be_bytes());
        }
        out.write_all(&bytes)?;
    }
    out.write_all(&state.preimage_key[..])?;
    word(out, state.preimage_offset)?;
    word(out, state.heap)?;
    out.write_all(&[state.reservation.status as u8])?;
    word(out, state.reservation.address)?;
    word(out, state.reservation.owner)?;
    out.write_all(&[state.exit_code, state.exited.into()])?;
    word(out, state.step)?;
    word(out, state.steps_since_switch)?;
    out.write_all(&[state.traverse_right.into()])?;
    word(out, state.next_thread_id)?;
    for stack in [&state.left, &state.right] {
        word(out, stack.len() as u64)?;
        for thread in stack {
            out.write_all(&thread.encode())?;
        }
    }
    let hint_length = u32::try_from(state.last_hint.len()).map_err(io::Error::other)?;
    out.write_all(&hint_length.to_be_bytes())?;
    out.write_all(&state.last_hint)
}

fn word(out: &mut impl Write, value: u64) -> io::Result<()> {
    out.write_all(&value.to_be_bytes())
}

/// Reads a state that [`write_state`] or Cannon wrote. Bytes after it are not read.
///
/// # Errors
/// [`StateFileError`]. At most `most_pages` pages are allocated.
pub fn read_state(input: &mut impl Read, most_pages: usize) -> Result<State, StateFileError> {
    let mut fields = Fields { input };
    let version = StateVersion::try_from(fields.byte("version")?)?;
    let memory = fields.memory(most_pages)?;
    let preimage_key = B256::from(fields.bytes::<32>("pre-image key")?);
    let preimage_offset = fields.word("pre-image offset")?;
    let heap = fields.word("heap")?;
    let status = match fields.byte("reservation status")? {
        0 => LlStatus::None,
        1 => LlStatus::Active32,
        2 => LlStatus::Active64,
        other => return Err(StateFileError::Field { field: "reservation status", value: other.into() }),
    };
    let reservation = Reservation {
        status,
        address: fields.word("reserved address")?,
        owner: fields.word("reservation owner")?,
    };
    let exit_code = fields.byte("exit code")?;
    let exited = fields.flag("exited flag")?;
    let step = fields.word("step")?;
    let steps_since_switch = fields.word("steps since the last switch")?;
    let traverse_right = fields.flag("direction flag")?;
    let next_thread_id = fields.word("number of the next thread")?;
    let left = fields.stack("left stack")?;
    let right = fields.stack("right stack")?;
    if (if traverse_right { &right } else { &left }).is_empty() {
        return Err(StateFileError::Field { field: "number of threads on the active stack", value: 0 });
    }
    let last_hint = fields.hint()?.into();
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
        last_hint,
    })
}

struct Fields<'a, R> {
    input: &'a mut R,
}

impl<R: Read> Fields<'_, R> {
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

    fn count(&mut self, field: &'static str, most: u64) -> Result<u64, StateFileError> {
        let value = self.word(field)?;
        if value > most { Err(StateFileError::Field { field, value }) } else { Ok(value) }
    }

    fn memory(&mut self, most_pages: usize) -> Result<Memory, StateFileError> {
        let mut memory = Memory::new(most_pages)?;
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
        (0..self.count(field, MOST_THREADS as u64)?)
            .map(|_| {
                let thread = Thread::decode(&self.bytes::<THREAD_BYTES>(field)?);
                // No program can set register 0, and compiled code assumes 0 without reading it.
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
        if length > MOST_HINT_BYTES {
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
