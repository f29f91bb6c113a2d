//! Stopping long work without unwinding: a shared flag that loops poll, set by whoever waits or for want of memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::memory::{MemoryLimit, Shortage};

/// How many items a loop may handle between two looks at its token.
pub const POLL_INTERVAL: usize = 65_536;

/// The work was cancelled; whatever it had built is dropped. [`CancelToken::shortage`] says whether it was for want of
/// memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("cancelled")]
pub struct Cancelled;

/// A flag shared between whoever waits for a job and the job itself, with the memory that the job may take.
#[derive(Clone, Debug, Default)]
pub struct CancelToken(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    is_stopped: AtomicBool,
    /// Set by [`CancelToken::need`] or a watcher, never by who waits.
    is_short: AtomicBool,
    limit: AtomicU64,
    /// Bytes that the job may take in all; no limit until somebody has looked.
    available: AtomicU64,
    /// Bytes that the job is known to need at its peak, and what it probably needs where only part of it is known.
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

    /// A token of work that may take as much memory as `limit` says.
    #[must_use]
    pub fn with_memory_limit(limit: MemoryLimit) -> Self {
        let token = Self::new();
        token.set_memory_limit(limit);
        token
    }

    /// Says how much memory the work may take; what has begun already keeps what it was given.
    pub fn set_memory_limit(&self, limit: MemoryLimit) {
        self.0.limit.store(limit.to_number(), Ordering::Relaxed);
    }

    #[must_use]
    pub fn memory_limit(&self) -> MemoryLimit {
        MemoryLimit::from_number(self.0.limit.load(Ordering::Relaxed))
    }

    /// Asks the work to stop at its next poll.
    pub fn cancel(&self) {
        self.0.is_stopped.store(true, Ordering::Relaxed);
    }

    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.is_stopped.load(Ordering::Relaxed)
    }

    /// # Errors
    /// [`Cancelled`] once [`CancelToken::cancel`] was called.
    #[inline]
    pub fn check(&self) -> Result<(), Cancelled> {
        if self.is_cancelled() { Err(Cancelled) } else { Ok(()) }
    }

    /// Polls when `counter` is a multiple of [`POLL_INTERVAL`], so that a tight loop can call it for each item.
    ///
    /// # Errors
    /// [`Cancelled`] once [`CancelToken::cancel`] was called.
    #[inline]
    pub fn check_every(&self, counter: usize) -> Result<(), Cancelled> {
        if counter.is_multiple_of(POLL_INTERVAL) { self.check() } else { Ok(()) }
    }

    /// Starts the account of a piece of work that may take `available` bytes.
    pub(crate) fn open_account(&self, available: u64) {
        self.0.available.store(available, Ordering::Relaxed);
        self.0.needed.store(0, Ordering::Relaxed);
        self.0.expected.store(0, Ordering::Relaxed);
    }

    /// Notes that the work is known to need so many bytes at its peak, and `expected` of them if it goes on as it began.
    ///
    /// # Errors
    /// [`Cancelled`] if that is more than there is.
    pub(crate) fn need(&self, bytes: u64, expected: u64) -> Result<(), Cancelled> {
        self.0.expected.store(expected.max(bytes), Ordering::Relaxed);
        self.0.needed.store(bytes, Ordering::Relaxed);
        if bytes > self.available() {
            self.run_short();
        }
        self.check()
    }

    /// Notes that the work needs so many bytes beside those that were known before.
    ///
    /// # Errors
    /// [`Cancelled`] if they are not available.
    pub(crate) fn need_more(&self, bytes: u64) -> Result<(), Cancelled> {
        let needed = self.0.needed.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        self.0.expected.fetch_max(needed, Ordering::Relaxed);
        if needed > self.available() {
            self.run_short();
        }
        self.check()
    }

    /// Bytes that the work may take.
    pub(crate) fn available(&self) -> u64 {
        self.0.available.load(Ordering::Relaxed)
    }

    /// Bytes that the work is known to need at its peak, as far as it has come.
    #[must_use]
    pub fn needed(&self) -> u64 {
        self.0.needed.load(Ordering::Relaxed)
    }

    /// Stops the work for want of memory.
    pub(crate) fn run_short(&self) {
        self.0.is_short.store(true, Ordering::Relaxed);
        self.cancel();
    }

    /// What is missing, if the work was stopped for want of memory.
    #[must_use]
    pub fn shortage(&self) -> Option<Shortage> {
        let available = self.available();
        self.0.is_short.load(Ordering::Relaxed).then(|| Shortage {
            // What was stopped by a watcher needed more than it had counted.
            needed: self.0.expected.load(Ordering::Relaxed).max(available.saturating_add(1)),
            available,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_needs_more_memory_than_available_is_stopped_and_says_how_much() {
        let token = CancelToken::new();
        assert!(token.need(1 << 60, 1 << 60).is_ok(), "no account, no limit");
        token.open_account(5_000_000_000);
        assert!(token.need(4_000_000_000, 9_000_000_000).is_ok(), "what is expected is not yet needed");
        assert_eq!(token.shortage(), None);
        assert!(token.need_more(1_000_000_001).is_err());
        assert!(token.is_cancelled());
        let shortage = token.shortage().expect("too little");
        assert_eq!(shortage.to_string(), "not enough memory: needs about 9.0 GB, 5.0 GB are available");
        let cancelled = CancelToken::new();
        cancelled.cancel();
        assert_eq!(cancelled.shortage(), None);
    }
}
