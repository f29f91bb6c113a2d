//! Linux: mappings of huge pages, and a pool of unused ones.
//!
//! # Safety
//! All unsafe code in this file maintains one invariant: a block whose layout requests [`LARGE`] bytes or more, and
//! no more than [`HUGE_PAGE`] alignment, is a private anonymous mapping of its own, of the layout's size rounded up
//! to whole huge pages, starting at a multiple of [`HUGE_PAGE`]. Every other block is the system allocator's. The
//! layout passed to `dealloc` and `realloc` is that of the allocation, so both can distinguish the two.
//!
//! The spare blocks of [`POOL`] are such mappings too, or parts of them that are whole huge pages; their pages can be
//! moved into another block. Blocks are taken out of the pool under its lock, so each has a single owner. A block may
//! thus consist of several areas of the kernel, which only matters to calls that move it.
#![expect(unsafe_code, reason = "an allocator requires it; see the invariant above")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::HugePages;

/// The size of a huge page on x86-64 and on most of `AArch64`.
const HUGE_PAGE: usize = 2 << 20;
/// Blocks of this size and above are mappings of their own.
const LARGE: usize = 4 << 20;
/// The maximum number of spare blocks, and of bytes in them.
const SPARE_BLOCKS: usize = 64;
const SPARE_BYTES: usize = 1 << 30;

/// An unused mapping of a number of huge pages.
#[derive(Clone, Copy)]
struct Spare {
    start: *mut u8,
    size: usize,
}

struct Pool {
    /// The number of live [`super::Reuse`] guards.
    users: usize,
    bytes: usize,
    count: usize,
    spare: [Spare; SPARE_BLOCKS],
}

// SAFETY: no thread has a reference to the memory of a spare block.
unsafe impl Send for Pool {}

static POOL: Mutex<Pool> = Mutex::new(Pool::new());

impl Pool {
    const fn new() -> Self {
        Self { users: 0, bytes: 0, count: 0, spare: [Spare { start: ptr::null_mut(), size: 0 }; SPARE_BLOCKS] }
    }

    fn lock() -> MutexGuard<'static, Self> {
        POOL.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a block. Returns false if it is not needed or there is no room for it.
    fn keep(&mut self, start: *mut u8, size: usize) -> bool {
        if self.users == 0 || self.count == SPARE_BLOCKS || self.bytes + size > SPARE_BYTES {
            return false;
        }
        self.spare[self.count] = Spare { start, size };
        self.count += 1;
        self.bytes += size;
        true
    }

    /// Returns a block of `size` bytes, split off the smallest spare one that is large enough.
    fn take(&mut self, size: usize) -> Option<*mut u8> {
        let spare = &mut self.spare[..self.count];
        let at = (0..spare.len()).filter(|&at| spare[at].size >= size).min_by_key(|&at| spare[at].size)?;
        let Spare { start, size: whole } = spare[at];
        self.bytes -= size;
        if whole == size {
            spare[at] = spare[self.count - 1];
            self.count -= 1;
        } else {
            // SAFETY: `size` is less than the size of the mapping.
            spare[at] = Spare { start: unsafe { start.add(size) }, size: whole - size };
        }
        Some(start)
    }

    /// Takes all spare blocks.
    fn take_all(&mut self) -> Self {
        let empty = Self { users: self.users, ..Self::new() };
        std::mem::replace(self, empty)
    }

    /// Returns the blocks to the system. They must no longer be in [`POOL`].
    fn free(&self) {
        for Spare { start, size } in &self.spare[..self.count] {
            // SAFETY: a spare block is whole huge pages of mappings, and nobody else knows these any more.
            unsafe { libc::munmap(start.cast(), *size) };
        }
    }

    /// Returns the largest spare block, or the first `most` bytes of it.
    fn take_largest(&mut self, most: usize) -> Option<Spare> {
        let largest = self.spare[..self.count].iter().map(|spare| spare.size).max()?;
        let size = largest.min(most);
        self.take(size).map(|start| Spare { start, size })
    }
}

pub(super) fn begin_reuse() {
    Pool::lock().users += 1;
}

pub(super) fn end_reuse() {
    let left = {
        let mut pool = Pool::lock();
        pool.users -= 1;
        if pool.users > 0 {
            return;
        }
        pool.take_all()
    };
    left.free();
}

#[cfg(target_env = "gnu")]
pub(super) fn give_back() {
    // SAFETY: it takes no pointer and changes no block that is in use.
    unsafe { libc::malloc_trim(0) };
}

/// Returns all spare blocks to the system. Returns false if there are none.
fn release() -> bool {
    let spare = Pool::lock().take_all();
    spare.free();
    spare.count > 0
}

/// Returns a block, and the number of bytes at its start that may not be zero; null if there is no memory.
fn block(size: usize) -> (*mut u8, usize) {
    let size = mapped(size);
    if let Some(block) = Pool::lock().take(size) {
        return (block, size);
    }
    let block = map(size);
    if block.is_null() {
        return (block, 0);
    }
    fill(block, size).map_or_else(|| (map(size), 0), |filled| (block, filled))
}

/// Moves spare blocks into a new mapping of `size` bytes that nobody else knows, so that their pages need not be
/// created again. Returns the number of bytes at its start that they fill. If the kernel refuses, frees the mapping and
/// returns `None`.
fn fill(block: *mut u8, size: usize) -> Option<usize> {
    let mut filled = 0;
    while filled < size {
        let Some(Spare { start, size: found }) = Pool::lock().take_largest(size - filled) else { break };
        // A spare block may consist of several areas, which begin and end at huge pages. Before Linux 6.17, a call
        // moves pages of one area only.
        for at in (0..found).step_by(HUGE_PAGE) {
            let target = filled + at;
            // SAFETY: the huge page belongs to a spare block that is out of the pool, and the target to the new mapping.
            // A refused call leaves the page unchanged, but may already have unmapped the target, where another thread
            // may map something at once: the target is not touched again, only the pages around it.
            unsafe {
                let flags = libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED;
                let (page, place) = (start.add(at).cast(), block.add(target).cast::<libc::c_void>());
                if libc::mremap(page, HUGE_PAGE, HUGE_PAGE, flags, place) == libc::MAP_FAILED {
                    libc::munmap(page, found - at);
                    if target > 0 {
                        libc::munmap(block.cast(), target);
                    }
                    let after = target + HUGE_PAGE;
                    if after < size {
                        libc::munmap(block.add(after).cast(), size - after);
                    }
                    return None;
                }
            }
        }
        filled += found;
    }
    // SAFETY: the advice changes no contents; it may fail.
    unsafe { libc::madvise(block.cast(), size, libc::MADV_HUGEPAGE) };
    Some(filled)
}

/// Keeps a mapping for reuse, or returns it to the system.
///
/// # Safety
/// The `size` bytes from `start` are whole huge pages of mappings that nobody uses.
unsafe fn give_up(start: *mut u8, size: usize) {
    if !Pool::lock().keep(start, size) {
        // SAFETY: the caller gives up these pages.
        unsafe { libc::munmap(start.cast(), size) };
    }
}

/// Repeats an allocation that failed once the spare blocks are returned to the system.
fn with_reserve(allocate: impl Fn() -> *mut u8) -> *mut u8 {
    let block = allocate();
    if block.is_null() && release() { allocate() } else { block }
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
            return block(layout.size()).0;
        }
        // SAFETY: the caller upholds the contract of `System`.
        with_reserve(|| unsafe { System.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if is_large(layout.size(), layout.align()) {
            let (block, used) = block(layout.size());
            // SAFETY: the block has at least that many bytes, and nobody else knows it.
            unsafe { block.write_bytes(0, used.min(layout.size())) };
            return block;
        }
        // SAFETY: the caller upholds the contract of `System`.
        with_reserve(|| unsafe { System.alloc_zeroed(layout) })
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if is_large(layout.size(), layout.align()) {
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
        if was_large && is_large {
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
        // Copies from one kind to the other.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reused_blocks_are_zeroed() {
        let layout = |size| Layout::from_size_align(size, 8).expect("a small layout");
        let _reuse = super::super::Reuse::begin();
        // SAFETY: each block is used with its own layout, within its size, and freed once.
        unsafe {
            let large = HugePages.alloc(layout(4 * LARGE));
            large.write_bytes(7, 4 * LARGE);
            HugePages.dealloc(large, layout(4 * LARGE));
            let (one, other) = (HugePages.alloc_zeroed(layout(LARGE + 1)), HugePages.alloc_zeroed(layout(2 * LARGE)));
            assert!((0..=LARGE).all(|at| one.add(at).read() == 0));
            assert!((0..2 * LARGE).all(|at| other.add(at).read() == 0));
            one.write_bytes(1, LARGE + 1);
            assert_eq!(other.read(), 0);
            HugePages.dealloc(one, layout(LARGE + 1));
            HugePages.dealloc(other, layout(2 * LARGE));
        }
    }

    #[test]
    fn a_block_larger_than_each_spare_one_is_put_together() {
        let layout = |size| Layout::from_size_align(size, 8).expect("a small layout");
        let _reuse = super::super::Reuse::begin();
        // SAFETY: each block is used with its own layout, within its size, and freed once.
        unsafe {
            for _ in 0..2 {
                let blocks = [LARGE, 3 * LARGE].map(|size| (HugePages.alloc(layout(size)), size));
                for (block, size) in blocks {
                    block.write_bytes(7, size);
                }
                for (block, size) in blocks {
                    HugePages.dealloc(block, layout(size));
                }
                let mut whole = HugePages.alloc_zeroed(layout(6 * LARGE));
                assert!((0..6 * LARGE).all(|at| whole.add(at).read() == 0));
                whole.write_bytes(1, 6 * LARGE);
                whole = HugePages.realloc(whole, layout(6 * LARGE), 9 * LARGE);
                assert!((0..6 * LARGE).all(|at| whole.add(at).read() == 1));
                HugePages.dealloc(whole, layout(9 * LARGE));
            }
        }
    }

    #[test]
    fn a_block_that_grew_twice_is_a_single_mapping() {
        let layout = |size| Layout::from_size_align(size, 8).expect("a small layout");
        // SAFETY: the block is used with its own layout, within its size, and freed once.
        unsafe {
            let mut block = HugePages.alloc(layout(LARGE));
            block.write_bytes(1, LARGE);
            block = HugePages.realloc(block, layout(LARGE), 2 * LARGE);
            block.write_bytes(1, 2 * LARGE);
            block = HugePages.realloc(block, layout(2 * LARGE), 4 * LARGE);
            block.write_bytes(1, 4 * LARGE);
            let maps = std::fs::read_to_string("/proc/self/maps").expect("this is Linux");
            let bounds = |line: &str| {
                let (start, rest) = line.split_once('-')?;
                let number = |text| usize::from_str_radix(text, 16).ok();
                Some((number(start)?, number(rest.split(' ').next()?)?))
            };
            let is_whole = |(start, end)| start <= block.addr() && block.addr() + 4 * LARGE <= end;
            assert!(maps.lines().filter_map(bounds).any(is_whole), "{maps}");
            HugePages.dealloc(block, layout(4 * LARGE));
        }
    }

    #[test]
    fn a_block_keeps_its_bytes_while_it_grows_and_shrinks_across_the_limit() {
        let layout = |size| Layout::from_size_align(size, 8).expect("a small layout");
        let sizes = [100, LARGE - 1, LARGE, LARGE + 1, 3 * LARGE + 5, 20 * LARGE, 2 * LARGE, LARGE, 4096];
        // SAFETY: each block is used with its own layout, within its size, and freed once.
        unsafe {
            let mut block = HugePages.alloc_zeroed(layout(sizes[0]));
            for (at, pair) in sizes.windows(2).enumerate() {
                block.write(u8::try_from(at).unwrap_or(0));
                block.add(pair[0] - 1).write(7);
                block = HugePages.realloc(block, layout(pair[0]), pair[1]);
                assert_eq!(usize::from(block.read()), at);
                assert!(pair[1] < pair[0] || block.add(pair[0] - 1).read() == 7);
                assert!(pair[1] < LARGE || block.addr().is_multiple_of(HUGE_PAGE));
                block.add(pair[1] - 1).write(9);
            }
            HugePages.dealloc(block, layout(sizes[sizes.len() - 1]));
        }
    }
}
