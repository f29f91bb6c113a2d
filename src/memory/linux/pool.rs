//! A pool of unused blocks: their pages are used again instead of being created by the kernel.
//!
//! Spare blocks are mappings as [`super`] describes them, or parts of these that are whole huge pages; their pages can be
//! moved into another block. Blocks are taken out of the pool under its lock, so each has a single owner. A block may
//! thus consist of several areas of the kernel, which only matters to calls that move it.

use std::ptr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{HUGE_PAGE, file_blocks, map, mapped};

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
    /// The number of live [`Reuse`](crate::memory::Reuse) guards.
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

pub(in crate::memory) fn begin_reuse() {
    Pool::lock().users += 1;
}

pub(in crate::memory) fn end_reuse() {
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

/// Returns all spare blocks to the system. Returns false if there are none.
pub(super) fn release() -> bool {
    let spare = Pool::lock().take_all();
    spare.free();
    spare.count > 0
}

/// Returns a block of memory or of a file, and the number of bytes at its start that may not be zero; null if there is no memory.
pub(super) fn block(size: usize) -> (*mut u8, usize) {
    let size = mapped(size);
    if let Some(block) = file_blocks::create(size) {
        return (block, 0);
    }
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

/// Keeps a block, or whole huge pages at its end, for reuse, or returns it to the system.
///
/// # Safety
/// The `size` bytes from `start` are whole huge pages of mappings that nobody uses.
pub(super) unsafe fn give_up(start: *mut u8, size: usize) {
    // SAFETY: the caller gives up these pages.
    if unsafe { file_blocks::free(start, size) } {
        return;
    }
    if !Pool::lock().keep(start, size) {
        // SAFETY: the caller gives up these pages.
        unsafe { libc::munmap(start.cast(), size) };
    }
}

/// Repeats an allocation that failed once the spare blocks are returned to the system.
pub(super) fn with_reserve(allocate: impl Fn() -> *mut u8) -> *mut u8 {
    let block = allocate();
    if block.is_null() && release() { allocate() } else { block }
}
