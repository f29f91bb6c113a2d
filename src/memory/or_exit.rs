//! The end of memory as one line and exit code 1, instead of a process that aborts.
//!
//! Everything that a snapshot is made of is allocated somewhere deep in a library or on a thread of a pool, where nobody can
//! go on without it. Where a limit such as `ulimit -v` refuses memory, this is the place that hears of it first. Buffers that
//! grow with a file get an error instead ([`fallible`]), since the file is then given up and all else goes on.
#![expect(unsafe_code, reason = "an allocator cannot be written without; every call is passed on as it came")]

use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;
use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};

thread_local! {
    /// Whether this thread can go on without memory that it asks for. Without a destructor and a first initialization, so
    /// that the allocator may use it at any time.
    static IS_FALLIBLE: Cell<bool> = const { Cell::new(false) };
}

/// Lets what `work` allocates on this thread fail without ending the process. It must handle every failure.
pub(super) fn fallible<T>(work: impl FnOnce() -> T) -> T {
    let before = IS_FALLIBLE.replace(true);
    let done = work();
    IS_FALLIBLE.set(before);
    done
}

/// An allocator that ends the process with a message where the one behind it has no memory left.
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

// SAFETY: every call is passed on as it came, and its answer handed back, unless it is that there is no memory; then the
// process ends and nothing is handed back, or the null pointer is, as the allocator behind did it.
unsafe impl<A: GlobalAlloc> GlobalAlloc for OrExit<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those that the allocator behind asks for.
        Self::checked(unsafe { self.0.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those that the allocator behind asks for.
        Self::checked(unsafe { self.0.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are those that the allocator behind asks for.
        unsafe { self.0.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller's promises are those that the allocator behind asks for.
        Self::checked(unsafe { self.0.realloc(block, layout, new_size) }, new_size)
    }
}

/// Says so without asking for memory, and ends the process.
fn out_of_memory(size: usize) -> ! {
    static IS_SAID: AtomicBool = AtomicBool::new(false);
    // Of several threads at their end one speaks; it takes the others with it.
    while IS_SAID.swap(true, Ordering::Relaxed) {
        std::thread::park();
    }
    let mut line = [0; 160];
    let mut rest = &mut line[..];
    // A line that is too long is cut, which does no harm.
    let _ = writeln!(rest, "heapglass: not enough memory: {size} bytes more were needed (see `ulimit -v` for a limit)");
    let left = rest.len();
    let _ = std::io::stderr().write_all(&line[..line.len() - left]);
    // No destructors and no buffers of the C library: they might need memory.
    exit_now()
}

#[cfg(unix)]
fn exit_now() -> ! {
    // SAFETY: ends the process; nothing of it is touched any more.
    unsafe { libc::_exit(1) }
}

#[cfg(not(unix))]
fn exit_now() -> ! {
    std::process::exit(1)
}
