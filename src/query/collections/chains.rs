//! Linked lists: objects of one class, each of which holds the next one by a property.

use std::collections::HashMap;

use super::{Collection, CollectionKind};
use crate::graph::EdgeName;
use crate::model::{BitSet, CancelToken, Cancelled, EdgeIndex, EdgeKind, NodeKind, NodeOrdinal, StringId};
use crate::snapshot::Snapshot;

/// Shorter lists are left out.
const LEAST_LENGTH: u32 = 16;
/// Classes with fewer objects have no list that is long enough.
const LEAST_OBJECTS: u64 = 16;

/// Finds linked lists. Each is the object that none of its class precedes.
///
/// Of the properties that lead to an object of the same class, the one that most objects of the class have is taken; of
/// a list with `next` and `prev`, the first one. A tree has many objects that lead to one, so its chains are short.
pub(super) fn linked_lists(snapshot: &Snapshot, cancel: &CancelToken) -> Result<Vec<Collection>, Cancelled> {
    let graph = snapshot.graph();
    let links = links(snapshot, cancel)?;
    if links.iter().all(Option::is_none) {
        return Ok(Vec::new());
    }
    let mut has_before = BitSet::new(graph.node_count());
    let mut nodes = Vec::new();
    for node in graph.nodes() {
        cancel.check_every(node.index())?;
        if let Some(next) = next(snapshot, &links, node) {
            nodes.push(node);
            has_before.insert(next.index());
        }
    }
    let mut seen = BitSet::new(graph.node_count());
    let mut found = Vec::new();
    let mut steps = 0;
    for head in nodes.into_iter().filter(|node| !has_before.contains(node.index())) {
        let (mut length, mut at) = (1_u32, head);
        while let Some(after) = next(snapshot, &links, at) {
            cancel.check_every(steps)?;
            steps += 1;
            if !seen.insert(after.index()) {
                break;
            }
            length += 1;
            at = after;
        }
        if length >= LEAST_LENGTH {
            let kind = CollectionKind::LinkedList;
            found.push(Collection { node: head, kind, entries: length, capacity: None });
        }
    }
    Ok(found)
}

/// Returns the references that lead from the first object of a list to the next ones.
pub(super) fn rest(snapshot: &Snapshot, head: NodeOrdinal, cancel: &CancelToken) -> Result<Vec<EdgeIndex>, Cancelled> {
    let graph = snapshot.graph();
    let mut seen = BitSet::new(graph.node_count());
    let (mut found, mut at) = (Vec::new(), head);
    let Some(wanted) = graph.edges(head).find_map(|edge| link(snapshot, head, edge)).map(|(name, _)| name) else {
        return Ok(found);
    };
    while seen.insert(at.index()) {
        cancel.check_every(found.len() + 1)?;
        let is_next = |&edge: &EdgeIndex| link(snapshot, at, edge).is_some_and(|(name, _)| name == wanted);
        let Some(edge) = graph.edges(at).find(is_next) else { break };
        found.push(edge);
        at = graph.edge_target(edge);
    }
    Ok(found)
}

/// Returns the name of the property that links objects of a class, by class.
fn links(snapshot: &Snapshot, cancel: &CancelToken) -> Result<Vec<Option<StringId>>, Cancelled> {
    let graph = snapshot.graph();
    let classes = snapshot.classes();
    let is_candidate: Vec<bool> = classes
        .all()
        .iter()
        .map(|class| class.kind == NodeKind::OBJECT && class.count >= LEAST_OBJECTS && !is_generic(&class.name))
        .collect();
    // With the position of the first such property, so that ties are decided.
    let mut counts: HashMap<(u32, StringId), (u64, u32)> = HashMap::new();
    for node in graph.nodes() {
        cancel.check_every(node.index())?;
        let class = snapshot.class_id(node);
        if !is_candidate[class.index()] {
            continue;
        }
        for (position, edge) in (0_u32..).zip(graph.edges(node)) {
            if let Some((name, _)) = link(snapshot, node, edge) {
                let count = counts.entry((class.0, name)).or_insert((0, position));
                count.0 += 1;
            }
        }
    }
    let mut links = vec![None; is_candidate.len()];
    let mut all: Vec<_> = counts.into_iter().collect();
    all.sort_unstable_by_key(|&((class, name), (count, position))| (class, std::cmp::Reverse(count), position, name));
    for ((class, name), (count, _)) in all {
        if count + 1 >= u64::from(LEAST_LENGTH) {
            links[class as usize].get_or_insert(name);
        }
    }
    Ok(links)
}

/// Returns the name and the target of a property that leads to another object of the same class.
fn link(snapshot: &Snapshot, node: NodeOrdinal, edge: EdgeIndex) -> Option<(StringId, NodeOrdinal)> {
    let graph = snapshot.graph();
    let target = graph.edge_target(edge);
    let is_link = graph.edge_kind(edge) == EdgeKind::PROPERTY
        && target != node
        && snapshot.class_id(target) == snapshot.class_id(node);
    match graph.edge_name(edge) {
        EdgeName::Text(name) if is_link && !snapshot.known().proto.contains(name) => Some((name, target)),
        _ => None,
    }
}

fn next(snapshot: &Snapshot, links: &[Option<StringId>], node: NodeOrdinal) -> Option<NodeOrdinal> {
    let wanted = links[snapshot.class_id(node).index()]?;
    snapshot
        .graph()
        .edges(node)
        .find_map(|edge| link(snapshot, node, edge).filter(|&(name, _)| name == wanted))
        .map(|(_, to)| to)
}

/// Returns true for classes whose objects have nothing in common.
fn is_generic(class: &str) -> bool {
    matches!(class, "Object" | "Array" | "Map" | "Set" | "Function" | "Promise") || class.starts_with("system / ")
}
