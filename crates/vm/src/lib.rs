//! The fault-proof VM: a deterministic MIPS64 machine that runs a program, the *guest*. [`Machine::prove_step`] makes
//! one step and returns its [`StepProof`], with which a contract on L1 can verify that step. [`check_step`] makes the
//! same check off chain.
//!
//! The machine matches the versions `multithreaded64-4` and `multithreaded64-5` of Optimism's Cannon exactly: the same
//! state after every step, the same step proofs, the same state files. [`Machine::step`] makes one step.
//! [`Machine::step_observed`] makes one step and reports to an [`Observer`] what it does. [`Machine::run`] makes many
//! steps and stops where the caller says. It compiles code that is executed often, if the host supports that, and
//! interprets the rest. [`mips`] defines the instructions.
//!
//! A failed step is a [`VmError`], which names the step, the program counter and the cause, a [`Fault`].
//! [`Fault::is_guest_fault`] says whether the guest caused it, for example with an invalid instruction. If the guest
//! runs again with the same pre-images, it has the same fault at the same step. All other faults come from the host or
//! from a limit of this VM. A fault of the host, such as a failure of the pre-image server, need not happen again. A
//! limit, such as that of the guest's memory, is reached again.
//!
//! ```
//! use tribunal_vm::{Machine, NoOracle, State, StateVersion, memory::Memory};
//!
//! // addiu $v0, $zero, 5205; addiu $a0, $zero, 7; syscall: exit_group(7)
//! let mut memory = Memory::new(1024)?;
//! memory.write_word(0x1000, 0x2402_1455_2404_0007)?;
//! memory.write_word(0x1008, 0x0000_000c_0000_0000)?;
//! let state = State::new(StateVersion::MultiThreaded64V5, memory, 0x1000, 0x1000_0000_0000);
//!
//! let mut machine = Machine::new(state, Box::new(NoOracle), Box::new(|_, _| {}));
//! while !machine.state().exited() {
//!     machine.step()?;
//! }
//! assert_eq!((machine.state().step(), machine.state().exit_code()), (3, 7));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod check;
mod code_cache;
mod console;
mod error;
mod jit;
mod layout;
mod machine;
pub mod memory;
mod oracle;
mod program;
mod state;
#[cfg(test)]
mod testing;
mod version;

pub use check::{CheckError, check_step};
pub use console::{Console, Stream};
pub use error::{Fault, VmError};
pub use layout::{HEAP_END, HEAP_START, PROGRAM_BREAK, STACK_TOP};
pub use machine::{Both, Checkpoint, FarFetches, Machine, Observer, Stats, StepProof, Stop, Switch};
pub use oracle::{NoOracle, Oracle, OracleError, ProcessOracle, Recording, ServerError, ServerLimits};
pub use program::{ElfError, Metadata, Symbol, load_elf};
pub use state::{
    EMPTY_STACK_ROOT, LlStatus, Reservation, State, StateFileError, THREAD_BYTES, Thread, VmStatus,
    WITNESS_BYTES, Witness, push_root, read_state, stack_root, write_state,
};
pub use tribunal_mips as mips;
pub use version::{StateVersion, VersionError};
