//! Cancelling long work without unwinding: a shared flag that loops poll.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How many items a loop may handle between two looks at its token.
pub const POLL_INTERVAL: usize = 65_536;

/// The work was cancelled; whatever it had built is dropped.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("cancelled")]
pub struct Cancelled;

/// A flag shared between whoever waits for a job and the job itself.
#[derive(Clone, Debug, Default)]
pub struct CancelToken(Arc<AtomicBool>);

impl CancelToken {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the work to stop at its next poll.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
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
}
