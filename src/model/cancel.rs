//! Cancelling long work without unwinding: a shared flag that loops poll. It is set by the caller or when memory runs
//! out.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::memory::{MemoryLimit, Shortage};

/// The maximum number of items that a loop handles between two polls of its token.
pub(crate) const POLL_INTERVAL: usize = 65_536;

/// The work was cancelled; partial results are dropped. [`CancelToken::shortage`] says whether it ran out of memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("cancelled")]
pub struct Cancelled;

/// A flag shared between a job and its caller, with the memory that the job may use.
#[derive(Clone, Debug, Default)]
pub struct CancelToken(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    is_stopped: AtomicBool,
    /// Set by [`CancelToken::need`] or a watcher, never by the caller.
    is_short: AtomicBool,
    limit: AtomicU64,
    /// Bytes that the job may use in total; no limit until the memory was measured.
    available: AtomicU64,
    /// Bytes that the job is known to need at its peak, and the expected bytes if only part of the work is known.
    needed: AtomicU64,
    expected: AtomicU64,
    /// A place for what does not fit into memory, until it is used.
    overflow: Mutex<Option<Overflow>>,
    /// The memory that was missing when the overflow was used.
    overflowed: Mutex<Option<Shortage>>,
}

/// A place for data that does not fit into memory. Calling `begin` uses it; it returns false if that is not possible.
pub(crate) struct Overflow {
    pub(crate) bytes: u64,
    pub(crate) begin: Box<dyn FnOnce() -> bool + Send>,
}

impl fmt::Debug for Overflow {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_struct("Overflow").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            is_stopped: AtomicBool::new(false),
            is_short: AtomicBool::new(false),
            limit: AtomicU64::new(MemoryLimit::default().to_number()),
            available: AtomicU64::new(u64::MAX),
            needed: AtomicU64::new(0),
            expected: AtomicU64::new(0),
            overflow: Mutex::default(),
            overflowed: Mutex::default(),
        }
    }
}

impl CancelToken {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a token for work that may use as much memory as `limit` allows.
    #[must_use]
    pub fn with_memory_limit(limit: MemoryLimit) -> Self {
        let token = Self::new();
        token.set_memory_limit(limit);
        token
    }

    /// Sets how much memory the work may use. Jobs that have already started keep their limit.
    pub fn set_memory_limit(&self, limit: MemoryLimit) {
        self.0.limit.store(limit.to_number(), Ordering::Relaxed);
    }

    #[must_use]
    pub fn memory_limit(&self) -> MemoryLimit {
        MemoryLimit::from_number(self.0.limit.load(Ordering::Relaxed))
    }

    /// Requests the work to stop at its next poll.
    pub fn cancel(&self) {
        self.0.is_stopped.store(true, Ordering::Relaxed);
    }

    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.is_stopped.load(Ordering::Relaxed)
    }

    /// # Errors
    /// Returns [`Cancelled`] after a call of [`CancelToken::cancel`].
    #[inline]
    pub fn check(&self) -> Result<(), Cancelled> {
        if self.is_cancelled() { Err(Cancelled) } else { Ok(()) }
    }

    /// Polls if `counter` is a multiple of `POLL_INTERVAL`, so that a tight loop can call it for every item.
    ///
    /// # Errors
    /// Returns [`Cancelled`] after a call of [`CancelToken::cancel`].
    #[inline]
    pub fn check_every(&self, counter: usize) -> Result<(), Cancelled> {
        if counter.is_multiple_of(POLL_INTERVAL) { self.check() } else { Ok(()) }
    }

    /// Starts the account of a job that may use `available` bytes.
    pub(crate) fn open_account(&self, available: u64) {
        self.0.available.store(available, Ordering::Relaxed);
        self.0.needed.store(0, Ordering::Relaxed);
        self.0.expected.store(0, Ordering::Relaxed);
        self.set_overflow(None);
        *self.0.overflowed.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Sets or removes the place for what does not fit into memory.
    pub(crate) fn set_overflow(&self, overflow: Option<Overflow>) {
        *self.0.overflow.lock().unwrap_or_else(PoisonError::into_inner) = overflow;
    }

    /// Begins to use the overflow if work that needs `bytes` then has enough room. Returns whether it does.
    pub(crate) fn overflow(&self, bytes: u64) -> bool {
        let available = self.available();
        let overflow = {
            let mut overflow = self.0.overflow.lock().unwrap_or_else(PoisonError::into_inner);
            overflow.take_if(|overflow| bytes <= available.saturating_add(overflow.bytes))
        };
        let Some(Overflow { bytes: more, begin }) = overflow else { return false };
        if !begin() {
            return false;
        }
        let shortage = Shortage { needed: bytes, available };
        *self.0.overflowed.lock().unwrap_or_else(PoisonError::into_inner) = Some(shortage);
        self.0.available.store(available.saturating_add(more), Ordering::Relaxed);
        true
    }

    /// Returns the memory that was missing if the work continued outside of memory.
    pub(crate) fn overflowed(&self) -> Option<Shortage> {
        *self.0.overflowed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records that the work needs `bytes` at its peak so far, and an extrapolated total of `expected`.
    ///
    /// # Errors
    /// Returns [`Cancelled`] if `bytes` is more than is available.
    pub(crate) fn need(&self, bytes: u64, expected: u64) -> Result<(), Cancelled> {
        self.0.expected.store(expected.max(bytes), Ordering::Relaxed);
        self.0.needed.store(bytes, Ordering::Relaxed);
        if bytes > self.available() && !self.overflow(expected.max(bytes)) {
            self.run_short();
        }
        self.check()
    }

    /// Records that the work needs `bytes` in addition to those recorded before.
    ///
    /// # Errors
    /// Returns [`Cancelled`] if they are not available.
    pub(crate) fn need_more(&self, bytes: u64) -> Result<(), Cancelled> {
        let needed = self.0.needed.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        self.0.expected.fetch_max(needed, Ordering::Relaxed);
        if needed > self.available() && !self.overflow(needed) {
            self.run_short();
        }
        self.check()
    }

    /// Returns the bytes that the work may use.
    pub(crate) fn available(&self) -> u64 {
        self.0.available.load(Ordering::Relaxed)
    }

    /// Returns the bytes that the work needs at its peak, as far as known.
    #[must_use]
    pub fn needed(&self) -> u64 {
        self.0.needed.load(Ordering::Relaxed)
    }

    /// Stops the work because memory ran out.
    pub(crate) fn run_short(&self) {
        self.0.is_short.store(true, Ordering::Relaxed);
        self.cancel();
    }

    /// Returns the missing memory if the work was stopped because memory ran out.
    #[must_use]
    pub fn shortage(&self) -> Option<Shortage> {
        let available = self.available();
        self.0.is_short.load(Ordering::Relaxed).then(|| Shortage {
            // If a watcher stopped the work, it used more than it had recorded.
            needed: self.0.expected.load(Ordering::Relaxed).max(available.saturating_add(1)),
            available,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_does_not_fit_into_memory_overflows_once_if_there_is_room() {
        let token = CancelToken::new();
        token.open_account(5);
        let overflow = |bytes, begins| Overflow { bytes, begin: Box::new(move || begins) };
        token.set_overflow(Some(overflow(10, true)));
        assert!(token.need(4, 4).is_ok());
        assert_eq!(token.overflowed(), None);
        assert!(token.need(6, 12).is_ok());
        assert_eq!(token.overflowed(), Some(Shortage { needed: 12, available: 5 }));
        assert!(token.need(15, 15).is_ok());
        assert!(token.need(16, 16).is_err(), "nothing is left");

        for refused in [overflow(10, false), overflow(3, true)] {
            let token = CancelToken::new();
            token.open_account(5);
            token.set_overflow(Some(refused));
            assert!(token.need(12, 12).is_err());
            assert_eq!(token.overflowed(), None);
        }
    }

    #[test]
    fn work_that_needs_too_much_memory_is_stopped_and_reports_the_shortage() {
        let token = CancelToken::new();
        assert!(token.need(1 << 60, 1 << 60).is_ok(), "no account, no limit");
        token.open_account(5_000_000_000);
        assert!(token.need(4_000_000_000, 9_000_000_000).is_ok(), "expected bytes are not needed yet");
        assert_eq!(token.shortage(), None);
        assert!(token.need_more(1_000_000_001).is_err());
        assert!(token.is_cancelled());
        let shortage = token.shortage().expect("too little");
        assert_eq!(shortage.to_string(), "not enough memory: needs about 9.0 GB, 5.0 GB is available");
        let cancelled = CancelToken::new();
        cancelled.cancel();
        assert_eq!(cancelled.shortage(), None);
    }
}
