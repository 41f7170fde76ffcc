//! System calls that were made, as rows.

use super::{MemoryAccess, Operand, Reason, Recorder, Written};
use crate::{
    air::AnyTable,
    bus::Slot,
    calls::{NOTHING, descriptor, number, register},
    statement::SystemCell,
    tables::{
        ClockRow, CloneThreadRow, ExitRow, FileRow, GetRandomRow, MmapRow, PreimageRead, ReadPreimageRow,
        SyscallRow, WriteKeyRow, YieldsRow, region::LENGTH,
    },
};
use core::array;
use tribunal_mips::Cpu;

/// The bytes of a page, by which the heap grows.
const PAGE: u64 = 1 << 12;

/// A system call that was made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call {
    /// When its step began.
    pub(crate) time: u32,
    /// The address of the instruction, in words of 4 bytes from the start of the code window.
    pub(crate) pc: u32,
    /// The address of the instruction after it, in the same unit.
    pub(crate) next_pc: u32,
    pub(crate) number: u64,
    /// a0, a1 and a2.
    pub(crate) arguments: [Operand; 3],
    /// v0, which has the number and gets the result.
    pub(crate) v0: Written,
    /// a3, which gets the error flag.
    pub(crate) a3: Written,
    pub(crate) then: Then,
}

/// How the run goes on after a system call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// It does not return: the program or the thread has exited.
    Ends,
    /// It returns.
    Returns,
    /// It returns, and the running thread's turn ends.
    Yields,
    /// It returns, and a new thread runs first.
    Clones,
}

/// A call that creates a thread, until the switch to that.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cloning {
    call: Call,
    next: Written,
}

/// What the machine said about a call.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct CallEvents {
    /// Whether the program or the thread has exited.
    pub(super) exited: bool,
    /// The words of memory that it accesses, in their order, and what it stores there.
    pub(super) words: [Option<(u64, Option<u64>)>; 2],
}

impl CallEvents {
    /// Notes a load.
    pub(super) fn load(&mut self, address: u64) {
        if let Some(place) = self.place(address) {
            place.get_or_insert((address, None));
        }
    }

    /// Notes a store.
    pub(super) fn store(&mut self, address: u64, new: u64) {
        if let Some(place) = self.place(address) {
            *place = Some((address, Some(new)));
        }
    }

    /// Where the accesses to a word are noted. No call accesses a third word.
    fn place(&mut self, address: u64) -> Option<&mut Option<(u64, Option<u64>)>> {
        self.words.iter_mut().find(|word| word.is_none_or(|(other, _)| other == address))
    }
}

impl Call {
    /// Whether it sets the error flag.
    pub(crate) const fn failed(&self) -> bool {
        !matches!(self.then, Then::Ends) && self.a3.new != 0
    }
}

impl Recorder {
    /// Turns a system call into rows. `cpu` holds the registers before it, and `after` those after it.
    pub(super) fn complete_call(&mut self, cpu: &Cpu, after: &Cpu, events: CallEvents) {
        let returns = !events.exited;
        let argument = |this: &mut Self, register: u8| {
            let value = cpu.register(register);
            let (_, before) = this.access_register(register, Slot::Rs, value);
            Operand { register, value, before }
        };
        let arguments =
            [register::A0, register::A0 + 1, register::A0 + 2].map(|register| argument(self, register));
        let write = |this: &mut Self, register: u8| {
            let new = after.register(register);
            let (old, before) = this.access_register(register, Slot::Rt, new);
            Written { register, old, new, before }
        };
        let v0 = write(self, register::V0);
        let a3 = if returns { write(self, register::A3) } else { Written::default() };
        let then = match u16::try_from(v0.old) {
            _ if !returns => Then::Ends,
            Ok(number::SCHED_YIELD | number::NANOSLEEP) => Then::Yields,
            Ok(number::FUTEX) if a3.new == 0 => Then::Yields,
            Ok(number::CLONE) => Then::Clones,
            _ => Then::Returns,
        };
        let words = |address: u64| address as u32 >> 2;
        let call = Call {
            time: self.time(),
            pc: words(cpu.pc),
            next_pc: words(cpu.next_pc),
            number: v0.old,
            arguments,
            v0,
            a3,
            then,
        };
        match self.own_row(&call, events) {
            Ok(constant) => self.tables.add(AnyTable::Syscall, &SyscallRow::new(&call, constant)),
            Err(what) => self.fail(cpu.pc, Reason::Call(call.number, what)),
        }
    }

    /// Adds the row that says what the call does. Returns whether that is looked up and needs no row.
    fn own_row(&mut self, call: &Call, events: CallEvents) -> Result<bool, &'static str> {
        let Ok(number) = u16::try_from(call.number) else { return Err("unknown") };
        let [a0, ..] = call.arguments.map(|argument| argument.value);
        match number {
            number::OPEN | number::BRK | number::GETPID => return Ok(true),
            _ if NOTHING.contains(&number) => return Ok(true),
            number::EXIT => {
                let threads = [SystemCell::Left, SystemCell::Right].map(|cell| self.read_system(cell));
                self.tables.add(AnyTable::Exit, &ExitRow::new(call, threads));
            }
            // `clone` with other flags than those of a thread ends the program.
            number::CLONE if call.then == Then::Ends => {
                self.tables.add(AnyTable::Exit, &ExitRow::new(call, [Written::default(); 2]));
            }
            number::EXIT_GROUP => {
                self.tables.add(AnyTable::Exit, &ExitRow::new(call, [Written::default(); 2]));
            }
            number::READ if a0 == descriptor::PREIMAGE_READ => {
                let Some(memory) = self.word(events, 0) else { return Err("no word of memory") };
                let read = self.read_preimage(memory, call)?;
                self.tables.add(AnyTable::ReadPreimage, &ReadPreimageRow::new(call, &read));
            }
            number::WRITE if a0 == descriptor::PREIMAGE_WRITE => {
                let Some(memory) = self.word(events, 0) else { return Err("no word of memory") };
                let cells = self.write_key(&memory, call);
                self.tables.add(AnyTable::WriteKey, &WriteKeyRow::new(call, &memory, cells));
            }
            number::READ | number::WRITE | number::FCNTL | number::EVENTFD2 => {
                self.tables.add(AnyTable::File, &FileRow::new(call));
            }
            number::MMAP if a0 != 0 => self.tables.add(AnyTable::Mmap, &MmapRow::new(call, None)),
            number::MMAP => {
                let start = self.system_cell(SystemCell::Heap);
                // The VM has checked that this does not overflow.
                let length = if call.failed() { 0 } else { call.arguments[1].value.next_multiple_of(PAGE) };
                let cell = self.write_system(SystemCell::Heap, start + length);
                self.tables.add(AnyTable::Mmap, &MmapRow::new(call, Some(cell)));
            }
            number::GETTID => {
                let cell = self.read_system(SystemCell::Thread);
                self.tables.add(AnyTable::Mmap, &MmapRow::new(call, Some(cell)));
            }
            number::CLOCK_GETTIME => {
                let words = [0, 1].map(|place| self.word(events, place).unwrap_or_default());
                self.tables.add(AnyTable::Clock, &ClockRow::new(call, self.first_step(), words));
            }
            number::SCHED_YIELD | number::NANOSLEEP | number::FUTEX => {
                let memory = self.word(events, 0).unwrap_or_default();
                self.tables.add(AnyTable::Yields, &YieldsRow::new(call, memory));
            }
            number::CLONE => {
                let next = self.write_system(SystemCell::NextThread, call.v0.new.wrapping_add(1));
                self.cloning = Some(Cloning { call: *call, next });
            }
            number::GETRANDOM => {
                let version = self.read_system(SystemCell::Version);
                let memory = self.word(events, 0);
                let row = GetRandomRow::new(call, self.first_step(), version, memory);
                self.tables.add(AnyTable::GetRandom, &row);
            }
            _ => return Err("not supported"),
        }
        Ok(false)
    }

    /// Turns the registers of the thread that has made the call `clone` into those of the new thread, after the switch.
    pub(super) fn complete_clone(&mut self) {
        let Some(Cloning { call, next }) = self.cloning.take() else { return };
        let (old, before) = self.access_system(SystemCell::Thread as u32, Slot::Rd, next.old);
        let thread = Written { register: 0, old, new: next.old, before };
        let [_, a1, _] = call.arguments;
        let write = |this: &mut Self, register: u8, new: u64| {
            let (old, before) = this.access_register(register, Slot::Rd, new);
            Written { register, old, new, before }
        };
        let stack = write(self, register::SP, a1.value);
        let value = write(self, register::V0, 0);
        self.tables.add(AnyTable::CloneThread, &CloneThreadRow::new(&call, next, [thread, stack, value]));
    }

    /// Accesses a word of memory that the call accesses.
    fn word(&mut self, events: CallEvents, place: usize) -> Option<MemoryAccess> {
        let (address, new) = events.words[place]?;
        Some(self.access_memory(address, new))
    }

    /// Shifts the bytes that a call writes into the key, and resets the offset and the region.
    fn write_key(&mut self, memory: &MemoryAccess, call: &Call) -> [Written; 6] {
        let count = call.v0.new as usize;
        let from = (call.arguments[1].value & 7) as usize;
        let key = [0, 1, 2, 3].map(|place| self.system[SystemCell::Key as usize / 4].new[place]);
        let mut bytes = [0; 40];
        for (place, word) in key.into_iter().enumerate() {
            bytes[8 * place..8 * place + 8].copy_from_slice(&word.to_be_bytes());
        }
        bytes[32..32 + count].copy_from_slice(&memory.old.to_be_bytes()[from..from + count]);
        let word = |place: usize| {
            let start = count + 8 * place;
            bytes[start..start + 8].iter().fold(0, |word, byte| word << 8 | u64::from(*byte))
        };
        array::from_fn(|place| match place {
            0..4 => self.write_system_at(SystemCell::Key as u32 + place as u32, word(place)),
            4 => self.write_system(SystemCell::Offset, 0),
            _ => self.write_system(SystemCell::Region, 0),
        })
    }

    /// Reads bytes of the pre-image. If no region is chosen yet, then the one of the key.
    fn read_preimage(&mut self, memory: MemoryAccess, call: &Call) -> Result<PreimageRead, &'static str> {
        let key: [u64; 4] = array::from_fn(|place| self.system[SystemCell::Key as usize / 4].new[place]);
        let chosen = self.system_cell(SystemCell::Region);
        let region = match u32::try_from(chosen) {
            Ok(region @ 1..) => region,
            _ => {
                let mut bytes = [0; 32];
                for (bytes, word) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(key) {
                    *bytes = word.to_be_bytes();
                }
                let found = self.oracle().preimages().region_of(&bytes);
                found.ok_or_else(|| unprovable(bytes[0]))?
            }
        };
        let key = (chosen == 0).then(|| {
            for number in 0..LENGTH as u32 {
                let _key = self.read_word(region, number);
            }
            array::from_fn(|place| self.write_system_at(SystemCell::Key as u32 + place as u32, key[place]))
        });
        let (count, from) = (call.v0.new, self.system_cell(SystemCell::Offset));
        let first = LENGTH as u32 + (from >> 3) as u32;
        let length = self.read_word(region, LENGTH as u32).unwrap_or_default();
        let one = self.read_word(region, first);
        let next = if (from & 7) + count > 8 { self.read_word(region, first + 1) } else { None };
        let read = PreimageRead {
            memory,
            offset: self.write_system(SystemCell::Offset, from + count),
            region: self.write_system(SystemCell::Region, region.into()),
            key,
            length,
            words: [one, next],
        };
        if read.is_right(call) || self.accepts_wrong_reads {
            Ok(read)
        } else {
            Err("the machine got another pre-image than is proven")
        }
    }

    /// Reads a cell of the machine's own state.
    fn read_system(&mut self, cell: SystemCell) -> Written {
        let value = self.system_cell(cell);
        self.write_system(cell, value)
    }

    /// Writes a cell of the machine's own state.
    fn write_system(&mut self, cell: SystemCell, new: u64) -> Written {
        self.write_system_at(cell as u32, new)
    }

    /// The same, for a cell with that number.
    fn write_system_at(&mut self, cell: u32, new: u64) -> Written {
        let (old, before) = self.access_system(cell, Slot::Middle, new);
        Written { register: 0, old, new, before }
    }
}

/// Why a pre-image whose key has this first byte cannot be proven.
pub(super) const fn unprovable(kind: u8) -> &'static str {
    match kind {
        1..=4 => "the pre-image is not one of those that the proof begins with",
        5 => "pre-images of type 5, which are parts of blobs, have no proof",
        6 => "pre-images of type 6, which are results of precompiles, have no proof",
        _ => "pre-images of this type have no proof",
    }
}
