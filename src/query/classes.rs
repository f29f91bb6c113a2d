//! The summary: classes in order.

use std::cmp::Ordering;

use super::sorting::utf16_order;
use super::{Filter, Sort, SortKey};
use crate::analysis::Class;
use crate::snapshot::Snapshot;

/// Ids of the classes that have members and pass the filter. There are some thousand at most, so this needs no worker.
pub(super) fn classes(snapshot: &Snapshot, sort: Sort, filter: &Filter) -> Vec<u32> {
    let table = snapshot.classes().all();
    let wanted = filter.class_name.to_lowercase();
    let mut rows: Vec<u32> = (0..)
        .zip(table)
        .filter(|(_, class)| class.count > 0)
        .filter(|(_, class)| wanted.is_empty() || class.name.to_lowercase().contains(&wanted))
        .map(|(row, _)| row)
        .collect();
    rows.sort_by(|&a, &b| {
        let (a, b) = (&table[a as usize], &table[b as usize]);
        let first = compare(a, b, sort.key);
        let first = if sort.descending { first.reverse() } else { first };
        first.then_with(|| match sort.key {
            SortKey::Name => b.retained_size.cmp(&a.retained_size),
            SortKey::Distance => b.retained_size.cmp(&a.retained_size).then_with(|| utf16_order(&a.name, &b.name)),
            _ => utf16_order(&a.name, &b.name),
        })
    });
    rows
}

fn compare(a: &Class, b: &Class, key: SortKey) -> Ordering {
    match key {
        SortKey::Name => utf16_order(&a.name, &b.name),
        SortKey::Count => a.count.cmp(&b.count),
        SortKey::Distance => a.distance.cmp(&b.distance),
        SortKey::ShallowSize => a.shallow_size.cmp(&b.shallow_size),
        SortKey::RetainedSize => a.retained_size.cmp(&b.retained_size),
    }
}
