//! Cancelling long work without unwinding: a shared flag that loops poll. It is set by the caller or when memory runs
//! out.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

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
    }

    /// Records that the work needs `bytes` at its peak so far, and an extrapolated total of `expected`.
    ///
    /// # Errors
    /// Returns [`Cancelled`] if `bytes` is more than is available.
    pub(crate) fn need(&self, bytes: u64, expected: u64) -> Result<(), Cancelled> {
        self.0.expected.store(expected.max(bytes), Ordering::Relaxed);
        self.0.needed.store(bytes, Ordering::Relaxed);
        if bytes > self.available() {
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
        if needed > self.available() {
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
