//! One object's own facts.

use crate::analysis::Location;
use crate::model::{Detachedness, Distance, NodeOrdinal, ObjectId};
use crate::snapshot::Snapshot;

/// How many dominators are listed at most.
const CHAIN_LIMIT: usize = 1000;

/// What is known of one object. Cheap to make: it walks the object's dominators and nothing else.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ObjectDetails {
    pub node: NodeOrdinal,
    pub id: ObjectId,
    /// The file's own name of the kind.
    pub kind: String,
    pub class: String,
    /// Bytes of the object alone, as the file has them.
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
    /// Whether the chain was longer than what is listed.
    pub has_more_dominators: bool,
}

/// The facts of `node`.
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
