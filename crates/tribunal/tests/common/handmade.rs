//! Small programs for the VM, assembled by hand, as states and as ELF files.

use tribunal_vm::{State, StateVersion, memory::Memory, write_state};

/// Where programs begin.
const START: u64 = 0x1000;
/// Where their data is.
const DATA: u64 = 0x8000;

const ZERO: u32 = 0;
const V0: u32 = 2;
const A0: u32 = 4;
const A1: u32 = 5;
const A2: u32 = 6;
const T0: u32 = 8;

/// Numbers of system calls.
const READ: i16 = 5000;
const WRITE: i16 = 5001;
const EXIT_GROUP: i16 = 5205;

/// A program under construction.
#[derive(Debug, Clone, Default)]
pub(crate) struct Program {
    code: Vec<u32>,
    data: Vec<u8>,
}

impl Program {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Any instruction.
    pub(crate) fn word(mut self, word: u32) -> Self {
        self.code.push(word);
        self
    }

    /// `daddiu register, other, value`
    fn add(self, register: u32, other: u32, value: i16) -> Self {
        self.word(0x6400_0000 | other << 21 | register << 16 | u32::from(value as u16))
    }

    fn load(self, register: u32, value: i16) -> Self {
        self.add(register, ZERO, value)
    }

    /// The address of the data, plus an offset.
    fn load_data(self, register: u32, offset: i16) -> Self {
        // ori: DATA has its highest bit of 16 set.
        let whole = DATA as u32 + offset as u32;
        self.word(0x3400_0000 | register << 16 | whole)
    }

    fn syscall(self, number: i16) -> Self {
        self.load(V0, number).word(0x0000_000c)
    }

    /// Adds data, from a word on, and says where it is.
    fn place(&mut self, data: &[u8]) -> i16 {
        self.data.resize(self.data.len().next_multiple_of(8), 0);
        let offset = self.data.len() as i16;
        self.data.extend_from_slice(data);
        offset
    }

    pub(crate) fn exit(self, code: i16) -> Self {
        self.load(A0, code).syscall(EXIT_GROUP)
    }

    pub(crate) fn write(mut self, descriptor: i16, data: &[u8]) -> Self {
        let offset = self.place(data);
        self.load(A0, descriptor).load_data(A1, offset).load(A2, data.len() as i16).syscall(WRITE)
    }

    /// Writes a key, eight bytes at a time, and reads its length and `words` words of its pre-image.
    pub(crate) fn read_preimage(mut self, key: [u8; 32], words: usize) -> Self {
        let from = self.place(&key);
        let to = self.place(&[0; 8]);
        for part in 0..4 {
            self = self.load(A0, 6).load_data(A1, from + 8 * part).load(A2, 8).syscall(WRITE);
        }
        for _ in 0..=words {
            self = self.load(A0, 5).load_data(A1, to).load(A2, 8).syscall(READ);
        }
        self
    }

    /// Reads the local keys 1 to 5, which state a claim.
    pub(crate) fn read_claim(self) -> Self {
        self.read_local_keys(&[1, 2, 3, 4, 5])
    }

    /// Reads these local keys.
    pub(crate) fn read_local_keys(self, numbers: &[u8]) -> Self {
        numbers.iter().fold(self, |program, number| {
            let mut key = [0; 32];
            (key[0], key[31]) = (1, *number);
            program.read_preimage(key, 1)
        })
    }

    /// Sends a hint, and takes the acknowledgement.
    pub(crate) fn hint(mut self, hint: &[u8]) -> Self {
        let to = self.place(&[0; 8]);
        let message = [&(hint.len() as u32).to_be_bytes()[..], hint].concat();
        self.write(4, &message).load(A0, 3).load_data(A1, to).load(A2, 1).syscall(READ)
    }

    /// Goes round `times` times, three steps each.
    pub(crate) fn wait(self, times: u32) -> Self {
        // lui, ori; then: daddiu -1; bne back; nop
        self.word(0x3c00_0000 | T0 << 16 | times >> 16)
            .word(0x3400_0000 | T0 << 21 | T0 << 16 | times & 0xffff)
            .add(T0, T0, -1)
            .word(0x1400_0000 | T0 << 21 | 0xfffe)
            .word(0)
    }

    /// The program as a state.
    pub(crate) fn state(&self, version: StateVersion) -> State {
        let mut memory = Memory::new(1024).unwrap();
        memory.write_bytes(START, &self.code_bytes()).unwrap();
        memory.write_bytes(DATA, &self.data).unwrap();
        State::new(version, memory, START, 0x1000_0000_0000)
    }

    /// The state as a file's bytes.
    pub(crate) fn state_file(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        write_state(&self.state(StateVersion::MultiThreaded64V5), &mut bytes).unwrap();
        bytes
    }

    /// An ELF file with one segment for all.
    pub(crate) fn elf(&self) -> Vec<u8> {
        let mut image = self.code_bytes();
        image.resize((DATA - START) as usize, 0);
        image.extend_from_slice(&self.data);
        let mut file = Vec::new();
        file.extend_from_slice(b"\x7fELF\x02\x02\x01\0\0\0\0\0\0\0\0\0");
        for half in [2u16, 8] {
            file.extend_from_slice(&half.to_be_bytes());
        }
        file.extend_from_slice(&1u32.to_be_bytes());
        for word in [START, 64, 0] {
            file.extend_from_slice(&word.to_be_bytes());
        }
        file.extend_from_slice(&0x6000_0000u32.to_be_bytes());
        for half in [64u16, 56, 1, 64, 0, 0] {
            file.extend_from_slice(&half.to_be_bytes());
        }
        for half in [1u32, 7] {
            file.extend_from_slice(&half.to_be_bytes());
        }
        let length = image.len() as u64;
        for word in [120, START, START, length, length, 0x1000] {
            file.extend_from_slice(&word.to_be_bytes());
        }
        file.extend_from_slice(&image);
        file
    }

    fn code_bytes(&self) -> Vec<u8> {
        self.code.iter().flat_map(|word| word.to_be_bytes()).collect()
    }
}
