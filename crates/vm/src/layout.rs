//! Where things lie in a guest's address space.

/// Where anonymous mappings begin; no program may be loaded at or above it.
pub const HEAP_START: u64 = 0x1000_0000_0000;
/// Where they end.
pub const HEAP_END: u64 = 0x6000_0000_0000;
/// The break, which never moves.
pub const PROGRAM_BREAK: u64 = 0x4000_0000_0000;
/// The stack pointer that a program begins with; above it lie arguments and environment.
pub const STACK_TOP: u64 = 0x7fff_ffff_f000;
/// Addresses that a program may be loaded at end here.
pub const ADDRESS_END: u64 = 1 << 48;
