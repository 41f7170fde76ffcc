//! The system calls: their numbers, and the constants that they know.

/// The registers of a call: v0 holds its number and gets its result, a0 to a2 hold the arguments, a3 gets the error flag.
pub(crate) mod register {
    pub(crate) const V0: u8 = 2;
    pub(crate) const A0: u8 = 4;
    pub(crate) const A3: u8 = 7;
    pub(crate) const SP: u8 = 29;
}

/// The numbers of the calls.
pub(crate) mod number {
    pub(crate) const READ: u16 = 5000;
    pub(crate) const WRITE: u16 = 5001;
    pub(crate) const OPEN: u16 = 5002;
    pub(crate) const MMAP: u16 = 5009;
    pub(crate) const BRK: u16 = 5012;
    pub(crate) const SCHED_YIELD: u16 = 5023;
    pub(crate) const NANOSLEEP: u16 = 5034;
    pub(crate) const GETPID: u16 = 5038;
    pub(crate) const CLONE: u16 = 5055;
    pub(crate) const EXIT: u16 = 5058;
    pub(crate) const FCNTL: u16 = 5070;
    pub(crate) const GETTID: u16 = 5178;
    pub(crate) const FUTEX: u16 = 5194;
    pub(crate) const EXIT_GROUP: u16 = 5205;
    pub(crate) const CLOCK_GETTIME: u16 = 5222;
    pub(crate) const EVENTFD2: u16 = 5284;
    pub(crate) const GETRANDOM: u16 = 5313;
}

/// Calls that do nothing and return 0.
pub(crate) const NOTHING: [u16; 31] = [
    5003, 5004, 5005, 5008, 5010, 5011, 5013, 5014, 5015, 5016, 5026, 5027, 5036, 5061, 5087, 5095, 5100,
    5102, 5129, 5196, 5208, 5216, 5217, 5220, 5225, 5247, 5257, 5272, 5285, 5287, 5297,
];

/// Linux's error numbers.
pub(crate) mod errno {
    pub(crate) const EBADF: u64 = 9;
    pub(crate) const EAGAIN: u64 = 11;
    pub(crate) const EINVAL: u64 = 22;
}

/// The descriptors.
pub(crate) mod descriptor {
    pub(crate) const STDIN: u64 = 0;
    pub(crate) const STDOUT: u64 = 1;
    pub(crate) const STDERR: u64 = 2;
    pub(crate) const HINT_READ: u64 = 3;
    pub(crate) const HINT_WRITE: u64 = 4;
    pub(crate) const PREIMAGE_READ: u64 = 5;
    pub(crate) const PREIMAGE_WRITE: u64 = 6;
    pub(crate) const EVENT: u64 = 100;
}

/// The commands of `fcntl` that are supported.
pub(crate) mod command {
    pub(crate) const GETFD: u16 = 1;
    pub(crate) const GETFL: u16 = 3;
}

/// The operations of `futex`.
pub(crate) mod futex {
    pub(crate) const WAIT: u16 = 128;
    pub(crate) const WAKE: u16 = 129;
}

/// The only flags with which `clone` creates a thread: CLONE_VM, CLONE_FS, CLONE_FILES, CLONE_SIGHAND, CLONE_THREAD,
/// CLONE_SYSVSEM.
pub(crate) const CLONE_FLAGS: u32 = 0x100 | 0x200 | 0x400 | 0x800 | 0x1_0000 | 0x4_0000;

/// What a program exits with that calls `clone` with other flags.
pub(crate) const PANIC: u8 = 2;

/// The steps that the clock takes for a second.
pub(crate) const STEPS_PER_SECOND: u64 = 10_000_000;

/// The program break, which never moves.
pub(crate) const PROGRAM_BREAK: u64 = 0x4000_0000_0000;

/// The end of the heap.
pub(crate) const HEAP_END: u64 = 0x6000_0000_0000;

#[cfg(feature = "record")]
const _: () = assert!(PROGRAM_BREAK == tribunal_vm::PROGRAM_BREAK && HEAP_END == tribunal_vm::HEAP_END);
