//! Calls that were asked for: of profiles, of two of them compared, and of allocation stacks.

use std::sync::Arc;

use super::lanes::{Graveyard, Lane};
use super::memo::{Fact, HeapBytes, Memo};
use super::{Session, SnapshotId};
use crate::model::BitSet;
use crate::query::{
    Allocations, CallList, CallRows, CallSort, Calls, FlameLayout, NodeFilter, Timeline, allocations, call_rows,
    compare_profiles, flame_layout, profile_calls, timeline,
};

/// Bytes of each sort of answer that are kept.
const LIMIT_BYTES: usize = 128 << 20;

/// Names calls completely.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum CallsKey {
    Profile(SnapshotId),
    Compared {
        base: SnapshotId,
        current: SnapshotId,
    },
    /// Stacks of a snapshot; of what is alive only what passes the filter counts.
    Allocations(SnapshotId, NodeFilter),
}

impl CallsKey {
    fn concerns(&self, of: SnapshotId) -> bool {
        match self {
            Self::Profile(id) | Self::Allocations(id, _) => *id == of,
            Self::Compared { base, current } => *base == of || *current == of,
        }
    }
}

/// Names a list of calls completely.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct CallRowsKey {
    pub calls: CallsKey,
    pub list: CallList,
    pub sort: CallSort,
    /// Of the allocating functions only those that have this in their name or script; empty for all.
    pub text: String,
}

/// Calls, and what more is known of them where they are of a snapshot.
#[derive(Debug)]
pub enum CallsOf {
    Profile(Calls),
    Snapshot(Allocations),
}

impl CallsOf {
    #[must_use]
    pub fn calls(&self) -> &Calls {
        match self {
            Self::Profile(calls) => calls,
            Self::Snapshot(allocations) => allocations.calls(),
        }
    }

    #[must_use]
    pub fn allocations(&self) -> Option<&Allocations> {
        if let Self::Snapshot(allocations) = self { Some(allocations) } else { None }
    }
}

impl HeapBytes for CallsOf {
    fn heap_bytes(&self) -> usize {
        match self {
            Self::Profile(calls) => calls.heap_bytes(),
            Self::Snapshot(allocations) => allocations.heap_bytes(),
        }
    }
}

impl HeapBytes for CallRows {
    fn heap_bytes(&self) -> usize {
        Self::heap_bytes(self)
    }
}

impl HeapBytes for FlameLayout {
    fn heap_bytes(&self) -> usize {
        Self::heap_bytes(self)
    }
}

impl HeapBytes for BitSet {
    fn heap_bytes(&self) -> usize {
        Self::heap_bytes(self)
    }
}

impl HeapBytes for Timeline {
    fn heap_bytes(&self) -> usize {
        Self::heap_bytes(self)
    }
}

#[derive(Debug)]
pub(super) struct CallFacts {
    calls: Memo<CallsKey, CallsOf>,
    rows: Memo<CallRowsKey, CallRows>,
    flames: Memo<(CallsKey, Vec<usize>), FlameLayout>,
    timelines: Memo<SnapshotId, Timeline>,
    found: Memo<(CallsKey, String), BitSet>,
}

impl CallFacts {
    pub(super) fn new(graveyard: &Graveyard) -> Self {
        Self {
            calls: Memo::new(LIMIT_BYTES, graveyard),
            rows: Memo::new(LIMIT_BYTES, graveyard),
            flames: Memo::new(LIMIT_BYTES, graveyard),
            timelines: Memo::new(LIMIT_BYTES, graveyard),
            found: Memo::new(LIMIT_BYTES, graveyard),
        }
    }

    pub(super) fn end_frame(&mut self) {
        self.calls.end_frame(|_, _| {});
        self.rows.end_frame(|_, _| {});
        self.flames.end_frame(|_, _| {});
        self.timelines.end_frame(|_, _| {});
        self.found.end_frame(|_, _| {});
    }

    /// Drops everything about a snapshot or a profile.
    pub(super) fn forget(&mut self, id: SnapshotId) {
        self.calls.forget(|key| key.concerns(id));
        self.rows.forget(|key| key.calls.concerns(id));
        self.flames.forget(|(key, _)| key.concerns(id));
        self.timelines.forget(|of| *of == id);
        self.found.forget(|(key, _)| key.concerns(id));
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.calls.heap_bytes()
            + self.rows.heap_bytes()
            + self.flames.heap_bytes()
            + self.timelines.heap_bytes()
            + self.found.heap_bytes()
    }
}

fn closed<T>() -> Fact<T> {
    Fact::Failed("closed".to_owned())
}

/// What an answer that is not there yet means for those that need it.
fn not_yet<A, B>(needed: Fact<A>) -> Result<Arc<A>, Fact<B>> {
    match needed {
        Fact::Ready(value) => Ok(value),
        Fact::Pending { since } => Err(Fact::Pending { since }),
        Fact::Failed(message) => Err(Fact::Failed(message)),
    }
}

impl Session {
    /// The calls, or what is known of them so far.
    pub fn calls(&mut self, key: &CallsKey) -> Fact<CallsOf> {
        match key {
            CallsKey::Profile(id) => {
                let Some(profile) = self.profile(*id) else { return closed() };
                let lanes = &self.lanes;
                self.call_facts.calls.get(key, || {
                    let profile = Arc::clone(&profile);
                    lanes.spawn(Lane::Question, move |cancel| Ok(CallsOf::Profile(profile_calls(&profile, cancel)?)))
                })
            }
            CallsKey::Compared { base, current } => {
                let (Some(base), Some(current)) = (self.profile(*base), self.profile(*current)) else {
                    return closed();
                };
                let lanes = &self.lanes;
                self.call_facts.calls.get(key, || {
                    let (base, current) = (Arc::clone(&base), Arc::clone(&current));
                    lanes.spawn(Lane::Question, move |cancel| {
                        Ok(CallsOf::Profile(compare_profiles(&base, &current, cancel)?))
                    })
                })
            }
            CallsKey::Allocations(id, filter) => {
                let Some(snapshot) = self.snapshot(*id) else { return closed() };
                let selection = match filter {
                    NodeFilter::All => None,
                    filter => match not_yet(self.selection(*id, filter)) {
                        Ok(selection) => Some(selection),
                        Err(waiting) => return waiting,
                    },
                };
                let lanes = &self.lanes;
                self.call_facts.calls.get(key, || {
                    let (snapshot, selection) = (Arc::clone(&snapshot), selection.clone());
                    lanes.spawn(Lane::Question, move |cancel| {
                        Ok(CallsOf::Snapshot(allocations(&snapshot, selection.as_deref(), cancel)?))
                    })
                })
            }
        }
    }

    /// The functions of calls that have a text in their name or script.
    pub fn functions_with(&mut self, key: &CallsKey, text: &str) -> Fact<BitSet> {
        let calls = match not_yet(self.calls(key)) {
            Ok(calls) => calls,
            Err(waiting) => return waiting,
        };
        let lanes = &self.lanes;
        self.call_facts.found.get(&(key.clone(), text.to_owned()), || {
            let (calls, text) = (Arc::clone(&calls), text.to_owned());
            lanes.spawn(Lane::Interactive, move |_| Ok(calls.calls().matching(&text)))
        })
    }

    /// The rows of a list of calls.
    pub fn call_rows(&mut self, key: &CallRowsKey) -> Fact<CallRows> {
        let calls = match not_yet(self.calls(&key.calls)) {
            Ok(calls) => calls,
            Err(waiting) => return waiting,
        };
        let lanes = &self.lanes;
        self.call_facts.rows.get(key, || {
            let (calls, key) = (Arc::clone(&calls), key.clone());
            lanes.spawn(Lane::Interactive, move |cancel| {
                let only = (!key.text.is_empty()).then(|| calls.calls().matching(&key.text));
                call_rows(calls.calls(), &key.list, key.sort, only.as_ref(), cancel)
            })
        })
    }

    /// The flame graph of calls by the sum of some measures.
    pub fn flame(&mut self, key: &CallsKey, measures: &[usize]) -> Fact<FlameLayout> {
        let calls = match not_yet(self.calls(key)) {
            Ok(calls) => calls,
            Err(waiting) => return waiting,
        };
        let lanes = &self.lanes;
        self.call_facts.flames.get(&(key.clone(), measures.to_vec()), || {
            let (calls, measures) = (Arc::clone(&calls), measures.to_vec());
            lanes.spawn(Lane::Interactive, move |cancel| flame_layout(calls.calls(), &measures, cancel))
        })
    }

    /// The allocation timeline of a snapshot.
    pub fn timeline(&mut self, id: SnapshotId) -> Fact<Timeline> {
        let Some(snapshot) = self.snapshot(id) else { return closed() };
        if snapshot.graph().samples().is_empty() {
            return Fact::Ready(Arc::default());
        }
        let lanes = &self.lanes;
        self.call_facts.timelines.get(&id, || {
            let snapshot = Arc::clone(&snapshot);
            lanes.spawn(Lane::Question, move |cancel| timeline(&snapshot, cancel))
        })
    }
}
