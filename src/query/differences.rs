//! The properties in which two objects differ.

use std::collections::HashMap;

use super::label::{edge_label, is_quiet, node_label};
use super::question::{Needs, Question};
use crate::model::{CancelToken, Cancelled, HeapBytes, NodeKind, NodeOrdinal, SnapshotId};
use crate::snapshot::Snapshot;

/// The maximum number of properties of each object that are compared.
const EDGE_LIMIT: usize = 200_000;
/// The maximum number of differences.
const LIMIT: usize = 500;

/// A property with its value in each of the two objects.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    pub name: String,
    pub values: [Option<NodeOrdinal>; 2],
}

/// The comparison of two objects.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Differences {
    /// In the order of the first object's properties, followed by those that only the second one has.
    pub properties: Vec<Difference>,
    /// The number of properties with the same value.
    pub same_count: u64,
    /// True if there are more differences or properties than were compared.
    pub is_cut: bool,
}

/// Compares the properties, elements and variables of two objects.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub fn differences(
    snapshot: &Snapshot,
    nodes: [NodeOrdinal; 2],
    cancel: &CancelToken,
) -> Result<Differences, Cancelled> {
    let mut found = Differences::default();
    let mut properties: Vec<Difference> = Vec::new();
    let mut at: HashMap<String, usize> = HashMap::new();
    for (side, node) in nodes.into_iter().enumerate() {
        found.is_cut |= snapshot.graph().edge_range(node).len() > EDGE_LIMIT;
        for (count, edge) in snapshot.graph().edges(node).take(EDGE_LIMIT).enumerate() {
            cancel.check_every(count)?;
            if is_quiet(snapshot, edge) {
                continue;
            }
            let name = edge_label(snapshot, edge);
            let place = *at.entry(name.clone()).or_insert_with(|| {
                properties.push(Difference { name, values: [None; 2] });
                properties.len() - 1
            });
            properties[place].values[side].get_or_insert(snapshot.graph().edge_target(edge));
        }
    }
    for property in properties {
        if is_same(snapshot, property.values) {
            found.same_count += 1;
        } else if found.properties.len() < LIMIT {
            found.properties.push(property);
        } else {
            found.is_cut = true;
        }
    }
    Ok(found)
}

/// Returns whether two values are one object, or primitive values with the same text.
fn is_same(snapshot: &Snapshot, values: [Option<NodeOrdinal>; 2]) -> bool {
    let [Some(first), Some(second)] = values else { return false };
    let is_primitive = |node| {
        let kind = snapshot.kind(node);
        kind.is_string() || matches!(kind, NodeKind::NUMBER | NodeKind::BIGINT)
    };
    first == second
        || (is_primitive(first) && is_primitive(second) && node_label(snapshot, first) == node_label(snapshot, second))
}

impl HeapBytes for Differences {
    fn heap_bytes(&self) -> usize {
        let names: usize = self.properties.iter().map(|property| property.name.capacity()).sum();
        names + self.properties.capacity() * size_of::<Difference>()
    }
}

/// The question for the differences of two objects of a snapshot.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct DifferencesOf {
    pub snapshot: SnapshotId,
    pub nodes: [NodeOrdinal; 2],
}

impl Question for DifferencesOf {
    type Answer = Differences;

    fn snapshots(&self) -> Vec<SnapshotId> {
        vec![self.snapshot]
    }

    fn run(&self, needs: &Needs, cancel: &CancelToken) -> Result<Differences, Cancelled> {
        differences(needs.snapshot(self.snapshot), self.nodes, cancel)
    }
}
