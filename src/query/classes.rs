//! The summary: an ordered list of classes.

use std::cmp::Ordering;

use super::selection::Selection;
use super::sorting::utf16_order;
use super::{Filter, Sort, SortKey};
use crate::analysis::{Class, ClassTotals};
use crate::model::ClassId;
use crate::snapshot::Snapshot;

/// Returns the ids of the classes that have (selected) members and pass the filter. There are a few thousand at most,
/// so this needs no worker thread.
pub(super) fn classes(
    snapshot: &Snapshot,
    sort: Sort,
    filter: &Filter,
    totals: impl Fn(ClassId) -> ClassTotals,
) -> Vec<u32> {
    let table = snapshot.classes().all();
    let totals = |row: u32| totals(ClassId(row));
    let wanted = filter.class_name.to_lowercase();
    let mut rows: Vec<u32> = (0..)
        .zip(table)
        .filter(|(row, _)| totals(*row).count > 0)
        .filter(|(_, class)| wanted.is_empty() || class.name.to_lowercase().contains(&wanted))
        .map(|(row, _)| row)
        .collect();
    rows.sort_by(|&a, &b| {
        let (a, b) = ((&table[a as usize], totals(a)), (&table[b as usize], totals(b)));
        let first = compare(a, b, sort.key);
        let first = if sort.descending { first.reverse() } else { first };
        let by_name = || utf16_order(&a.0.name, &b.0.name);
        let largest_first = || b.1.retained_size.cmp(&a.1.retained_size);
        first.then_with(|| match sort.key {
            SortKey::Name => largest_first(),
            SortKey::Distance => largest_first().then_with(by_name),
            _ => by_name(),
        })
    });
    rows
}

/// Returns the totals of a class over the selected nodes, or over all nodes without a selection.
#[must_use]
pub(crate) fn class_totals(snapshot: &Snapshot, selection: Option<&Selection>, class: ClassId) -> ClassTotals {
    if let Some(selection) = selection {
        return selection.classes[class.index()];
    }
    let class = snapshot.classes().get(class);
    ClassTotals {
        count: class.count,
        shallow_size: class.shallow_size,
        retained_size: class.retained_size,
        distance: class.distance,
    }
}

/// Returns the totals of all classes that are merged with a class as those of a reloaded script, or
/// `ClassTotals::NOTHING` if no merged list exists yet.
#[must_use]
pub fn joined_totals(snapshot: &Snapshot, selection: Option<&Selection>, class: ClassId) -> ClassTotals {
    let totals = match selection {
        Some(selection) => selection.joined().and_then(|totals| totals.get(class.index()).copied()),
        None => snapshot.joined_classes().map(|joined| joined.totals(class)),
    };
    totals.unwrap_or(ClassTotals::NOTHING)
}

fn compare(a: (&Class, ClassTotals), b: (&Class, ClassTotals), key: SortKey) -> Ordering {
    match key {
        SortKey::Name => utf16_order(&a.0.name, &b.0.name),
        SortKey::Count => a.1.count.cmp(&b.1.count),
        SortKey::Distance => a.1.distance.cmp(&b.1.distance),
        SortKey::ShallowSize => a.1.shallow_size.cmp(&b.1.shallow_size),
        SortKey::RetainedSize => a.1.retained_size.cmp(&b.1.retained_size),
    }
}
