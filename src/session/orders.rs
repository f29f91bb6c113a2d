//! Lists that were asked for, with what each looked like before the last change of its sort or filter.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Instant;

use super::SnapshotId;
use super::lanes::{Graveyard, Pending};
use super::memo::{Fact, HeapBytes, Memo};
use crate::query::{ComparisonSort, DeadSort, Filter, GroupSort, ListSpec, NodeFilter, RowOrder, Sort};

/// Names a list of one snapshot completely.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct OrderKey {
    pub snapshot: SnapshotId,
    pub list: ListSpec,
    pub sort: Sort,
    pub filter: Filter,
}

/// A list of a comparison.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PairList {
    /// Row ids are indices into `Comparison::classes`.
    Classes(ComparisonSort),
    /// Deleted and new objects of a class; row ids are indices of objects, see `Comparison::object`.
    Objects { class: u32, sort: Sort },
}

/// Names a list of a comparison completely.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct PairKey {
    pub base: SnapshotId,
    pub current: SnapshotId,
    /// Whether classes of scripts that were loaded again are one.
    pub joined: bool,
    pub list: PairList,
    /// Classes: part of the name.
    pub class_name: String,
}

/// Names a list of groups of equal strings.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct GroupsKey {
    pub snapshot: SnapshotId,
    pub sort: GroupSort,
    /// Part of the text.
    pub text: String,
    /// Only groups with a copy that passes.
    pub within: NodeFilter,
}

/// Names the list of the copies of one duplicated string; row ids are node ordinals.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct CopiesKey {
    pub snapshot: SnapshotId,
    /// Index of the string's group.
    pub group: u32,
}

/// Names the list of dead variables; row ids are indices of groups.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct DeadKey {
    pub snapshot: SnapshotId,
    pub sort: DeadSort,
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

/// A key that says which list it is, whatever its sort and filter.
pub(super) trait ListKey: Clone + Eq + Hash {
    type List: Eq + Hash;

    fn list(&self) -> Self::List;
    fn concerns(&self, snapshot: SnapshotId) -> bool;
}

impl ListKey for OrderKey {
    type List = (SnapshotId, ListSpec);

    fn list(&self) -> Self::List {
        (self.snapshot, self.list)
    }

    fn concerns(&self, snapshot: SnapshotId) -> bool {
        self.snapshot == snapshot
    }
}

impl ListKey for PairKey {
    type List = (SnapshotId, SnapshotId, bool, Option<u32>);

    fn list(&self) -> Self::List {
        let class = if let PairList::Objects { class, .. } = self.list { Some(class) } else { None };
        (self.base, self.current, self.joined, class)
    }

    fn concerns(&self, snapshot: SnapshotId) -> bool {
        self.base == snapshot || self.current == snapshot
    }
}

impl ListKey for GroupsKey {
    type List = SnapshotId;

    fn list(&self) -> Self::List {
        self.snapshot
    }

    fn concerns(&self, snapshot: SnapshotId) -> bool {
        self.snapshot == snapshot
    }
}

impl ListKey for CopiesKey {
    type List = (SnapshotId, u32);

    fn list(&self) -> Self::List {
        (self.snapshot, self.group)
    }

    fn concerns(&self, snapshot: SnapshotId) -> bool {
        self.snapshot == snapshot
    }
}

impl ListKey for DeadKey {
    type List = SnapshotId;

    fn list(&self) -> Self::List {
        self.snapshot
    }

    fn concerns(&self, snapshot: SnapshotId) -> bool {
        self.snapshot == snapshot
    }
}

impl HeapBytes for RowOrder {
    fn heap_bytes(&self) -> usize {
        Self::heap_bytes(self)
    }
}

#[derive(Debug)]
pub(super) struct Orders<K: ListKey> {
    memo: Memo<K, RowOrder>,
    /// The last order of each list that was ready.
    last: HashMap<K::List, Arc<RowOrder>>,
}

impl<K: ListKey> Orders<K> {
    pub(super) fn new(limit_bytes: usize, graveyard: &Graveyard) -> Self {
        Self { memo: Memo::new(limit_bytes, graveyard), last: HashMap::new() }
    }

    pub(super) fn get(&mut self, key: &K, ask: impl Fn() -> Pending<RowOrder>) -> OrderState {
        match self.memo.get(key, ask) {
            Fact::Ready(rows) => {
                self.last.insert(key.list(), Arc::clone(&rows));
                OrderState::Ready(rows)
            }
            Fact::Failed(message) => OrderState::Failed(message),
            Fact::Pending { since } => self.pending(key, since),
        }
    }

    /// What to say of a list that waits for something else first.
    pub(super) fn pending(&self, key: &K, since: Instant) -> OrderState {
        OrderState::Pending { since, previous: self.last.get(&key.list()).cloned() }
    }

    pub(super) fn end_frame(&mut self) {
        let last = &mut self.last;
        self.memo.end_frame(|key, rows| {
            if last.get(&key.list()).is_some_and(|last| Arc::ptr_eq(last, rows)) {
                last.remove(&key.list());
            }
        });
    }

    /// Drops everything about a snapshot.
    pub(super) fn forget(&mut self, snapshot: SnapshotId, concerns_list: impl Fn(&K::List) -> bool) {
        self.memo.forget(|key| key.concerns(snapshot));
        self.last.retain(|list, _| !concerns_list(list));
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.memo.heap_bytes()
    }
}
