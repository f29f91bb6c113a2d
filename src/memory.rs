//! Memory of large columns: huge pages, directly from the operating system.
//!
//! A snapshot of a gigabyte needs columns of 2 GB, each written once. With pages of 4 KiB, that is half a million page
//! faults, which took as long as all the parsing. Linux provides pages of 2 MiB on request (`madvise`) if the memory is
//! aligned. Growing a column moves its pages instead of copying them. Other systems use their default allocator.

mod account;
pub(crate) mod growth;
#[cfg(target_os = "linux")]
mod linux;
mod machine;
mod or_exit;
#[cfg(target_os = "linux")]
use linux as spill;
/// Columns are only kept on disk on Linux.
#[cfg(not(target_os = "linux"))]
mod spill {
    #[derive(Debug)]
    pub(super) struct Spill(());

    impl Spill {
        pub(super) fn begin(_folder: &std::path::Path) -> Option<Self> {
            None
        }
    }
}

pub(crate) use account::Account;
pub(crate) use growth::OutOfMemory;
pub use or_exit::OrExit;

/// An allocator that forwards small requests to the system, and serves large ones in huge pages if available.
#[derive(Clone, Copy, Debug, Default)]
pub struct HugePages;

/// A guard that keeps large freed blocks for reuse instead of returning them to the operating system: existing pages
/// need not be created again. The rest is returned when the last guard is dropped. Use it for work that frees and
/// reallocates much memory; otherwise, spare blocks only add to the peak.
#[derive(Debug)]
pub(crate) struct Reuse(());

impl Reuse {
    #[must_use]
    pub(crate) fn begin() -> Self {
        #[cfg(target_os = "linux")]
        linux::begin_reuse();
        Self(())
    }
}

impl Drop for Reuse {
    fn drop(&mut self) {
        #[cfg(target_os = "linux")]
        linux::end_reuse();
    }
}

/// The size of blocks that are mappings of their own, in bytes, and above. Only these can be mapped to files.
pub(crate) const LARGE: usize = 4 << 20;
/// True if [`map_file`] can succeed.
pub(crate) const MAPS_FILES: bool = cfg!(target_os = "linux");
/// Parts of files that are mapped start at multiples of this, which is at least the size of a page on all systems.
pub(crate) const MAPPED_ALIGNMENT: u64 = 64 << 10;

/// Fills a large, just allocated buffer with a part of a file by mapping it, so that pages are neither created nor copied.
/// Returns false, and leaves the buffer unchanged, if that is not possible: then read the file.
///
/// The file must never be changed afterwards. If it is truncated, or cannot be read from its disk, the system ends the
/// process when the buffer is read, so map only files that belong to this program.
#[cfg(target_os = "linux")]
pub(crate) use linux::map_file;

/// Lets the system find the pages of a mapped buffer at once instead of one by one when they are read.
pub(crate) fn prepare_pages(buffer: &[u8]) {
    #[cfg(target_os = "linux")]
    linux::prepare_pages(buffer);
    #[cfg(not(target_os = "linux"))]
    let _ = buffer;
}

/// Returns false: files are only mapped on Linux.
#[cfg(not(target_os = "linux"))]
pub(crate) fn map_file(_buffer: &mut [u8], _file: &std::fs::File, _offset: u64) -> bool {
    false
}

/// Returns freed memory to the operating system. The C library keeps the memory of small requests in a pool per thread
/// until asked; after large snapshots that is hundreds of megabytes. It takes milliseconds.
pub(crate) fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    linux::give_back();
}

#[cfg(not(target_os = "linux"))]
mod other {
    #![expect(unsafe_code, reason = "an allocator requires it")]

    use std::alloc::{GlobalAlloc, Layout, System};

    // SAFETY: every call is forwarded unchanged.
    unsafe impl GlobalAlloc for super::HugePages {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            // SAFETY: the caller upholds the contract of `System`.
            unsafe { System.alloc(layout) }
        }

        unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
            // SAFETY: the caller upholds the contract of `System`.
            unsafe { System.alloc_zeroed(layout) }
        }

        unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
            // SAFETY: the caller upholds the contract of `System`.
            unsafe { System.dealloc(block, layout) }
        }

        unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
            // SAFETY: the caller upholds the contract of `System`.
            unsafe { System.realloc(block, layout, new_size) }
        }
    }
}
