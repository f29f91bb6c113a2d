//! Out of memory as a one-line message and exit code 1, instead of an abort.
//!
//! Snapshots are allocated deep in libraries and on threads of a pool, where allocation failures cannot be handled. If
//! a limit such as `ulimit -v` refuses memory, the allocator is the first to know. Buffers that grow with a file get an
//! error instead ([`fallible`]): only that file is given up.
#![expect(unsafe_code, reason = "an allocator requires it; every call is forwarded unchanged")]

use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;
use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};

thread_local! {
    /// True while this thread handles refused memory. It has no destructor and no lazy initialization, so that the
    /// allocator may use it at any time.
    static IS_FALLIBLE: Cell<bool> = const { Cell::new(false) };
}

/// Lets allocations of `work` on this thread fail without ending the process. It must handle every failure.
pub(super) fn fallible<T>(work: impl FnOnce() -> T) -> T {
    let before = IS_FALLIBLE.replace(true);
    let done = work();
    IS_FALLIBLE.set(before);
    done
}

/// An allocator that ends the process with a message if the inner allocator has no memory left.
#[derive(Clone, Copy, Debug, Default)]
pub struct OrExit<A>(pub A);

impl<A> OrExit<A> {
    fn checked(block: *mut u8, size: usize) -> *mut u8 {
        if block.is_null() && !IS_FALLIBLE.get() {
            out_of_memory(size);
        }
        block
    }
}

// SAFETY: every call is forwarded and its result returned unchanged, except for out of memory, where the process ends
// without returning unless the thread is fallible: then the null pointer of the inner allocator is returned.
unsafe impl<A: GlobalAlloc> GlobalAlloc for OrExit<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller upholds the contract of the inner allocator.
        Self::checked(unsafe { self.0.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller upholds the contract of the inner allocator.
        Self::checked(unsafe { self.0.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller upholds the contract of the inner allocator.
        unsafe { self.0.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller upholds the contract of the inner allocator.
        Self::checked(unsafe { self.0.realloc(block, layout, new_size) }, new_size)
    }
}

/// Prints a message without allocating, and ends the process.
fn out_of_memory(size: usize) -> ! {
    static IS_SAID: AtomicBool = AtomicBool::new(false);
    // If several threads get here, only one prints and ends the process.
    while IS_SAID.swap(true, Ordering::Relaxed) {
        std::thread::park();
    }
    let mut line = [0; 160];
    let mut rest = &mut line[..];
    // A message that is too long is cut.
    let _ = writeln!(
        rest,
        "heapglass: not enough memory: {size} more bytes were needed (check the limit with `ulimit -v`)"
    );
    let left = rest.len();
    let _ = std::io::stderr().write_all(&line[..line.len() - left]);
    // No destructors and no buffers of the C library: they might need memory.
    exit_now()
}

#[cfg(unix)]
fn exit_now() -> ! {
    // SAFETY: ends the process; nothing is accessed afterwards.
    unsafe { libc::_exit(1) }
}

#[cfg(not(unix))]
fn exit_now() -> ! {
    std::process::exit(1)
}
