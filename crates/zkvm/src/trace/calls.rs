//! System calls that were made, as rows.

use super::{Operand, Reason, Recorder, Written};
use crate::{
    air::AnyTable,
    bus::Slot,
    calls::{NOTHING, descriptor, number, register},
    statement::SystemCell,
    tables::{ExitRow, FileRow, SyscallRow},
};
use tribunal_mips::Cpu;

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
    /// Whether the program goes on.
    pub(crate) returns: bool,
}

/// What the machine said about a call.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct CallEvents {
    /// Whether the program has exited.
    pub(super) exited: bool,
}

impl Call {
    /// Whether it sets the error flag.
    pub(crate) const fn failed(&self) -> bool {
        self.returns && self.a3.new != 0
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
        let words = |address: u64| address as u32 >> 2;
        let call = Call {
            time: self.time(),
            pc: words(cpu.pc),
            next_pc: words(cpu.next_pc),
            number: v0.old,
            arguments,
            v0,
            a3,
            returns,
        };
        match self.own_row(&call) {
            Ok(constant) => self.tables.add(AnyTable::Syscall, &SyscallRow::new(&call, constant)),
            Err(what) => self.fail(cpu.pc, Reason::Call(call.number, what)),
        }
    }

    /// Adds the row that says what the call does. Returns whether that is looked up and needs no row.
    fn own_row(&mut self, call: &Call) -> Result<bool, &'static str> {
        let Ok(number) = u16::try_from(call.number) else { return Err("unknown") };
        let [a0, ..] = call.arguments.map(|argument| argument.value);
        match number {
            number::OPEN | number::BRK | number::GETPID => return Ok(true),
            _ if NOTHING.contains(&number) => return Ok(true),
            number::EXIT if call.returns => return Err("exit of one of several threads"),
            number::EXIT => {
                let threads = [SystemCell::Left, SystemCell::Right].map(|cell| self.read_system(cell));
                self.tables.add(AnyTable::Exit, &ExitRow::new(call, threads));
            }
            number::EXIT_GROUP => {
                self.tables.add(AnyTable::Exit, &ExitRow::new(call, [Written::default(); 2]));
            }
            number::READ if a0 == descriptor::PREIMAGE_READ => return Err("read from a pre-image"),
            number::WRITE if a0 == descriptor::PREIMAGE_WRITE => return Err("write of a pre-image key"),
            number::READ | number::WRITE | number::FCNTL | number::EVENTFD2 => {
                self.tables.add(AnyTable::File, &FileRow::new(call));
            }
            _ => return Err("not supported"),
        }
        Ok(false)
    }

    /// Reads a cell of the machine's own state.
    fn read_system(&mut self, cell: SystemCell) -> Written {
        let value = self.system_cell(cell);
        self.write_system(cell, value)
    }

    /// Writes a cell of the machine's own state.
    fn write_system(&mut self, cell: SystemCell, new: u64) -> Written {
        let (old, before) = self.access_system(cell as u32, Slot::Middle, new);
        Written { register: 0, old, new, before }
    }
}
