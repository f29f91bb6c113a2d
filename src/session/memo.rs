//! Answers by question, of any type: one cache, measured in bytes, that removes the least recently used answers first.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use super::lanes::{DropThread, JobError, Lanes, Pending};
use crate::model::{CancelToken, SnapshotId};
use crate::query::{AnyAnswer, AnyQuestion, Needs, OpenFile, Question};

/// The state of an answer.
#[derive(Debug)]
pub enum Reply<T> {
    Ready(Arc<T>),
    /// The answer is being computed. For a list, `previous` is the last answer with another order or filter.
    Pending {
        since: Instant,
        previous: Option<Arc<T>>,
    },
    Failed(String),
}

impl<T> Reply<T> {
    /// Returns the answer if it is ready.
    #[must_use]
    pub fn ready(self) -> Option<Arc<T>> {
        if let Self::Ready(value) = self { Some(value) } else { None }
    }
}

/// The number of frames after which a question that is not asked anymore is cancelled.
const PATIENCE_FRAMES: u64 = 3;
/// The maximum size of cached answers, in bytes.
const LIMIT_BYTES: usize = 768 << 20;

#[derive(Debug)]
enum State {
    Ready(AnyAnswer),
    Waiting(Pending<AnyAnswer>),
    Failed(String),
}

#[derive(Debug)]
struct Entry {
    state: State,
    used_at: u64,
}

/// The state of an answer of any type.
enum AnyReply {
    Ready(AnyAnswer),
    Pending(Instant),
    Failed(String),
}

/// The answers by question.
#[derive(Debug)]
pub(super) struct Memo {
    entries: HashMap<Box<dyn AnyQuestion>, Entry>,
    /// The last answer of each list, by the list in its first order.
    last: HashMap<Box<dyn AnyQuestion>, AnyAnswer>,
    limit_bytes: usize,
    bytes: usize,
    frame: u64,
    /// The thread that drops answers: some have millions of parts.
    graveyard: DropThread,
}

impl Memo {
    pub(super) fn new(graveyard: &DropThread) -> Self {
        Self {
            entries: HashMap::new(),
            last: HashMap::new(),
            limit_bytes: LIMIT_BYTES,
            bytes: 0,
            frame: 0,
            graveyard: graveyard.clone(),
        }
    }

    /// Returns the answer or its state. Starts the work once everything that it needs is ready. `file` returns an open
    /// file.
    pub(super) fn ask<Q: Question>(
        &mut self,
        question: &Q,
        lanes: &Lanes,
        file: &dyn Fn(SnapshotId) -> Option<OpenFile>,
    ) -> Reply<Q::Answer> {
        let reply = self.reply(question, lanes, file);
        // Invariant: the answer of a question has the question's type.
        let typed = |answer: AnyAnswer| answer.value.downcast().ok();
        match reply {
            AnyReply::Ready(answer) => {
                if let Some(list) = AnyQuestion::list(question) {
                    self.last.insert(list, answer.clone());
                }
                typed(answer).map_or_else(
                    || Reply::Failed("internal error: an answer has the wrong type (please report it)".to_owned()),
                    Reply::Ready,
                )
            }
            AnyReply::Pending(since) => {
                let list = AnyQuestion::list(question);
                let previous = list.and_then(|list| self.last.get(&list)).cloned().and_then(typed);
                Reply::Pending { since, previous }
            }
            AnyReply::Failed(message) => Reply::Failed(message),
        }
    }

    fn reply(
        &mut self,
        question: &dyn AnyQuestion,
        lanes: &Lanes,
        file: &dyn Fn(SnapshotId) -> Option<OpenFile>,
    ) -> AnyReply {
        if let Some(reply) = self.known(question) {
            return reply;
        }
        let mut needs = Needs::default();
        for id in question.snapshots() {
            let Some(open) = file(id) else { return AnyReply::Failed("the file was closed".to_owned()) };
            needs.files.push((id, open));
        }
        // Ask all of them before waiting for the first, so that they run in parallel.
        let mut waits = None;
        for needed in question.needs() {
            match self.reply(&*needed, lanes, file) {
                AnyReply::Ready(answer) => needs.answers.push((needed, answer)),
                AnyReply::Pending(since) => waits = waits.or(Some(AnyReply::Pending(since))),
                failed @ AnyReply::Failed(_) => return failed,
            }
        }
        if let Some(waits) = waits {
            return waits;
        }
        let asked = question.boxed();
        let pending = lanes.spawn(question.lane(), move |cancel: &CancelToken| asked.run(&needs, cancel));
        let since = pending.since;
        self.entries.insert(question.boxed(), Entry { state: State::Waiting(pending), used_at: self.frame });
        AnyReply::Pending(since)
    }

    /// Returns the state of an answer that was requested before; `None` if it must be computed.
    fn known(&mut self, question: &dyn AnyQuestion) -> Option<AnyReply> {
        let entry = self.entries.get_mut(question)?;
        entry.used_at = self.frame;
        if let State::Waiting(pending) = &mut entry.state
            && let Some(answer) = pending.take()
        {
            entry.state = match answer {
                Ok(answer) => {
                    self.bytes += answer.bytes;
                    State::Ready(answer)
                }
                Err(JobError::Panicked(message)) => State::Failed(message),
                Err(JobError::Cancelled) => {
                    self.entries.remove(question);
                    return None;
                }
            };
        }
        Some(match &entry.state {
            State::Ready(answer) => AnyReply::Ready(answer.clone()),
            State::Failed(message) => AnyReply::Failed(message.clone()),
            State::Waiting(pending) => AnyReply::Pending(pending.since),
        })
    }

    /// Cancels questions that are not asked anymore, and makes room.
    pub(super) fn end_frame(&mut self) {
        self.frame += 1;
        let oldest = self.frame.saturating_sub(PATIENCE_FRAMES);
        self.entries.retain(|_, entry| entry.used_at >= oldest || !matches!(entry.state, State::Waiting(_)));
        while self.bytes > self.limit_bytes {
            let ready = self.entries.iter().filter(|(_, entry)| matches!(entry.state, State::Ready(_)));
            // Ties in age only decide which answer is computed again; the order of the map has no visible effect.
            let Some((question, used_at)) =
                ready.min_by_key(|(_, entry)| entry.used_at).map(|(question, entry)| (question.clone(), entry.used_at))
            else {
                break;
            };
            if used_at + 1 >= self.frame {
                break;
            }
            if let Some(entry) = self.entries.remove(&question) {
                self.free(&*question, entry);
            }
        }
    }

    fn free(&mut self, question: &dyn AnyQuestion, entry: Entry) {
        let State::Ready(answer) = entry.state else { return };
        self.bytes -= answer.bytes;
        if let Some(list) = question.list()
            && self.last.get(&list).is_some_and(|last| Arc::ptr_eq(&last.value, &answer.value))
        {
            self.last.remove(&list);
        }
        self.graveyard.free(answer);
    }

    /// Drops all answers about a snapshot or a profile.
    pub(super) fn forget(&mut self, id: SnapshotId) {
        let dropped: Vec<_> = self.entries.extract_if(|question, _| question.snapshots().contains(&id)).collect();
        for (question, entry) in dropped {
            self.free(&*question, entry);
        }
        self.last.retain(|list, _| !list.snapshots().contains(&id));
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.bytes
    }
}
