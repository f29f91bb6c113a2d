//! The memory account of a job: its limit is determined at the start, and its use is monitored.
//!
//! The work announces how much it will need ([`CancelToken::need`]) and stops before it exceeds the limit. If an
//! estimate is too low, or another program takes the memory, the watcher stops it.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use super::machine::available_bytes;
use super::spill::Spill;
use crate::files::{cache_folder, create_private, nearest_existing, space};
use crate::model::{CancelToken, MemoryLimit, Overflow};

/// The polling interval of the watcher.
const INTERVAL: Duration = Duration::from_millis(20);
/// The share of memory left for the rest of the process and the system (one in this many bytes), within bounds.
const RESERVE_ONE_IN: u64 = 16;
const LEAST_RESERVE: u64 = 16 << 20;
const MOST_RESERVE: u64 = 512 << 20;

/// An open account. The watcher ends with it.
#[derive(Debug)]
pub(crate) struct Account {
    watcher: Option<(Sender<()>, JoinHandle<()>)>,
    /// Filled if the work used the disk.
    spill: Arc<Mutex<Option<Spill>>>,
}

impl Account {
    /// Determines how much memory the work of `cancel` may use, and monitors it until this is dropped.
    #[must_use]
    pub(crate) fn open(cancel: &CancelToken) -> Self {
        let available = match cancel.memory_limit() {
            MemoryLimit::Unlimited => None,
            MemoryLimit::Bytes(bytes) => Some(bytes),
            MemoryLimit::Available => available_bytes().map(|free| free.saturating_sub(reserve(free))),
        };
        cancel.open_account(available.unwrap_or(u64::MAX));
        let is_watched = available.is_some() && cancel.memory_limit() == MemoryLimit::Available;
        Self { watcher: if is_watched { watch(cancel.clone()) } else { None }, spill: Arc::default() }
    }

    /// Like [`Self::open`], but work that does not fit into memory continues with its columns on disk if there is room.
    /// An explicit limit applies to both.
    #[must_use]
    pub(crate) fn open_or_spill(cancel: &CancelToken) -> Self {
        let account = Self::open(cancel);
        let folder = cache_folder().filter(|_| cancel.memory_limit() == MemoryLimit::Available);
        let space = folder.as_deref().and_then(nearest_existing).and_then(space);
        if let (Some(folder), Some(space)) = (folder, space) {
            let spill = Arc::clone(&account.spill);
            let begin = move || {
                let Some(begun) = create_private(&folder).ok().and_then(|()| Spill::begin(&folder)) else {
                    return false;
                };
                *spill.lock().unwrap_or_else(PoisonError::into_inner) = Some(begun);
                true
            };
            cancel.set_overflow(Some(Overflow { bytes: space.free_bytes / 2, begin: Box::new(begin) }));
        }
        account
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        if let Some((stop, watcher)) = self.watcher.take() {
            drop(stop);
            let _ = watcher.join();
        }
    }
}

fn reserve(free: u64) -> u64 {
    (free / RESERVE_ONE_IN).clamp(LEAST_RESERVE, MOST_RESERVE)
}

/// Stops the work when half of the reserve is used. If no thread can be started, only the estimates limit the work.
fn watch(cancel: CancelToken) -> Option<(Sender<()>, JoinHandle<()>)> {
    let (stop, stopped) = channel();
    let least = available_bytes().map_or(0, reserve) / 2;
    let watcher = Builder::new().name("memory".to_owned()).stack_size(128 << 10).spawn(move || {
        while stopped.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
            if available_bytes().is_some_and(|free| free < least) {
                cancel.run_short();
                return;
            }
        }
    });
    watcher.ok().map(|watcher| (stop, watcher))
}
