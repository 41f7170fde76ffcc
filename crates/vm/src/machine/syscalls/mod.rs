//! System calls: those of Linux for MIPS n64 that a Go or Rust runtime needs.
//!
//! See the [specification](https://specs.optimism.io/fault-proof/cannon-fault-proof-vm.html#syscalls).

mod io;
mod memory;
mod preimage;
mod random;
mod threads;
mod time;

pub(crate) use preimage::PreimageCalls;

use super::{Observer, Step, Switch};
use crate::error::Fault;

/// The numbers of the system calls.
mod number {
    pub(super) const READ: u64 = 5000;
    pub(super) const WRITE: u64 = 5001;
    pub(super) const OPEN: u64 = 5002;
    pub(super) const MMAP: u64 = 5009;
    pub(super) const BRK: u64 = 5012;
    pub(super) const SCHED_YIELD: u64 = 5023;
    pub(super) const NANOSLEEP: u64 = 5034;
    pub(super) const GETPID: u64 = 5038;
    pub(super) const CLONE: u64 = 5055;
    pub(super) const EXIT: u64 = 5058;
    pub(super) const FCNTL: u64 = 5070;
    pub(super) const GETTID: u64 = 5178;
    pub(super) const FUTEX: u64 = 5194;
    pub(super) const EXIT_GROUP: u64 = 5205;
    pub(super) const CLOCK_GETTIME: u64 = 5222;
    pub(super) const EVENTFD2: u64 = 5284;
    pub(super) const GETRANDOM: u64 = 5313;
}

/// The numbers of the system calls that do nothing and return 0: close, stat, fstat, lseek, mprotect, munmap,
/// rt_sigaction, rt_sigprocmask, ioctl, pread64, mincore, madvise, setitimer, uname, readlink, getrlimit, getuid,
/// getgid, sigaltstack, sched_getaffinity, epoll_ctl, timer_create, timer_settime, timer_delete, tgkill, openat,
/// readlinkat, epoll_pwait, epoll_create1, pipe2, prlimit64.
const NO_OPS: [u64; 31] = [
    5003, 5004, 5005, 5008, 5010, 5011, 5013, 5014, 5015, 5016, 5026, 5027, 5036, 5061, 5087, 5095, 5100,
    5102, 5129, 5196, 5208, 5216, 5217, 5220, 5225, 5247, 5257, 5272, 5285, 5287, 5297,
];

/// The registers of a call: v0 holds its number and receives its result, a0 to a2 hold the arguments, a3 receives the
/// error flag. SP is the stack pointer.
mod register {
    pub(super) const V0: u8 = 2;
    pub(super) const A0: u8 = 4;
    pub(super) const A1: u8 = 5;
    pub(super) const A2: u8 = 6;
    pub(super) const A3: u8 = 7;
    pub(super) const SP: u8 = 29;
}

/// Linux's error numbers, and the value of the error flag if a call fails.
mod errno {
    pub(super) const EBADF: u64 = 9;
    pub(super) const EAGAIN: u64 = 11;
    pub(super) const EINVAL: u64 = 22;
    pub(super) const FLAG: u64 = u64::MAX;
}

/// What a call returns: its result (an error number if it fails) and its error flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Returned {
    value: u64,
    error_flag: u64,
}

impl Returned {
    const fn ok(value: u64) -> Self {
        Self { value, error_flag: 0 }
    }

    const fn failed(number: u64) -> Self {
        Self { value: number, error_flag: errno::FLAG }
    }
}

/// The arguments of a call.
#[derive(Debug, Clone, Copy)]
struct Arguments {
    a0: u64,
    a1: u64,
    a2: u64,
}

impl<O: Observer> Step<'_, O> {
    /// Executes the system call that the running thread's registers specify.
    pub(super) fn syscall(&mut self) -> Result<(), Fault> {
        let cpu = &self.thread()?.cpu;
        let call = cpu.get(register::V0);
        let arguments =
            Arguments { a0: cpu.get(register::A0), a1: cpu.get(register::A1), a2: cpu.get(register::A2) };
        self.observer.syscall(call, [arguments.a0, arguments.a1, arguments.a2]);
        let returned = match call {
            number::CLONE => return self.clone_thread(arguments),
            number::EXIT_GROUP => return self.exit_group(arguments),
            number::EXIT => return self.exit_thread(arguments),
            number::SCHED_YIELD | number::NANOSLEEP => return self.yield_thread(),
            number::FUTEX => match self.futex(arguments)? {
                Some(returned) => returned,
                None => return self.yield_thread(),
            },
            number::MMAP => self.mmap(arguments),
            number::BRK => memory::brk(),
            number::READ => self.read(arguments)?,
            number::WRITE => self.write(arguments)?,
            number::FCNTL => io::fcntl(arguments),
            number::OPEN => Returned::failed(errno::EBADF),
            number::EVENTFD2 => io::eventfd2(arguments),
            number::GETTID => Returned::ok(self.thread()?.id),
            number::GETPID => Returned::ok(0),
            number::CLOCK_GETTIME => self.clock_gettime(arguments)?,
            number::GETRANDOM => self.getrandom(arguments)?,
            _ if NO_OPS.contains(&call) => Returned::ok(0),
            _ => return Err(Fault::UnknownSyscall { number: call }),
        };
        self.return_from_call(returned)
    }

    /// Completes a call: sets the result and the error flag, advances the running thread to the next instruction, and
    /// tells the observer that the instruction is complete.
    fn return_from_call(&mut self, returned: Returned) -> Result<(), Fault> {
        for (register, new) in [(register::V0, returned.value), (register::A3, returned.error_flag)] {
            let cpu = &mut self.thread()?.cpu;
            let old = cpu.get(register);
            cpu.set(register, new);
            self.observer.write_register(register, old, new);
        }
        self.thread()?.cpu.advance();
        self.retire()
    }

    /// Completes a call with the result 0, and lets the next thread run.
    fn yield_thread(&mut self) -> Result<(), Fault> {
        self.return_from_call(Returned::ok(0))?;
        self.switch_thread(Switch::Yielded)
    }
}
