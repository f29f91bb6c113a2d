//! Lists of objects: the members of a class, the nodes dominated by a node.

use rayon::prelude::*;

use super::selection::Selection;
use super::sorting::{Item, as_they_are, by_number, by_text, distance_key, items, rows};
use super::{Sort, SortKey};
use crate::model::{CancelToken, Cancelled, ClassId, NodeOrdinal, POLL_INTERVAL};
use crate::snapshot::Snapshot;

/// Returns the (selected) nodes that have a size and whose class passes `is_wanted`.
pub(super) fn members(
    snapshot: &Snapshot,
    is_wanted: impl Fn(ClassId) -> bool + Sync,
    sort: Sort,
    selection: Option<&Selection>,
    cancel: &CancelToken,
) -> Result<Vec<u32>, Cancelled> {
    let blocks: Vec<Vec<u32>> = snapshot
        .classes()
        .by_node()
        .par_chunks(POLL_INTERVAL)
        .enumerate()
        .map(|(block, classes)| {
            cancel.check()?;
            let first = u32::try_from(block * POLL_INTERVAL).unwrap_or(u32::MAX);
            let members = (first..).zip(classes).filter(|(_, of)| is_wanted(ClassId(**of))).map(|(node, _)| node);
            let is_listed = |node: &u32| {
                snapshot.shallow_size(NodeOrdinal(*node)) > 0
                    && selection.is_none_or(|selection| selection.contains(NodeOrdinal(*node)))
            };
            Ok(members.filter(is_listed).collect())
        })
        .collect::<Result<_, Cancelled>>()?;
    sorted(snapshot, &blocks.concat(), sort, cancel)
}

/// Returns the selected nodes that have a size, or all such nodes without a selection. With `lists_empty`, nodes
/// without a size are included, as a search by id finds them.
pub(super) fn selected(
    snapshot: &Snapshot,
    sort: Sort,
    selection: Option<&Selection>,
    lists_empty: bool,
    cancel: &CancelToken,
) -> Result<Vec<u32>, Cancelled> {
    let mut nodes = Vec::new();
    for node in snapshot.graph().nodes() {
        cancel.check_every(node.index())?;
        if selection.is_none_or(|selection| selection.contains(node))
            && (lists_empty || snapshot.shallow_size(node) > 0)
        {
            nodes.push(node.0);
        }
    }
    sorted(snapshot, &nodes, sort, cancel)
}

/// Returns the nodes whose immediate dominator is `node`.
pub(super) fn dominated(
    snapshot: &Snapshot,
    node: NodeOrdinal,
    sort: Sort,
    cancel: &CancelToken,
) -> Result<Vec<u32>, Cancelled> {
    let mut nodes = Vec::new();
    for (at, node) in snapshot.dominators().dominated(node).enumerate() {
        cancel.check_every(at)?;
        nodes.push(node.0);
    }
    // Ties must keep the order of the file, not of the tree.
    nodes.par_sort_unstable();
    sorted(snapshot, &nodes, sort, cancel)
}

/// Sorts nodes like DevTools sorts the members of a class: ties by id (by retained size under distances), finally by
/// position in the file.
pub(super) fn sorted(
    snapshot: &Snapshot,
    nodes: &[u32],
    sort: Sort,
    cancel: &CancelToken,
) -> Result<Vec<u32>, Cancelled> {
    let node = |item: Item| NodeOrdinal(item.row);
    let retained = |item| snapshot.retained_size(node(item));
    let by_id = |run: &mut [Item]| by_number(run, false, cancel, |item| snapshot.id(node(item)).0, &as_they_are);
    let largest_first = |run: &mut [Item]| by_number(run, true, cancel, retained, &as_they_are);
    let down = sort.descending;
    let mut items = items(nodes);
    match sort.key {
        SortKey::Name | SortKey::Count => {
            snapshot.expect_many_names();
            let name = |item| snapshot.display_name(node(item));
            by_text(&mut items, down && sort.key == SortKey::Name, cancel, name, &by_id)?;
        }
        SortKey::Distance => {
            by_number(&mut items, down, cancel, |item| distance_key(snapshot, node(item)), &largest_first)?;
        }
        SortKey::ShallowSize => {
            by_number(&mut items, down, cancel, |item| snapshot.shallow_size(node(item)), &by_id)?;
        }
        SortKey::RetainedSize => by_number(&mut items, down, cancel, retained, &by_id)?,
    }
    Ok(rows(&items))
}
