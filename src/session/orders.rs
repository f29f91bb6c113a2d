//! Lists that were asked for: a cache measured in bytes, least recently used out first.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use super::SnapshotId;
use super::lanes::{JobError, Lane, Lanes, Pending};
use crate::query::{Filter, Lens, ListSpec, RowOrder, Sort, order};
use crate::snapshot::Snapshot;

/// Names a list completely.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct OrderKey {
    pub snapshot: SnapshotId,
    pub list: ListSpec,
    pub sort: Sort,
    pub filter: Filter,
}

/// What is known of a list.
#[derive(Clone, Debug)]
pub enum OrderState {
    Ready(Arc<RowOrder>),
    /// It is on its way; until then the same list as it was last shown, if it was.
    Pending {
        since: Instant,
        previous: Option<Arc<RowOrder>>,
    },
    Failed(String),
}

/// A list that nobody asked for during so many frames is no longer waited for.
const PATIENCE_FRAMES: u64 = 3;

#[derive(Debug)]
enum Answer {
    Ready(Arc<RowOrder>),
    Waiting(Pending<RowOrder>),
    Failed(String),
}

#[derive(Debug)]
struct Entry {
    answer: Answer,
    used_at: u64,
}

#[derive(Debug)]
pub(super) struct Orders {
    entries: HashMap<OrderKey, Entry>,
    /// The last order of each list that was ready, whatever its sort and filter.
    last: HashMap<(SnapshotId, ListSpec), Arc<RowOrder>>,
    limit_bytes: usize,
    bytes: usize,
    frame: u64,
}

impl Orders {
    pub(super) fn new(limit_bytes: usize) -> Self {
        Self { entries: HashMap::new(), last: HashMap::new(), limit_bytes, bytes: 0, frame: 0 }
    }

    pub(super) fn get(&mut self, key: &OrderKey, snapshot: &Arc<Snapshot>, lanes: &Lanes) -> OrderState {
        let frame = self.frame;
        let entry = self
            .entries
            .entry(key.clone())
            .or_insert_with(|| Entry { answer: Answer::Waiting(ask(key, snapshot, lanes)), used_at: frame });
        entry.used_at = frame;
        if let Answer::Waiting(pending) = &mut entry.answer
            && let Some(answer) = pending.take()
        {
            entry.answer = match answer {
                Ok(rows) => {
                    let rows = Arc::new(rows);
                    self.bytes += rows.heap_bytes();
                    self.last.insert((key.snapshot, key.list), Arc::clone(&rows));
                    Answer::Ready(rows)
                }
                Err(JobError::Cancelled) => Answer::Waiting(ask(key, snapshot, lanes)),
                Err(JobError::Panicked(message)) => Answer::Failed(message),
            };
        }
        match &entry.answer {
            Answer::Ready(rows) => OrderState::Ready(Arc::clone(rows)),
            Answer::Failed(message) => OrderState::Failed(message.clone()),
            Answer::Waiting(pending) => OrderState::Pending {
                since: pending.since,
                previous: self.last.get(&(key.snapshot, key.list)).cloned(),
            },
        }
    }

    /// Cancels what nobody waits for any more and makes room.
    pub(super) fn end_frame(&mut self) {
        self.frame += 1;
        let oldest = self.frame.saturating_sub(PATIENCE_FRAMES);
        self.entries.retain(|_, entry| entry.used_at >= oldest || !matches!(entry.answer, Answer::Waiting(_)));
        while self.bytes > self.limit_bytes {
            let ready = self.entries.iter().filter(|(_, entry)| matches!(entry.answer, Answer::Ready(_)));
            // Ties in age only decide which of two lists is made again; the order of the map does not show.
            let Some((key, used_at)) =
                ready.min_by_key(|(_, entry)| entry.used_at).map(|(key, entry)| (key.clone(), entry.used_at))
            else {
                break;
            };
            if used_at + 1 >= self.frame {
                break;
            }
            self.remove(&key);
        }
    }

    fn remove(&mut self, key: &OrderKey) {
        if let Some(Entry { answer: Answer::Ready(rows), .. }) = self.entries.remove(key) {
            self.bytes -= rows.heap_bytes();
            if self.last.get(&(key.snapshot, key.list)).is_some_and(|last| Arc::ptr_eq(last, &rows)) {
                self.last.remove(&(key.snapshot, key.list));
            }
        }
    }

    /// Drops everything about a snapshot.
    pub(super) fn forget(&mut self, snapshot: SnapshotId) {
        self.entries.retain(|key, _| key.snapshot != snapshot);
        self.last.retain(|(of, _), _| *of != snapshot);
        self.bytes = self
            .entries
            .values()
            .map(|entry| if let Answer::Ready(rows) = &entry.answer { rows.heap_bytes() } else { 0 })
            .sum();
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.bytes
    }
}

fn ask(key: &OrderKey, snapshot: &Arc<Snapshot>, lanes: &Lanes) -> Pending<RowOrder> {
    let (key, snapshot) = (key.clone(), Arc::clone(snapshot));
    lanes.spawn(Lane::Interactive, move |cancel| {
        order(&snapshot, key.list, key.sort, &key.filter, Lens::default(), cancel)
    })
}
