//! The global allocator and the panic handler, which natively the standard library has.

use crate::{BasicKernelInterface, FileDescriptor, Kernel, PANICKED, heap::Heap, io::Printer};
use core::{
    alloc::{GlobalAlloc, Layout},
    cell::UnsafeCell,
    fmt::Write,
    panic::PanicInfo,
};

#[global_allocator]
pub(crate) static HEAP: GlobalHeap = GlobalHeap(UnsafeCell::new(Heap::new(|size| Kernel::map(size).ok())));

/// The heap of a program with one thread.
pub(crate) struct GlobalHeap(UnsafeCell<Heap>);

// SAFETY: a guest has one thread, and no signal interrupts it.
unsafe impl Sync for GlobalHeap {}

impl GlobalHeap {
    pub(crate) fn limit(&self, bytes: usize) {
        // SAFETY: there is one thread, and the heap's functions do not call the allocator: no other reference is alive.
        unsafe { &mut *self.0.get() }.limit(bytes);
    }
}

// SAFETY: `Heap` fulfils the contract of an allocator.
unsafe impl GlobalAlloc for GlobalHeap {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as in `limit`.
        unsafe { &mut *self.0.get() }.allocate(layout).0
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as in `limit`; the block was allocated here with this layout.
        unsafe { (*self.0.get()).release(block, layout) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as in `limit`.
        let (block, fresh) = unsafe { &mut *self.0.get() }.allocate(layout);
        if !fresh && !block.is_null() {
            // SAFETY: the block is ours and as long as the layout says.
            unsafe { block.write_bytes(0, layout.size()) }
        }
        block
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: as in `limit`; the block was allocated here with this layout, and the new size makes a valid layout.
        unsafe { (*self.0.get()).resize(block, layout, new_size) }
    }
}

#[panic_handler]
fn panicked(info: &PanicInfo<'_>) -> ! {
    let _ = writeln!(Printer(FileDescriptor::StdErr), "{info}");
    Kernel::exit(PANICKED)
}
