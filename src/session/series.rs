//! What the window asks of several snapshots in order: how classes grow, and the lists of that.

use std::sync::Arc;

use super::lanes::{Graveyard, Lane};
use super::memo::{Fact, HeapBytes, Memo};
use super::orders::{ListKey, OrderState, Orders};
use super::{Session, SnapshotId};
use crate::query::{
    Distinct, Growth, GrowthSort, Pattern, RowOrder, Sort, distinct, grown_classes, grown_objects, grown_patterns,
    growth, may_be_identical,
};
use crate::snapshot::Snapshot;

/// Bytes of growths and of their lists that are kept.
const GROWTHS_LIMIT_BYTES: usize = 128 << 20;
const ORDERS_LIMIT_BYTES: usize = 64 << 20;
const DISTINCT_LIMIT_BYTES: usize = 1 << 20;

/// Snapshots of one program, the oldest first.
pub type Series = Arc<[SnapshotId]>;

/// A list of a growth.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SeriesList {
    /// Row ids are indices into `Pattern::ALL`.
    Patterns,
    /// Row ids are indices into `Growth::classes`.
    Classes(Pattern, GrowthSort),
    /// What is new of a class; row ids are node ordinals of the last snapshot.
    Objects { class: u32, sort: Sort },
}

/// Names a list of a growth completely.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct SeriesKey {
    pub series: Series,
    pub list: SeriesList,
    /// Classes: part of the name.
    pub class_name: String,
}

/// Which list it is, whatever its sort.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Part {
    Patterns,
    Classes(Pattern),
    Objects(u32),
}

impl ListKey for SeriesKey {
    type List = (Series, Part);

    fn list(&self) -> Self::List {
        let part = match self.list {
            SeriesList::Patterns => Part::Patterns,
            SeriesList::Classes(pattern, _) => Part::Classes(pattern),
            SeriesList::Objects { class, .. } => Part::Objects(class),
        };
        (Arc::clone(&self.series), part)
    }

    fn concerns(&self, snapshot: SnapshotId) -> bool {
        self.series.contains(&snapshot)
    }
}

impl HeapBytes for Growth {
    fn heap_bytes(&self) -> usize {
        Self::heap_bytes(self)
    }
}

impl HeapBytes for Distinct {
    fn heap_bytes(&self) -> usize {
        (self.kept.capacity() + 2 * self.left_out.capacity()) * size_of::<usize>()
    }
}

/// Growths that were asked for.
#[derive(Debug)]
pub(super) struct SeriesFacts {
    distinct: Memo<Series, Distinct>,
    growths: Memo<Series, Growth>,
    orders: Orders<SeriesKey>,
}

impl SeriesFacts {
    pub(super) fn new(graveyard: &Graveyard) -> Self {
        Self {
            distinct: Memo::new(DISTINCT_LIMIT_BYTES, graveyard),
            growths: Memo::new(GROWTHS_LIMIT_BYTES, graveyard),
            orders: Orders::new(ORDERS_LIMIT_BYTES, graveyard),
        }
    }

    pub(super) fn end_frame(&mut self) {
        self.distinct.end_frame(|_, _| {});
        self.growths.end_frame(|_, _| {});
        self.orders.end_frame();
    }

    pub(super) fn forget(&mut self, id: SnapshotId) {
        self.distinct.forget(|series| series.contains(&id));
        self.growths.forget(|series| series.contains(&id));
        self.orders.forget(id, |(series, _)| series.contains(&id));
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.distinct.heap_bytes() + self.growths.heap_bytes() + self.orders.heap_bytes()
    }
}

impl Session {
    /// Which snapshots of a series differ; the positions are those in the series.
    pub fn distinct(&mut self, series: &Series) -> Fact<Distinct> {
        let snapshots: Option<Vec<Arc<Snapshot>>> = series.iter().map(|id| self.snapshot(*id)).collect();
        let Some(snapshots) = snapshots else { return Fact::Failed("closed".to_owned()) };
        let is_suspect = |at: usize| snapshots[..at].iter().any(|before| may_be_identical(before, &snapshots[at]));
        if !(0..snapshots.len()).any(is_suspect) {
            let kept = (0..snapshots.len()).collect();
            return Fact::Ready(Arc::new(Distinct { kept, left_out: Vec::new() }));
        }
        let lanes = &self.lanes;
        self.facts.series.distinct.get(series, || {
            let snapshots = snapshots.clone();
            lanes.spawn(Lane::Question, move |cancel| {
                distinct(&snapshots.iter().map(Arc::as_ref).collect::<Vec<_>>(), cancel)
            })
        })
    }

    /// How classes develop over snapshots.
    pub fn growth(&mut self, series: &Series) -> Fact<Growth> {
        let snapshots: Option<Vec<Arc<Snapshot>>> = series.iter().map(|id| self.snapshot(*id)).collect();
        let Some(snapshots) = snapshots else { return Fact::Failed("closed".to_owned()) };
        let lanes = &self.lanes;
        self.facts.series.growths.get(series, || {
            let snapshots = snapshots.clone();
            lanes.spawn(Lane::Question, move |cancel| {
                let snapshots: Vec<&Snapshot> = snapshots.iter().map(Arc::as_ref).collect();
                growth(&snapshots, cancel)
            })
        })
    }

    /// The rows of a list of a growth.
    pub fn series_order(&mut self, key: &SeriesKey) -> OrderState {
        let growth = match self.growth(&key.series) {
            Fact::Ready(growth) => growth,
            Fact::Pending { since } => return self.facts.series.orders.pending(key, since),
            Fact::Failed(message) => return OrderState::Failed(message),
        };
        let Some(last) = key.series.last().and_then(|id| self.snapshot(*id)) else {
            return OrderState::Failed("closed".to_owned());
        };
        let lanes = &self.lanes;
        self.facts.series.orders.get(key, || {
            let (growth, last, key) = (Arc::clone(&growth), Arc::clone(&last), key.clone());
            lanes.spawn(Lane::Interactive, move |cancel| {
                let rows = match key.list {
                    SeriesList::Patterns => grown_patterns(&growth, &key.class_name),
                    SeriesList::Classes(pattern, sort) => grown_classes(&growth, pattern, sort, &key.class_name),
                    SeriesList::Objects { class, sort } => grown_objects(&growth, &last, class, sort, cancel)?,
                };
                Ok(RowOrder { rows: Arc::new(rows) })
            })
        })
    }
}
