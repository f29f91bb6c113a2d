//! What the window asks of open snapshots: lists, selections, comparisons and the other answers that are worth keeping.

use std::sync::Arc;

use super::lanes::{Graveyard, Lane, Lanes};
use super::memo::{Fact, HeapBytes, Memo};
use super::orders::{CopiesKey, DeadKey, GroupsKey, OrderKey, OrderState, Orders, PairKey, PairList};
use super::series::SeriesFacts;
use super::{Session, SnapshotId};
use crate::model::NodeOrdinal;
use crate::query::{
    Comparison, DeadGroups, DuplicateStrings, KindTotals, Lens, NativeContexts, NodeFilter, RetainerDistances,
    RowOrder, Scripts, Selection, by_kind, compare, compare_joined, compared_classes, compared_objects, dead_groups,
    duplicate_groups, duplicate_strings, join_with, native_contexts, order, ordered_dead_groups, retainer_distances,
    scripts, select,
};
use crate::snapshot::Snapshot;

/// Bytes of lists that are kept, of one snapshot and of comparisons.
const ORDERS_LIMIT_BYTES: usize = 384 << 20;
const PAIR_ORDERS_LIMIT_BYTES: usize = 64 << 20;
/// Bytes of each other sort of answer that are kept.
const FACTS_LIMIT_BYTES: usize = 256 << 20;

#[derive(Debug)]
pub(super) struct Facts {
    orders: Orders<OrderKey>,
    pair_orders: Orders<PairKey>,
    group_orders: Orders<GroupsKey>,
    copies: Orders<CopiesKey>,
    dead_orders: Orders<DeadKey>,
    selections: Memo<(SnapshotId, NodeFilter), Selection>,
    distances: Memo<(SnapshotId, Vec<NodeOrdinal>), RetainerDistances>,
    comparisons: Memo<(SnapshotId, SnapshotId, bool), Comparison>,
    native_contexts: Memo<SnapshotId, NativeContexts>,
    duplicates: Memo<SnapshotId, DuplicateStrings>,
    pub(super) series: SeriesFacts,
    kinds: Memo<(SnapshotId, NodeFilter), Vec<KindTotals>>,
    scripts: Memo<SnapshotId, Scripts>,
    dead_variables: Memo<SnapshotId, DeadGroups>,
}

impl HeapBytes for Selection {
    fn heap_bytes(&self) -> usize {
        Self::heap_bytes(self)
    }
}

impl HeapBytes for RetainerDistances {
    fn heap_bytes(&self) -> usize {
        Self::heap_bytes(self)
    }
}

impl HeapBytes for Comparison {
    fn heap_bytes(&self) -> usize {
        Self::heap_bytes(self)
    }
}

impl HeapBytes for NativeContexts {
    fn heap_bytes(&self) -> usize {
        Self::heap_bytes(self)
    }
}

impl HeapBytes for DuplicateStrings {
    fn heap_bytes(&self) -> usize {
        Self::heap_bytes(self)
    }
}

impl HeapBytes for Scripts {
    fn heap_bytes(&self) -> usize {
        Self::heap_bytes(self)
    }
}

impl HeapBytes for DeadGroups {
    fn heap_bytes(&self) -> usize {
        Self::heap_bytes(self)
    }
}

impl HeapBytes for Vec<KindTotals> {
    fn heap_bytes(&self) -> usize {
        self.capacity() * size_of::<KindTotals>()
    }
}

impl Facts {
    pub(super) fn new(graveyard: &Graveyard) -> Self {
        Self {
            orders: Orders::new(ORDERS_LIMIT_BYTES, graveyard),
            pair_orders: Orders::new(PAIR_ORDERS_LIMIT_BYTES, graveyard),
            group_orders: Orders::new(PAIR_ORDERS_LIMIT_BYTES, graveyard),
            copies: Orders::new(PAIR_ORDERS_LIMIT_BYTES, graveyard),
            dead_orders: Orders::new(PAIR_ORDERS_LIMIT_BYTES, graveyard),
            selections: Memo::new(FACTS_LIMIT_BYTES, graveyard),
            distances: Memo::new(FACTS_LIMIT_BYTES, graveyard),
            comparisons: Memo::new(FACTS_LIMIT_BYTES, graveyard),
            native_contexts: Memo::new(FACTS_LIMIT_BYTES, graveyard),
            duplicates: Memo::new(FACTS_LIMIT_BYTES, graveyard),
            kinds: Memo::new(FACTS_LIMIT_BYTES, graveyard),
            series: SeriesFacts::new(graveyard),
            scripts: Memo::new(FACTS_LIMIT_BYTES, graveyard),
            dead_variables: Memo::new(FACTS_LIMIT_BYTES, graveyard),
        }
    }

    pub(super) fn end_frame(&mut self) {
        self.orders.end_frame();
        self.pair_orders.end_frame();
        self.group_orders.end_frame();
        self.copies.end_frame();
        self.dead_orders.end_frame();
        self.selections.end_frame(|_, _| {});
        self.distances.end_frame(|_, _| {});
        self.comparisons.end_frame(|_, _| {});
        self.native_contexts.end_frame(|_, _| {});
        self.duplicates.end_frame(|_, _| {});
        self.kinds.end_frame(|_, _| {});
        self.series.end_frame();
        self.scripts.end_frame(|_, _| {});
        self.dead_variables.end_frame(|_, _| {});
    }

    /// Drops everything about a snapshot.
    pub(super) fn forget(&mut self, id: SnapshotId) {
        self.orders.forget(id, |(of, _)| *of == id);
        self.pair_orders.forget(id, |(base, current, _, _)| *base == id || *current == id);
        self.group_orders.forget(id, |of| *of == id);
        self.copies.forget(id, |(of, _)| *of == id);
        self.dead_orders.forget(id, |of| *of == id);
        self.selections.forget(|(of, _)| *of == id);
        self.distances.forget(|(of, _)| *of == id);
        self.comparisons.forget(|(base, current, _)| *base == id || *current == id);
        self.native_contexts.forget(|of| *of == id);
        self.duplicates.forget(|of| *of == id);
        self.kinds.forget(|(of, _)| *of == id);
        self.scripts.forget(|of| *of == id);
        self.dead_variables.forget(|of| *of == id);
        self.series.forget(id);
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.orders.heap_bytes()
            + self.pair_orders.heap_bytes()
            + self.group_orders.heap_bytes()
            + self.copies.heap_bytes()
            + self.dead_orders.heap_bytes()
            + self.selections.heap_bytes()
            + self.distances.heap_bytes()
            + self.comparisons.heap_bytes()
            + self.native_contexts.heap_bytes()
            + self.duplicates.heap_bytes()
            + self.kinds.heap_bytes()
            + self.series.heap_bytes()
            + self.scripts.heap_bytes()
            + self.dead_variables.heap_bytes()
    }

    fn selection(&mut self, lanes: &Lanes, of: (SnapshotId, &Arc<Snapshot>), filter: &NodeFilter) -> Fact<Selection> {
        let (id, snapshot) = of;
        self.selections.get(&(id, filter.clone()), || {
            let (snapshot, filter) = (Arc::clone(snapshot), filter.clone());
            lanes.spawn(Lane::Question, move |cancel| select(&snapshot, &filter, cancel))
        })
    }

    fn distances(
        &mut self,
        lanes: &Lanes,
        of: (SnapshotId, &Arc<Snapshot>),
        ignored: &[NodeOrdinal],
    ) -> Fact<RetainerDistances> {
        let (id, snapshot) = of;
        self.distances.get(&(id, ignored.to_vec()), || {
            let (snapshot, ignored) = (Arc::clone(snapshot), ignored.to_vec());
            lanes.spawn(Lane::Question, move |cancel| retainer_distances(&snapshot, &ignored, cancel))
        })
    }
}

/// An answer that others wait for: `None` if it is not needed.
type Needed<T> = Option<Fact<T>>;

/// The answer if it is there or not needed; else what to say of the list that needs it.
fn settled<T>(
    needed: Needed<T>,
    pending: impl Fn(std::time::Instant) -> OrderState,
) -> Result<Option<Arc<T>>, OrderState> {
    match needed {
        None => Ok(None),
        Some(Fact::Ready(value)) => Ok(Some(value)),
        Some(Fact::Pending { since }) => Err(pending(since)),
        Some(Fact::Failed(message)) => Err(OrderState::Failed(message)),
    }
}

/// Each of these is asked once a frame by whoever shows the answer; what nobody asks for any more is cancelled.
impl Session {
    /// The rows of a list, or what is known of them so far.
    pub fn order(&mut self, key: &OrderKey) -> OrderState {
        let Some(snapshot) = self.snapshot(key.snapshot) else { return OrderState::Failed("closed".to_owned()) };
        self.order_of(key, &snapshot).unwrap_or_else(|state| state)
    }

    fn order_of(&mut self, key: &OrderKey, snapshot: &Arc<Snapshot>) -> Result<OrderState, OrderState> {
        let (facts, lanes, of) = (&mut self.facts, &self.lanes, (key.snapshot, snapshot));
        let filter = &key.filter;
        let selection = (filter.nodes != NodeFilter::All).then(|| facts.selection(lanes, of, &filter.nodes));
        let selection = settled(selection, |since| facts.orders.pending(key, since))?;
        let distances = (!filter.ignored.is_empty()).then(|| facts.distances(lanes, of, &filter.ignored));
        let distances = settled(distances, |since| facts.orders.pending(key, since))?;
        Ok(facts.orders.get(key, || {
            let (key, snapshot) = (key.clone(), Arc::clone(snapshot));
            let (selection, distances) = (selection.clone(), distances.clone());
            lanes.spawn(Lane::Interactive, move |cancel| {
                let lens = Lens { selection: selection.as_deref(), distances: distances.as_deref() };
                order(&snapshot, key.list, key.sort, &key.filter, lens, cancel)
            })
        }))
    }

    /// The nodes that pass a filter, with their sums.
    pub fn selection(&mut self, id: SnapshotId, filter: &NodeFilter) -> Fact<Selection> {
        let Some(snapshot) = self.snapshot(id) else { return Fact::Failed("closed".to_owned()) };
        self.facts.selection(&self.lanes, (id, &snapshot), filter)
    }

    /// Distances as they are without some retainers; `ignored` ascends.
    pub fn distances(&mut self, id: SnapshotId, ignored: &[NodeOrdinal]) -> Fact<RetainerDistances> {
        let Some(snapshot) = self.snapshot(id) else { return Fact::Failed("closed".to_owned()) };
        self.facts.distances(&self.lanes, (id, &snapshot), ignored)
    }

    /// What differs between two snapshots; classes of scripts that were loaded again are joined in one row on request.
    pub fn comparison(&mut self, base: SnapshotId, current: SnapshotId, joined: bool) -> Fact<Comparison> {
        let (Some(a), Some(b)) = (self.snapshot(base), self.snapshot(current)) else {
            return Fact::Failed("closed".to_owned());
        };
        let lanes = &self.lanes;
        self.facts.comparisons.get(&(base, current, joined), || {
            let (a, b) = (Arc::clone(&a), Arc::clone(&b));
            let compare = if joined { compare_joined } else { compare };
            lanes.spawn(Lane::Question, move |cancel| compare(&a, &b, cancel))
        })
    }

    /// The rows of a list of a comparison.
    pub fn pair_order(&mut self, key: &PairKey) -> OrderState {
        let comparison = match self.comparison(key.base, key.current, key.joined) {
            Fact::Ready(comparison) => comparison,
            Fact::Pending { since } => return self.facts.pair_orders.pending(key, since),
            Fact::Failed(message) => return OrderState::Failed(message),
        };
        let (Some(base), Some(current)) = (self.snapshot(key.base), self.snapshot(key.current)) else {
            return OrderState::Failed("closed".to_owned());
        };
        let lanes = &self.lanes;
        self.facts.pair_orders.get(key, || {
            let (comparison, base, current) = (Arc::clone(&comparison), Arc::clone(&base), Arc::clone(&current));
            let key = key.clone();
            lanes.spawn(Lane::Interactive, move |cancel| {
                let rows = match key.list {
                    PairList::Classes(sort) => compared_classes(&comparison, sort, &key.class_name),
                    PairList::Objects { class, sort } => {
                        compared_objects(&comparison, &base, &current, class, sort, cancel)?
                    }
                };
                Ok(RowOrder { rows: Arc::new(rows) })
            })
        })
    }

    /// The realms of a snapshot and what belongs to each.
    pub fn native_contexts(&mut self, id: SnapshotId) -> Fact<NativeContexts> {
        let Some(snapshot) = self.snapshot(id) else { return Fact::Failed("closed".to_owned()) };
        let lanes = &self.lanes;
        self.facts.native_contexts.get(&id, || {
            let snapshot = Arc::clone(&snapshot);
            lanes.spawn(Lane::Question, move |cancel| native_contexts(&snapshot, cancel))
        })
    }

    /// Strings that stand in memory more than once.
    pub fn duplicates(&mut self, id: SnapshotId) -> Fact<DuplicateStrings> {
        let Some(snapshot) = self.snapshot(id) else { return Fact::Failed("closed".to_owned()) };
        let lanes = &self.lanes;
        self.facts.duplicates.get(&id, || {
            let snapshot = Arc::clone(&snapshot);
            lanes.spawn(Lane::Question, move |cancel| duplicate_strings(&snapshot, cancel))
        })
    }

    /// The groups of duplicated strings, in order.
    pub fn groups(&mut self, key: &GroupsKey) -> OrderState {
        let duplicates = match self.duplicates(key.snapshot) {
            Fact::Ready(duplicates) => duplicates,
            Fact::Pending { since } => return self.facts.group_orders.pending(key, since),
            Fact::Failed(message) => return OrderState::Failed(message),
        };
        let Some(snapshot) = self.snapshot(key.snapshot) else { return OrderState::Failed("closed".to_owned()) };
        let selection = match &key.within {
            NodeFilter::All => None,
            filter => match self.selection(key.snapshot, filter) {
                Fact::Ready(selection) => Some(selection),
                Fact::Pending { since } => return self.facts.group_orders.pending(key, since),
                Fact::Failed(message) => return OrderState::Failed(message),
            },
        };
        let lanes = &self.lanes;
        self.facts.group_orders.get(key, || {
            let (duplicates, snapshot, key) = (Arc::clone(&duplicates), Arc::clone(&snapshot), key.clone());
            let selection = selection.clone();
            lanes.spawn(Lane::Interactive, move |cancel| {
                let mut rows = duplicate_groups(&duplicates, &snapshot, key.sort, &key.text, cancel)?;
                if let Some(selection) = selection {
                    let is_selected = |&node: &u32| selection.contains(NodeOrdinal(node));
                    rows.retain(|&group| duplicates.copies(group).iter().any(is_selected));
                }
                Ok(RowOrder { rows: Arc::new(rows) })
            })
        })
    }

    /// The copies of a duplicated string, ascending.
    pub fn copies(&mut self, key: CopiesKey) -> OrderState {
        let duplicates = match self.duplicates(key.snapshot) {
            Fact::Ready(duplicates) => duplicates,
            Fact::Pending { since } => return self.facts.copies.pending(&key, since),
            Fact::Failed(message) => return OrderState::Failed(message),
        };
        let lanes = &self.lanes;
        self.facts.copies.get(&key, || {
            let duplicates = Arc::clone(&duplicates);
            lanes.spawn(Lane::Interactive, move |_| {
                Ok(RowOrder { rows: Arc::new(duplicates.copies(key.group).to_vec()) })
            })
        })
    }

    /// The files that source positions are in. Once they are known, so are [`Snapshot::joined_classes`].
    pub fn scripts(&mut self, id: SnapshotId) -> Fact<Scripts> {
        let Some(snapshot) = self.snapshot(id) else { return Fact::Failed("closed".to_owned()) };
        let lanes = &self.lanes;
        self.facts.scripts.get(&id, || {
            let snapshot = Arc::clone(&snapshot);
            lanes.spawn(Lane::Question, move |cancel| {
                let scripts = scripts(&snapshot, cancel)?;
                join_with(&snapshot, &scripts, cancel)?;
                Ok(scripts)
            })
        })
    }

    /// Variables of contexts that no function alive reads.
    pub fn dead_variables(&mut self, id: SnapshotId) -> Fact<DeadGroups> {
        let Some(snapshot) = self.snapshot(id) else { return Fact::Failed("closed".to_owned()) };
        let lanes = &self.lanes;
        self.facts.dead_variables.get(&id, || {
            let snapshot = Arc::clone(&snapshot);
            lanes.spawn(Lane::Question, move |cancel| dead_groups(&snapshot, cancel))
        })
    }

    /// The groups of dead variables, in order.
    pub fn dead_order(&mut self, key: DeadKey) -> OrderState {
        let groups = match self.dead_variables(key.snapshot) {
            Fact::Ready(groups) => groups,
            Fact::Pending { since } => return self.facts.dead_orders.pending(&key, since),
            Fact::Failed(message) => return OrderState::Failed(message),
        };
        let lanes = &self.lanes;
        self.facts.dead_orders.get(&key, || {
            let groups = Arc::clone(&groups);
            lanes.spawn(Lane::Interactive, move |cancel| {
                Ok(RowOrder { rows: Arc::new(ordered_dead_groups(&groups, key.sort, cancel)?) })
            })
        })
    }

    /// Bytes and counts by node kind, of what passes the filter.
    pub fn kinds(&mut self, id: SnapshotId, filter: &NodeFilter) -> Fact<Vec<KindTotals>> {
        let Some(snapshot) = self.snapshot(id) else { return Fact::Failed("closed".to_owned()) };
        let selection = match filter {
            NodeFilter::All => None,
            filter => match self.selection(id, filter) {
                Fact::Ready(selection) => Some(selection),
                Fact::Pending { since } => return Fact::Pending { since },
                Fact::Failed(message) => return Fact::Failed(message),
            },
        };
        let lanes = &self.lanes;
        self.facts.kinds.get(&(id, filter.clone()), || {
            let (snapshot, selection) = (Arc::clone(&snapshot), selection.clone());
            lanes.spawn(Lane::Question, move |cancel| by_kind(&snapshot, selection.as_deref(), cancel))
        })
    }
}
