//! Linux: large blocks in mappings of huge pages, a pool of unused ones, and blocks whose pages belong to files.
//!
//! # Safety
//! All unsafe code in this folder maintains one invariant: a block whose layout requests [`LARGE`] bytes or more, and
//! no more than [`HUGE_PAGE`] alignment, consists of mappings of its own, of the layout's size rounded up to whole huge
//! pages, starting at a multiple of [`HUGE_PAGE`]. They are private and anonymous, unless the block is listed in
//! [`file_blocks`]. Every other block is the system allocator's. The layout passed to `dealloc` and `realloc` is that of
//! the allocation, so both can distinguish the two.
#![expect(unsafe_code, reason = "an allocator requires it; see the invariant above")]

mod file_blocks;
mod pool;
#[cfg(test)]
mod tests;

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr;

use super::{HugePages, LARGE};
pub(super) use file_blocks::Spill;
pub(crate) use file_blocks::{map_file, prepare_pages};
pub(super) use pool::{begin_reuse, end_reuse};
use pool::{block, give_up, release, with_reserve};

/// The size of a huge page on x86-64 and on most of `AArch64`.
const HUGE_PAGE: usize = 2 << 20;

#[cfg(target_env = "gnu")]
pub(super) fn give_back() {
    // SAFETY: it takes no pointer and changes no block that is in use.
    unsafe { libc::malloc_trim(0) };
}

fn is_large(size: usize, align: usize) -> bool {
    size >= LARGE && size < isize::MAX as usize - 2 * HUGE_PAGE && align <= HUGE_PAGE
}

fn mapped(size: usize) -> usize {
    size.next_multiple_of(HUGE_PAGE)
}

/// Returns a new zeroed mapping, aligned to a huge page; null if there is no memory.
fn map(size: usize) -> *mut u8 {
    let size = mapped(size);
    let room = size + HUGE_PAGE;
    let new = || {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        // SAFETY: an anonymous mapping at an address chosen by the kernel touches no existing memory.
        unsafe { libc::mmap(ptr::null_mut(), room, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0) }
    };
    let mut start = new();
    if start == libc::MAP_FAILED && release() {
        start = new();
    }
    if start == libc::MAP_FAILED {
        return ptr::null_mut();
    }
    let start = start.cast::<u8>();
    let before = start.addr().next_multiple_of(HUGE_PAGE) - start.addr();
    // SAFETY: `before` is less than HUGE_PAGE, so both ends that are unmapped, and the block between them, are
    // within the new mapping, which nobody else knows. The advice changes no contents; it may fail.
    unsafe {
        let block = start.add(before);
        if before > 0 {
            libc::munmap(start.cast(), before);
        }
        libc::munmap(block.add(size).cast(), room - before - size);
        libc::madvise(block.cast(), size, libc::MADV_HUGEPAGE);
        block
    }
}

// SAFETY: blocks are returned by either `map` or `System`, according to the invariant above; mappings are at least
// as large and as aligned as the layout requests.
unsafe impl GlobalAlloc for HugePages {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if is_large(layout.size(), layout.align()) {
            let (block, _) = block(layout.size());
            file_blocks::note(block);
            return block;
        }
        // SAFETY: the caller upholds the contract of `System`.
        with_reserve(|| unsafe { System.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if is_large(layout.size(), layout.align()) {
            let (block, used) = block(layout.size());
            // SAFETY: the block has at least that many bytes, and nobody else knows it.
            unsafe { block.write_bytes(0, used.min(layout.size())) };
            file_blocks::note(block);
            return block;
        }
        // SAFETY: the caller upholds the contract of `System`.
        with_reserve(|| unsafe { System.alloc_zeroed(layout) })
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if is_large(layout.size(), layout.align()) {
            file_blocks::forget(block);
            // SAFETY: by the invariant this is a whole mapping of that size, which the caller gives up.
            unsafe { give_up(block, mapped(layout.size())) };
            return;
        }
        // SAFETY: by the invariant, the block is `System`'s.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let (was_large, is_large) = (is_large(layout.size(), layout.align()), is_large(new_size, layout.align()));
        if !was_large && !is_large {
            // SAFETY: by the invariant, the block is `System`'s and stays so. A failed call leaves it unchanged.
            return with_reserve(|| unsafe { System.realloc(block, layout, new_size) });
        }
        let (old, new) = (mapped(layout.size()), mapped(new_size));
        if was_large && is_large && new <= old {
            if new < old {
                // SAFETY: the pages after the new end belong to this mapping, and the caller gives them up.
                unsafe { give_up(block.add(new), old - new) };
            }
            return block;
        }
        if was_large && is_large && file_blocks::contains(block) {
            // SAFETY: the caller gives up the block for the new one.
            if let Some(place) = unsafe { file_blocks::grow(block, new) } {
                return place;
            }
        } else if was_large && is_large && !file_blocks::is_spilling() {
            let place = map(new_size);
            if place.is_null() {
                return place;
            }
            // Moves and grows in one call: if only the old length were moved, kernels before 6.17 would see two
            // areas in the block and refuse to move it the next time.
            // SAFETY: `place` is a mapping of `new` bytes that nobody else knows; the kernel moves the block there,
            // replacing that mapping, grows it, and frees the old addresses.
            let moved = unsafe {
                let flags = libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED;
                libc::mremap(block.cast(), old, new, flags, place.cast::<libc::c_void>())
            };
            if moved != libc::MAP_FAILED {
                // SAFETY: the block is a mapping of `new` bytes. The advice changes no contents.
                unsafe { libc::madvise(place.cast(), new, libc::MADV_HUGEPAGE) };
                return place;
            }
            // The kernel may fail halfway: `place` may be unmapped or stay reserved, so it is not used again. The block is
            // unchanged.
            let place = map(new_size);
            if !place.is_null() {
                // SAFETY: both are mappings of at least the old layout's size; the old one is freed according to
                // its kind.
                unsafe {
                    ptr::copy_nonoverlapping(block, place, layout.size());
                    libc::munmap(block.cast(), old);
                }
            }
            return place;
        }
        // Copies from one kind of block to another.
        // SAFETY: the new layout has the old alignment and a size that the caller guarantees to be valid; only
        // bytes within both blocks are copied, and the old block is freed according to its kind.
        unsafe {
            let place = self.alloc(Layout::from_size_align_unchecked(new_size, layout.align()));
            if !place.is_null() {
                ptr::copy_nonoverlapping(block, place, layout.size().min(new_size));
                self.dealloc(block, layout);
            }
            place
        }
    }
}
