//! The layout of a guest's address space.

/// The start of the heap, where anonymous mappings are made. A program must be loaded below it.
pub const HEAP_START: u64 = 0x1000_0000_0000;
/// The end of the heap.
pub const HEAP_END: u64 = 0x6000_0000_0000;
/// What `brk` returns, always. It lies inside the heap, but marks nothing there: mappings ignore it.
pub const PROGRAM_BREAK: u64 = 0x4000_0000_0000;
/// The initial stack pointer: the stack grows down from here. Arguments and environment lie above it.
pub const STACK_TOP: u64 = 0x7fff_ffff_f000;
