//! The heap of a guest: free lists by size. Memory is never returned to the VM.
//!
//! Every instruction of a guest is a step that may have to be proven, so allocating and freeing take only a few. The size
//! selects a list; an allocation takes its first block, and a free puts the block back at its front. Blocks are never
//! split or merged. Size classes up to 1 KiB are 16 bytes apart, above a quarter of a power of two, so that at most a fifth
//! of a larger block is wasted.

use core::{alloc::Layout, ptr};

/// Alignment of blocks. Layouts with a greater alignment are rare (Rust's collections have none); their blocks are not
/// reused.
const ALIGN: usize = 16;
/// Size classes up to this size are [`ALIGN`] apart.
const FINE: usize = 1024;
/// The logarithm of the largest size, which is above the memory of any VM.
const LARGEST: usize = 40;
const CLASSES: usize = FINE / ALIGN + 1 + 4 * (LARGEST - 10);
/// Bytes that are requested from the VM at once. Untouched memory costs nothing.
const CHUNK: usize = 64 << 20;

/// Returns zeroed memory of at least the given size, aligned to [`ALIGN`] or more, or `None`.
pub(crate) type Map = fn(usize) -> Option<*mut u8>;

/// The heap; see the module.
pub(crate) struct Heap {
    /// The first free block of each class. The first word of a free block points to the next.
    free: [*mut u8; CLASSES],
    /// Start of the memory that was never used.
    next: *mut u8,
    /// Bytes of the memory that was never used.
    left: usize,
    /// Bytes that may still be requested from the VM.
    allowed: usize,
    map: Map,
}

impl Heap {
    pub(crate) const fn new(map: Map) -> Self {
        Self { free: [ptr::null_mut(); CLASSES], next: ptr::null_mut(), left: 0, allowed: usize::MAX, map }
    }

    /// Limits the bytes that are requested from the VM from now on.
    pub(crate) fn limit(&mut self, bytes: usize) {
        self.allowed = bytes;
    }

    /// A block for this layout, or null; and whether it was never used before, so that it is zeroed.
    #[inline]
    pub(crate) fn allocate(&mut self, layout: Layout) -> (*mut u8, bool) {
        let (class, size) = class_of(layout.size());
        if layout.align() > ALIGN || class >= CLASSES {
            return (self.fresh_aligned(layout), true);
        }
        let first = self.free[class];
        if first.is_null() {
            return (self.fresh(size), true);
        }
        // SAFETY: free blocks belong to the heap, and are aligned and large enough for the pointer that `release` wrote.
        self.free[class] = unsafe { first.cast::<*mut u8>().read() };
        (first, false)
    }

    /// Frees a block.
    ///
    /// # Safety
    /// The block was allocated here with this layout, and is not used afterwards.
    #[inline]
    pub(crate) unsafe fn release(&mut self, block: *mut u8, layout: Layout) {
        let (class, _) = class_of(layout.size());
        if layout.align() > ALIGN || class >= CLASSES {
            return;
        }
        // SAFETY: the block belongs to the heap again, and is aligned and large enough for a pointer.
        unsafe { block.cast::<*mut u8>().write(self.free[class]) };
        self.free[class] = block;
    }

    /// Changes the size of a block, and moves it if necessary. Null if no memory is left; the block is then unchanged.
    ///
    /// # Safety
    /// The block was allocated here with this layout, and the new size and its alignment make a valid layout.
    pub(crate) unsafe fn resize(&mut self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let ((old_class, old_size), (new_class, size)) = (class_of(layout.size()), class_of(new_size));
        if layout.align() <= ALIGN && new_class < CLASSES {
            if old_class == new_class {
                return block;
            }
            // The last block can grow in place, as buffers often do.
            let more = size.wrapping_sub(old_size);
            if block.wrapping_add(old_size) == self.next && size > old_size && more <= self.left {
                self.next = self.next.wrapping_add(more);
                self.left -= more;
                return block;
            }
        }
        // SAFETY: the caller ensures that this is a valid layout.
        let new_layout = unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) };
        let (moved, _) = self.allocate(new_layout);
        if !moved.is_null() {
            // SAFETY: both blocks belong to the heap and are as long as their layouts; the old one is not used afterwards.
            unsafe {
                ptr::copy_nonoverlapping(block, moved, layout.size().min(new_size));
                self.release(block, layout);
            }
        }
        moved
    }

    /// Takes `size` bytes, a multiple of [`ALIGN`], of the memory that was never used.
    #[cold]
    #[inline(never)]
    fn fresh(&mut self, size: usize) -> *mut u8 {
        if size > self.left && !self.grow(size) {
            return ptr::null_mut();
        }
        let block = self.next;
        self.next = block.wrapping_add(size);
        self.left -= size;
        block
    }

    #[cold]
    #[inline(never)]
    fn fresh_aligned(&mut self, layout: Layout) -> *mut u8 {
        let Some(size) = layout.size().checked_add(layout.align()) else { return ptr::null_mut() };
        let Some(size) = size.checked_next_multiple_of(ALIGN) else { return ptr::null_mut() };
        let block = self.fresh(size);
        if block.is_null() { block } else { block.wrapping_add(block.align_offset(layout.align())) }
    }

    /// Ensures that `size` bytes of never used memory are left.
    fn grow(&mut self, size: usize) -> bool {
        let chunk = size.max(CHUNK.min(self.allowed));
        if chunk > self.allowed {
            return false;
        }
        let Some(start) = (self.map)(chunk) else { return false };
        self.allowed -= chunk;
        if start == self.next.wrapping_add(self.left) {
            self.left += chunk;
        } else {
            (self.next, self.left) = (start, chunk);
        }
        true
    }
}

/// The class for a size in bytes, which is not zero, and the length of its blocks. The class is out of range if the size is
/// too large.
#[inline(always)]
fn class_of(size: usize) -> (usize, usize) {
    if size <= FINE {
        let class = size.div_ceil(ALIGN);
        return (class, class * ALIGN);
    }
    let last = size - 1;
    let power = last.ilog2() as usize;
    if power >= LARGEST {
        return (CLASSES, size);
    }
    let (shift, quarter) = (power - 2, last >> (power - 2));
    (FINE / ALIGN + 4 * (power - 10) + quarter - 3, (quarter + 1) << shift)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BasicKernelInterface, Kernel};
    use proptest::prelude::*;
    use std::vec::Vec;

    /// Maps memory, which costs nothing until it is touched, and is never unmapped.
    fn map(size: usize) -> Option<*mut u8> {
        Kernel::map(size).ok()
    }

    #[test]
    fn classes_hold_their_sizes_and_grow() {
        let mut last = (1, 16);
        for size in
            (1..5000).chain((13..LARGEST).flat_map(|power| [(1 << power) - 1, 1 << power, (1 << power) + 1]))
        {
            let (class, block) = class_of(size);
            assert!(block >= size && block % ALIGN == 0 && class < CLASSES, "{size}: {class}, {block}");
            assert!(size < FINE || block - size <= size / 4, "{size}: {block}");
            assert!(class == last.0 && block == last.1 || class > last.0 && block > last.1, "{size}");
            last = (class, block);
        }
        assert_eq!(class_of((1 << LARGEST) + 1).0, CLASSES);
    }

    #[test]
    fn the_limit_holds() {
        let mut heap = Heap::new(map);
        heap.limit(1 << 20);
        assert!(!heap.allocate(Layout::new::<[u8; 1 << 19]>()).0.is_null());
        assert!(heap.allocate(Layout::new::<[u8; 1 << 20]>()).0.is_null());
        assert!(!heap.allocate(Layout::new::<[u8; 1 << 18]>()).0.is_null());
    }

    #[derive(Debug, Clone)]
    enum Action {
        Allocate { size: usize, align: u32 },
        Release { index: usize },
        Resize { index: usize, size: usize },
    }

    fn action() -> impl Strategy<Value = Action> {
        let size = || prop_oneof![1usize..100, 1usize..5000, 1usize..200_000];
        prop_oneof![
            (size(), 0u32..8).prop_map(|(size, align)| Action::Allocate { size, align }),
            any::<usize>().prop_map(|index| Action::Release { index }),
            (any::<usize>(), size()).prop_map(|(index, size)| Action::Resize { index, size }),
        ]
    }

    /// A block in use: its address, its layout, and the byte that it was filled with.
    type Block = (*mut u8, Layout, u8);

    fn check(block: &Block) {
        // SAFETY: the block is in use and initialised.
        let bytes = unsafe { core::slice::from_raw_parts(block.0, block.1.size()) };
        assert!(bytes.iter().all(|byte| *byte == block.2), "another block was written to");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn blocks_are_aligned_keep_what_is_in_them_and_are_zero_when_fresh(
            actions in prop::collection::vec(action(), 0..200),
        ) {
            let mut heap = Heap::new(map);
            let mut blocks: Vec<Block> = Vec::new();
            for (number, action) in actions.into_iter().enumerate() {
                let fill = number as u8;
                match action {
                    Action::Allocate { size, align } => {
                        let layout = Layout::from_size_align(size, 1 << align).unwrap();
                        let (block, fresh) = heap.allocate(layout);
                        prop_assert!(!block.is_null() && block.align_offset(layout.align()) == 0);
                        if fresh {
                            check(&(block, layout, 0));
                        }
                        // SAFETY: the block is in use, and this long.
                        unsafe { block.write_bytes(fill, size) };
                        blocks.push((block, layout, fill));
                    }
                    Action::Release { index } if !blocks.is_empty() => {
                        let block = blocks.swap_remove(index % blocks.len());
                        check(&block);
                        // SAFETY: the block was allocated here and is not used afterwards.
                        unsafe { heap.release(block.0, block.1) };
                    }
                    Action::Resize { index, size } if !blocks.is_empty() => {
                        let index = index % blocks.len();
                        let (block, layout, old) = blocks[index];
                        // SAFETY: the block was allocated here; the new size is small.
                        let moved = unsafe { heap.resize(block, layout, size) };
                        prop_assert!(!moved.is_null() && moved.align_offset(layout.align()) == 0);
                        let new = Layout::from_size_align(size, layout.align()).unwrap();
                        let kept = Layout::from_size_align(size.min(layout.size()), 1).unwrap();
                        check(&(moved, kept, old));
                        // SAFETY: the block is in use, and this long.
                        unsafe { moved.write_bytes(fill, size) };
                        blocks[index] = (moved, new, fill);
                    }
                    _ => {}
                }
            }
            blocks.iter().for_each(check);
        }
    }
}
