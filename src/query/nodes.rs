//! Lists of objects: the members of a class, the nodes that one dominates.

use rayon::prelude::*;

use super::sorting::{by_number, by_text, distance_key};
use super::{Sort, SortKey};
use crate::model::{CancelToken, Cancelled, ClassId, NodeOrdinal};
use crate::snapshot::Snapshot;

/// The class's nodes that have a size.
pub(super) fn members(
    snapshot: &Snapshot,
    class: ClassId,
    sort: Sort,
    cancel: &CancelToken,
) -> Result<Vec<u32>, Cancelled> {
    cancel.check()?;
    let rows: Vec<u32> = snapshot
        .classes()
        .by_node()
        .par_iter()
        .enumerate()
        .filter(|(_, of)| **of == class.0)
        .filter_map(|(node, _)| u32::try_from(node).ok())
        .filter(|&node| snapshot.shallow_size(NodeOrdinal(node)) > 0)
        .collect();
    sorted(snapshot, &rows, sort, cancel)
}

/// The nodes whose immediate dominator is `node`.
pub(super) fn dominated(
    snapshot: &Snapshot,
    node: NodeOrdinal,
    sort: Sort,
    cancel: &CancelToken,
) -> Result<Vec<u32>, Cancelled> {
    cancel.check()?;
    let rows: Vec<u32> = snapshot.dominators().dominated(node).map(|node| node.0).collect();
    sorted(snapshot, &rows, sort, cancel)
}

/// Sorts nodes as DevTools sorts the members of a class: ties by id, under distances by retained size.
fn sorted(snapshot: &Snapshot, rows: &[u32], sort: Sort, cancel: &CancelToken) -> Result<Vec<u32>, Cancelled> {
    let id = |row: u32| snapshot.id(NodeOrdinal(row));
    let retained = |row: u32| snapshot.retained_size(NodeOrdinal(row));
    let by_id = |a: u32, b: u32| id(a).cmp(&id(b));
    match sort.key {
        SortKey::Name | SortKey::Count => {
            by_text(rows, sort, cancel, |row| snapshot.display_name(NodeOrdinal(row)).into_owned(), by_id)
        }
        SortKey::Distance => by_number(
            rows,
            sort,
            cancel,
            |row| distance_key(snapshot, row as usize),
            |a, b| retained(b).cmp(&retained(a)).then_with(|| by_id(a, b)),
        ),
        SortKey::ShallowSize => by_number(rows, sort, cancel, |row| snapshot.shallow_size(NodeOrdinal(row)), by_id),
        SortKey::RetainedSize => by_number(rows, sort, cancel, retained, by_id),
    }
}
