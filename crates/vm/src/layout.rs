//! The layout of a guest's address space: addresses that are fixed, as in Cannon.

/// The start of the heap. `mmap` places anonymous mappings from here upwards. A program must lie below it.
pub const HEAP_START: u64 = 0x1000_0000_0000;
/// The end of the heap: the first address behind it.
pub const HEAP_END: u64 = 0x6000_0000_0000;
/// The result of every `brk` call. It has no other meaning, and mappings may contain this address.
pub const PROGRAM_BREAK: u64 = 0x4000_0000_0000;
/// The initial stack pointer. The stack grows down from here; arguments and environment lie above.
pub const STACK_TOP: u64 = 0x7fff_ffff_f000;
