//! The details of one object.

use crate::analysis::Location;
use crate::model::{Detachedness, Distance, NodeOrdinal, ObjectId};
use crate::snapshot::Snapshot;

/// The maximum number of dominators in the chain.
const CHAIN_LIMIT: usize = 1000;

/// The details of one object. They are cheap to compute: only the dominators of the object are walked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ObjectDetails {
    pub node: NodeOrdinal,
    pub id: ObjectId,
    /// The kind's name in the file.
    pub kind: String,
    pub class: String,
    /// The bytes of the object alone, as in the file.
    pub self_size: u64,
    pub shallow_size: u64,
    pub retained_size: u64,
    pub distance: Distance,
    pub detachedness: Detachedness,
    pub location: Option<Location>,
    pub edge_count: usize,
    pub retainer_count: usize,
    /// From the immediate dominator up to the root; empty for the root.
    pub dominators: Vec<NodeOrdinal>,
    /// True if the chain is longer than the list.
    pub has_more_dominators: bool,
}

/// Returns the details of `node`.
#[must_use]
pub fn object_details(snapshot: &Snapshot, node: NodeOrdinal) -> ObjectDetails {
    let graph = snapshot.graph();
    let mut dominators = Vec::new();
    let mut at = node;
    while at != snapshot.root() && dominators.len() < CHAIN_LIMIT {
        at = snapshot.dominators().dominator(at);
        dominators.push(at);
    }
    ObjectDetails {
        node,
        id: snapshot.id(node),
        kind: graph.kind_name(node).to_owned(),
        class: snapshot.class(node).name.clone(),
        self_size: snapshot.self_size(node),
        shallow_size: snapshot.shallow_size(node),
        retained_size: snapshot.retained_size(node),
        distance: snapshot.distance(node),
        detachedness: snapshot.detachedness(node),
        location: snapshot.location(node),
        edge_count: graph.edges(node).len(),
        retainer_count: graph.retainer_count(node),
        dominators,
        has_more_dominators: at != snapshot.root(),
    }
}
