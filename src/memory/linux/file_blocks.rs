//! Blocks whose pages belong to files.
//!
//! - A *spilled* block is a shared mapping of a nameless file of its own. The kernel writes its pages to the disk when it
//!   needs their memory, so that a snapshot may be larger than memory. Blocks are spilled while a [`Spill`] exists.
//! - A *cached* block is a private mapping of a part of a cache file ([`map_file`]): its pages are those of the file cache,
//!   so they are neither created nor copied. Cache files are replaced, never changed.
//!
//! Invariant: the list contains exactly the live blocks with such mappings. It has a fixed size, since the allocator
//! cannot allocate; if it is full, blocks are ordinary ones.

use std::cell::Cell;
use std::ffi::CString;
use std::fs::File;
use std::os::fd::AsRawFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::pool::release;
use super::{HUGE_PAGE, LARGE, map, mapped};

/// The maximum number of blocks. Each spilled one has an open file.
const MOST: usize = 512;
/// The type of a file system in memory that libc does not name.
const RAMFS_MAGIC: libc::__fsword_t = 0x8584_58f6;
/// The file of a cached block, which is not kept open.
const NONE: libc::c_int = -1;

thread_local! {
    /// The address of the latest large block that this thread allocated. It has no destructor and no lazy
    /// initialization, so that the allocator may use it at any time.
    static LATEST: Cell<usize> = const { Cell::new(0) };
}

/// Records a new large block.
pub(super) fn note(block: *mut u8) {
    LATEST.set(block.addr());
}

/// Forgets a large block that is freed.
pub(super) fn forget(block: *mut u8) {
    if block.addr() == LATEST.get() {
        LATEST.set(0);
    }
}

/// Returns whether this allocator has just allocated the block on this thread. Other allocators may be in use.
fn is_own(block: *const u8) -> bool {
    block.addr() == LATEST.get() && block.addr().is_multiple_of(HUGE_PAGE)
}

#[derive(Clone, Copy)]
struct FileBlock {
    start: usize,
    size: usize,
    file: libc::c_int,
}

struct List {
    count: usize,
    blocks: [FileBlock; MOST],
    /// The number of live [`Spill`] guards, and the open folder of the files if there are any.
    spills: usize,
    folder: libc::c_int,
}

static LIST: Mutex<List> = Mutex::new(List::new());
/// The number of blocks in the list, and of guards: usually zero, and then the list need not be locked.
static BLOCKS: AtomicUsize = AtomicUsize::new(0);
static SPILLS: AtomicUsize = AtomicUsize::new(0);

impl List {
    const fn new() -> Self {
        Self { count: 0, blocks: [FileBlock { start: 0, size: 0, file: NONE }; MOST], spills: 0, folder: NONE }
    }

    fn lock() -> MutexGuard<'static, Self> {
        LIST.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn position(&self, start: *mut u8) -> Option<usize> {
        self.blocks[..self.count].iter().position(|block| block.start == start.addr())
    }

    fn add(&mut self, start: *mut u8, size: usize, file: libc::c_int) -> bool {
        let Some(place) = self.blocks.get_mut(self.count) else { return false };
        *place = FileBlock { start: start.addr(), size, file };
        self.count += 1;
        BLOCKS.store(self.count, Ordering::Relaxed);
        true
    }

    fn remove(&mut self, at: usize) -> FileBlock {
        let removed = self.blocks[at];
        self.count -= 1;
        self.blocks[at] = self.blocks[self.count];
        BLOCKS.store(self.count, Ordering::Relaxed);
        removed
    }
}

/// A guard while which new large blocks are spilled to files in a folder.
#[derive(Debug)]
pub(in crate::memory) struct Spill(());

impl Spill {
    /// Returns `None` if the folder cannot have nameless files, if it is in memory itself, or if this allocator is not
    /// that of the process.
    pub(in crate::memory) fn begin(folder: &Path) -> Option<Self> {
        let probe = Vec::<u8>::with_capacity(LARGE);
        if is_own(probe.as_ptr()) { Self::begin_in(folder) } else { None }
    }

    pub(super) fn begin_in(folder: &Path) -> Option<Self> {
        let path = CString::new(folder.as_os_str().as_bytes()).ok()?;
        // SAFETY: the path ends with a zero byte.
        let opened = unsafe { libc::open(path.as_ptr(), libc::O_DIRECTORY | libc::O_RDONLY | libc::O_CLOEXEC) };
        if opened < 0 {
            return None;
        }
        if is_in_memory(opened) || !can_create(opened) {
            close(opened);
            return None;
        }
        let mut list = List::lock();
        if list.spills == 0 {
            list.folder = opened;
        } else {
            close(opened);
        }
        list.spills += 1;
        SPILLS.store(list.spills, Ordering::Relaxed);
        drop(list);
        release();
        Some(Self(()))
    }
}

impl Drop for Spill {
    fn drop(&mut self) {
        let mut list = List::lock();
        list.spills -= 1;
        SPILLS.store(list.spills, Ordering::Relaxed);
        if list.spills == 0 {
            close(std::mem::replace(&mut list.folder, NONE));
        }
    }
}

pub(super) fn is_spilling() -> bool {
    SPILLS.load(Ordering::Relaxed) > 0
}

fn close(file: libc::c_int) {
    // SAFETY: the callers own the open file and forget it.
    unsafe { libc::close(file) };
}

/// Returns whether the files of a folder take memory.
fn is_in_memory(folder: libc::c_int) -> bool {
    let mut statistics = std::mem::MaybeUninit::<libc::statfs>::uninit();
    // SAFETY: the call fills the structure if it returns 0.
    let kind = unsafe {
        if libc::fstatfs(folder, statistics.as_mut_ptr()) != 0 {
            return true;
        }
        statistics.assume_init().f_type
    };
    kind == libc::TMPFS_MAGIC || kind == RAMFS_MAGIC
}

/// Opens a new file without a name, which disappears when nothing uses it.
fn nameless(folder: libc::c_int) -> Option<libc::c_int> {
    let flags = libc::O_TMPFILE | libc::O_RDWR | libc::O_CLOEXEC;
    // SAFETY: the path ends with a zero byte.
    let file = unsafe { libc::openat(folder, c".".as_ptr(), flags, 0o600) };
    (file >= 0).then_some(file)
}

/// Returns whether files with reserved space can be created.
fn can_create(folder: libc::c_int) -> bool {
    let Some(file) = nameless(folder) else { return false };
    // SAFETY: takes no pointers.
    let is_reserved = unsafe { libc::fallocate(file, 0, 0, 4096) } == 0;
    close(file);
    is_reserved
}

/// Reserves space on the disk, so that writing a page cannot fail later.
fn reserve(file: libc::c_int, from: usize, to: usize) -> bool {
    let (Ok(from), Ok(size)) = (libc::off64_t::try_from(from), libc::off64_t::try_from(to - from)) else {
        return false;
    };
    // SAFETY: takes no pointers.
    unsafe { libc::fallocate64(file, 0, from, size) == 0 }
}

/// Returns a zeroed spilled block of whole huge pages. Returns `None` if blocks are not spilled now, or if the disk is full.
pub(super) fn create(size: usize) -> Option<*mut u8> {
    if !is_spilling() {
        return None;
    }
    let mut list = List::lock();
    if list.folder == NONE || list.count == MOST {
        return None;
    }
    let file = nameless(list.folder)?;
    let block = if reserve(file, 0, size) { map(size) } else { ptr::null_mut() };
    if block.is_null() {
        close(file);
        return None;
    }
    // SAFETY: replaces a new mapping of that size, which nobody else knows.
    let placed = unsafe {
        let (protection, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED | libc::MAP_FIXED);
        libc::mmap(block.cast(), size, protection, flags, file, 0)
    };
    if placed == libc::MAP_FAILED {
        // The kernel may or may not have unmapped the range, so it is not touched again.
        close(file);
        return None;
    }
    list.add(block, size, file);
    Some(block)
}

/// Returns whether the block's pages belong to a file.
pub(super) fn contains(block: *mut u8) -> bool {
    BLOCKS.load(Ordering::Relaxed) > 0 && List::lock().position(block).is_some()
}

/// Grows a spilled block to `size` bytes. Returns `None` if it is not spilled or cannot grow; it is then unchanged.
///
/// # Safety
/// The caller gives up the block for the returned one.
pub(super) unsafe fn grow(block: *mut u8, size: usize) -> Option<*mut u8> {
    let mut list = List::lock();
    let at = list.position(block)?;
    let FileBlock { size: old, file, .. } = list.blocks[at];
    if file == NONE || !reserve(file, old, size) {
        return None;
    }
    let place = map(size);
    if place.is_null() {
        return None;
    }
    // SAFETY: `place` is a new mapping of `size` bytes that nobody else knows; the kernel moves the block there, replacing
    // that mapping, grows it, and frees the old addresses. A refused call leaves the block unchanged.
    let moved = unsafe {
        let flags = libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED;
        libc::mremap(block.cast(), old, size, flags, place.cast::<libc::c_void>())
    };
    if moved == libc::MAP_FAILED {
        return None;
    }
    list.blocks[at] = FileBlock { start: place.addr(), size, file };
    Some(place)
}

/// Frees a block in a file, or the end of one. Returns false if the pages are memory.
///
/// # Safety
/// The `size` bytes from `start` are a block, or whole huge pages at the end of one, that nobody uses.
pub(super) unsafe fn free(start: *mut u8, size: usize) -> bool {
    if BLOCKS.load(Ordering::Relaxed) == 0 {
        return false;
    }
    let mut list = List::lock();
    let contains = |block: &FileBlock| (block.start..block.start + block.size).contains(&start.addr());
    let Some(at) = list.blocks[..list.count].iter().position(contains) else { return false };
    let FileBlock { start: first, file, .. } = list.blocks[at];
    // Unmapped under the lock: another thread may get these addresses at once.
    // SAFETY: the caller gives up these pages.
    unsafe { libc::munmap(start.cast(), size) };
    if start.addr() == first {
        list.remove(at);
        if file != NONE {
            close(file);
        }
        return true;
    }
    let kept = start.addr() - first;
    list.blocks[at].size = kept;
    if let (true, Ok(kept)) = (file != NONE, libc::off64_t::try_from(kept)) {
        // Only returns space on the disk, so it may fail.
        // SAFETY: takes no pointers.
        unsafe { libc::ftruncate64(file, kept) };
    }
    true
}

/// Fills a large, just allocated buffer with a part of a cache file, by mapping the file. Returns false, and leaves the buffer
/// unchanged, if that is not possible.
///
/// The file must never be changed: its pages are those of the buffer.
pub(crate) fn map_file(buffer: &mut [u8], file: &File, offset: u64) -> bool {
    let page = rustix::param::page_size();
    if buffer.len() < LARGE || !is_own(buffer.as_ptr()) || !offset.is_multiple_of(page as u64) {
        return false;
    }
    let Ok(offset) = libc::off64_t::try_from(offset) else { return false };
    let (start, size) = (buffer.as_mut_ptr(), buffer.len().next_multiple_of(page));
    let mut list = List::lock();
    if list.position(start).is_some() || !list.add(start, mapped(buffer.len()), NONE) {
        return false;
    }
    let place = |flags: libc::c_int, file: libc::c_int, offset: libc::off64_t| {
        let flags = flags | libc::MAP_PRIVATE | libc::MAP_FIXED;
        // SAFETY: replaces pages at the start of a block that consists of whole huge pages; the exclusive reference shows
        // that nobody else uses them.
        let placed =
            unsafe { libc::mmap64(start.cast(), size, libc::PROT_READ | libc::PROT_WRITE, flags, file, offset) };
        placed != libc::MAP_FAILED
    };
    if place(0, file.as_raw_fd(), offset) {
        return true;
    }
    let at = list.count - 1;
    list.remove(at);
    // The failed call may have unmapped the pages, and the buffer must not lose them.
    if !place(libc::MAP_ANONYMOUS, NONE, 0) {
        std::process::abort();
    }
    false
}

/// Maps the pages of a buffer for reading, before it is read.
pub(crate) fn prepare_pages(buffer: &[u8]) {
    let page = rustix::param::page_size();
    let start = buffer.as_ptr();
    let before = start.addr() % page;
    // SAFETY: changes no contents. The whole pages that contain the buffer are mapped. It may fail.
    unsafe {
        let first = start.sub(before).cast_mut().cast();
        libc::madvise(first, (before + buffer.len()).next_multiple_of(page), libc::MADV_POPULATE_READ);
    }
}
