//! What a MIPS64 instruction is: its encoding, the registers and memory that it touches, and what it does.
//!
//! The instructions are those of MIPS64 release 1, user mode, without floating point and traps, as the fault-proof VM
//! executes them. The VM's interpreter, its compiler and the step checker all take them from here. The crate needs no
//! `std` and no allocator.
//!
//! [`Op`] names the operations. Everything known about one is an exhaustive match over [`Op`], so a new operation does
//! not compile until it is handled:
//!
//! - [`Op::encodings`]: the words that encode it. The tables of [`Instruction::decode`] are made from these.
//! - [`Op::operands`]: the fields of the word that it uses, and the registers that it uses implicitly.
//! - [`Op::family`]: what kind of instruction it is; for loads, stores and branches in full detail.
//! - [`execute`]: what it does to a [`Cpu`] and, through a [`Bus`], to memory.
//!
//! Where the VM departs from the MIPS manual (it ignores fields that should be zero, and writes to a destination field
//! that should be zero), this crate follows the VM and says so.
//!
//! ```
//! use core::convert::Infallible;
//! use tribunal_mips::{Bus, Cpu, Instruction, Op, Width, execute};
//!
//! /// One word of memory, at every address.
//! struct OneWord(u64);
//!
//! impl Bus for OneWord {
//!     type Error = Infallible;
//!
//!     fn load(&mut self, _address: u64) -> Result<u64, Infallible> {
//!         Ok(self.0)
//!     }
//!
//!     fn store(&mut self, _address: u64, word: u64) -> Result<(), Infallible> {
//!         self.0 = word;
//!         Ok(())
//!     }
//!
//!     fn load_linked(&mut self, address: u64, _width: Width) -> Result<u64, Infallible> {
//!         self.load(address)
//!     }
//!
//!     fn store_conditional(&mut self, _address: u64, _width: Width, _value: u64) -> Result<bool, Infallible> {
//!         Ok(false)
//!     }
//! }
//!
//! let mut cpu = Cpu::at(0x1000);
//! let load = Instruction::decode(0x8c02_0004); // lw $v0, 4($zero)
//! assert_eq!(load.op, Op::Lw);
//! execute(load, &mut cpu, &mut OneWord(0x1111_1111_8000_0000))?;
//! assert_eq!((cpu.get(2), cpu.pc), (0xffff_ffff_8000_0000, 0x1004));
//! # Ok::<(), tribunal_mips::Trap<Infallible>>(())
//! ```

#![no_std]

#[cfg(test)]
extern crate std;

mod access;
mod bus;
mod cpu;
mod encoding;
mod execute;
mod family;
mod instruction;
mod op;
mod registers;

pub use access::{Access, Side, WORD_MASK, Width};
pub use bus::{Bus, Exception, Trap};
pub use cpu::Cpu;
pub use encoding::{Destination, Encoding, Immediate, Operands};
pub use execute::{Outcome, execute, operate};
pub use family::{Condition, Family, Flow, Jump};
pub use instruction::Instruction;
pub use op::Op;
pub use registers::{HI, LO, REGISTERS, RegisterSet};
