//! Answers that were asked for and are kept: a cache measured in bytes, least recently used out first.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Instant;

use super::lanes::{Graveyard, JobError, Pending};

/// What is known of an answer.
#[derive(Debug)]
pub enum Fact<V> {
    Ready(Arc<V>),
    /// It is on its way.
    Pending {
        since: Instant,
    },
    Failed(String),
}

impl<V> Clone for Fact<V> {
    fn clone(&self) -> Self {
        match self {
            Self::Ready(value) => Self::Ready(Arc::clone(value)),
            Self::Pending { since } => Self::Pending { since: *since },
            Self::Failed(message) => Self::Failed(message.clone()),
        }
    }
}

impl<V> Fact<V> {
    /// The answer, if it is there.
    #[must_use]
    pub fn ready(self) -> Option<Arc<V>> {
        if let Self::Ready(value) = self { Some(value) } else { None }
    }
}

/// Memory that an answer takes, in bytes.
pub(super) trait HeapBytes {
    fn heap_bytes(&self) -> usize;
}

/// A question that nobody asked for during so many frames is no longer waited for.
const PATIENCE_FRAMES: u64 = 3;

#[derive(Debug)]
enum Answer<V> {
    Ready(Arc<V>),
    Waiting(Pending<V>),
    Failed(String),
}

#[derive(Debug)]
struct Entry<V> {
    answer: Answer<V>,
    used_at: u64,
}

/// Answers by question.
#[derive(Debug)]
pub(super) struct Memo<K, V> {
    entries: HashMap<K, Entry<V>>,
    limit_bytes: usize,
    bytes: usize,
    frame: u64,
    /// Where answers are dropped: some are of millions of pieces.
    graveyard: Graveyard,
}

impl<K: Clone + Eq + Hash, V: HeapBytes + Send + Sync + 'static> Memo<K, V> {
    pub(super) fn new(limit_bytes: usize, graveyard: &Graveyard) -> Self {
        Self { entries: HashMap::new(), limit_bytes, bytes: 0, frame: 0, graveyard: graveyard.clone() }
    }

    /// The answer, or what is known of it; `ask` starts the work if nobody has.
    pub(super) fn get(&mut self, key: &K, ask: impl Fn() -> Pending<V>) -> Fact<V> {
        let frame = self.frame;
        let entry =
            self.entries.entry(key.clone()).or_insert_with(|| Entry { answer: Answer::Waiting(ask()), used_at: frame });
        entry.used_at = frame;
        if let Answer::Waiting(pending) = &mut entry.answer
            && let Some(answer) = pending.take()
        {
            entry.answer = match answer {
                Ok(value) => {
                    self.bytes += value.heap_bytes();
                    Answer::Ready(Arc::new(value))
                }
                Err(JobError::Cancelled) => Answer::Waiting(ask()),
                Err(JobError::Panicked(message)) => Answer::Failed(message),
            };
        }
        match &entry.answer {
            Answer::Ready(value) => Fact::Ready(Arc::clone(value)),
            Answer::Failed(message) => Fact::Failed(message.clone()),
            Answer::Waiting(pending) => Fact::Pending { since: pending.since },
        }
    }

    /// Cancels what nobody waits for any more and makes room. Answers that had to go are handed to `dropped`.
    pub(super) fn end_frame(&mut self, mut dropped: impl FnMut(&K, &Arc<V>)) {
        self.frame += 1;
        let oldest = self.frame.saturating_sub(PATIENCE_FRAMES);
        self.entries.retain(|_, entry| entry.used_at >= oldest || !matches!(entry.answer, Answer::Waiting(_)));
        while self.bytes > self.limit_bytes {
            let ready = self.entries.iter().filter(|(_, entry)| matches!(entry.answer, Answer::Ready(_)));
            // Ties in age only decide which of two answers is made again; the order of the map does not show.
            let Some((key, used_at)) =
                ready.min_by_key(|(_, entry)| entry.used_at).map(|(key, entry)| (key.clone(), entry.used_at))
            else {
                break;
            };
            if used_at + 1 >= self.frame {
                break;
            }
            if let Some(Entry { answer: Answer::Ready(value), .. }) = self.entries.remove(&key) {
                self.bytes -= value.heap_bytes();
                dropped(&key, &value);
                self.graveyard.free(value);
            }
        }
    }

    /// Drops the answers to some questions.
    pub(super) fn forget(&mut self, concerns: impl Fn(&K) -> bool) {
        for (_, entry) in self.entries.extract_if(|key, _| concerns(key)) {
            if let Answer::Ready(value) = entry.answer {
                self.graveyard.free(value);
            }
        }
        self.bytes = self
            .entries
            .values()
            .map(|entry| if let Answer::Ready(value) = &entry.answer { value.heap_bytes() } else { 0 })
            .sum();
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.bytes
    }
}
