//! The ordered lists of a comparison: its classes, and the new and deleted objects of each.

use std::sync::Arc;

use super::comparison::{ComparedClass, Comparison, ComparisonOf};
use super::nodes::sorted;
use super::question::{Lane, Need, Needs, Question};
use super::sorting::utf16_order;
use super::{RowOrder, Sort};
use crate::model::{CancelToken, Cancelled, SnapshotId};
use crate::snapshot::Snapshot;

/// A sort key of the rows of a comparison.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ComparisonKey {
    Name,
    New,
    Deleted,
    Delta,
    AllocatedSize,
    FreedSize,
    SizeDelta,
    BaseRetained,
    CurrentRetained,
    RetainedDelta,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ComparisonSort {
    pub key: ComparisonKey,
    pub descending: bool,
}

impl ComparisonSort {
    /// Most allocated bytes first, the default order of DevTools.
    pub const BY_ALLOCATED_SIZE: Self = Self { key: ComparisonKey::AllocatedSize, descending: true };
}

/// Returns the rows whose name contains the text, as indices into `Comparison::classes`; ties by name.
#[must_use]
pub fn compared_classes(comparison: &Comparison, sort: ComparisonSort, class_name: &str) -> Vec<u32> {
    let wanted = class_name.to_lowercase();
    let number = |class: &ComparedClass| -> i128 {
        match sort.key {
            ComparisonKey::Name => 0,
            ComparisonKey::New => i128::from(class.new_count),
            ComparisonKey::Deleted => i128::from(class.deleted_count),
            ComparisonKey::Delta => class.delta().into(),
            ComparisonKey::AllocatedSize => i128::from(class.allocated_size),
            ComparisonKey::FreedSize => i128::from(class.freed_size),
            ComparisonKey::SizeDelta => class.size_delta().into(),
            ComparisonKey::BaseRetained => i128::from(class.base_retained_size),
            ComparisonKey::CurrentRetained => i128::from(class.current_retained_size),
            ComparisonKey::RetainedDelta => class.retained_delta().into(),
        }
    };
    let classes = &comparison.classes;
    let mut rows: Vec<u32> = (0_u32..)
        .zip(classes)
        .filter(|(_, class)| wanted.is_empty() || class.name.to_lowercase().contains(&wanted))
        .map(|(row, _)| row)
        .collect();
    rows.sort_by(|&a, &b| {
        let (a, b) = (&classes[a as usize], &classes[b as usize]);
        let by_name = utf16_order(&a.name, &b.name);
        if sort.key == ComparisonKey::Name {
            return if sort.descending { by_name.reverse() } else { by_name };
        }
        let by_number = number(a).cmp(&number(b));
        let by_number = if sort.descending { by_number.reverse() } else { by_number };
        by_number.then(by_name)
    });
    rows
}

/// Returns the objects of a row, new ones before deleted ones, each sorted like the members of a class; as indices for
/// [`Comparison::object`].
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub fn compared_objects(
    comparison: &Comparison,
    base: &Snapshot,
    current: &Snapshot,
    row: u32,
    sort: Sort,
    cancel: &CancelToken,
) -> Result<Vec<u32>, Cancelled> {
    let mut rows = Vec::new();
    let parts = [(2 * row as usize, current), (2 * row as usize + 1, base)];
    for (part, snapshot) in parts {
        let objects = comparison.part(part);
        let first = comparison.start(part);
        // The index of each object, to map sorted ordinals back.
        let mut places: Vec<(u32, u32)> = objects.iter().copied().zip(first..).collect();
        places.sort_unstable();
        let mut nodes = objects.to_vec();
        nodes.sort_unstable();
        for node in sorted(snapshot, &nodes, sort, cancel)? {
            if let Ok(at) = places.binary_search_by_key(&node, |place| place.0) {
                rows.push(places[at].1);
            }
        }
    }
    Ok(rows)
}

/// A list of a comparison.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PairList {
    /// The classes; row ids are indices into [`Comparison::classes`].
    Classes(ComparisonSort),
    /// The new and deleted objects of a class; row ids are indices of objects, see [`Comparison::object`].
    Objects { class: u32, sort: Sort },
}

/// The question for a list of a comparison.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct PairKey {
    pub of: ComparisonOf,
    pub list: PairList,
    /// Classes: a part of the name.
    pub class_name: String,
}

impl Question for PairKey {
    type Answer = RowOrder;
    const LANE: Lane = Lane::Interactive;

    fn snapshots(&self) -> Vec<SnapshotId> {
        self.of.snapshots()
    }

    fn needs(&self) -> Vec<Need> {
        vec![Box::new(self.of)]
    }

    fn run(&self, needs: &Needs, cancel: &CancelToken) -> Result<RowOrder, Cancelled> {
        let comparison = needs.answer(&self.of);
        let rows = match self.list {
            PairList::Classes(sort) => compared_classes(&comparison, sort, &self.class_name),
            PairList::Objects { class, sort } => {
                let [base, current] = [self.of.base, self.of.current].map(|id| needs.snapshot(id));
                compared_objects(&comparison, base, current, class, sort, cancel)?
            }
        };
        Ok(RowOrder { rows: Arc::new(rows) })
    }

    fn list(&self) -> Option<Self> {
        let list = match self.list {
            PairList::Classes(_) => PairList::Classes(ComparisonSort::BY_ALLOCATED_SIZE),
            PairList::Objects { class, .. } => PairList::Objects { class, sort: Sort::BY_RETAINED_SIZE },
        };
        Some(Self { of: self.of, list, class_name: String::new() })
    }
}
