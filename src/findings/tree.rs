//! The tree of shortest retaining paths of a snapshot: for each node the reference that holds it.
//!
//! A breadth-first search starts at the user roots, then at the roots of the runtime, and last at roots that explain
//! nothing: the stack, open handles, caches of the runtime. References from compiled code are followed only to objects
//! that nothing else reaches, since code references objects that something else keeps alive. A value of a
//! WeakMap is held by its key.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use foldhash::HashMap;

use crate::graph::HeapGraph;
use crate::model::js::parse_int;
use crate::model::{CancelToken, Cancelled, EdgeIndex, EdgeKind, NodeKind, NodeOrdinal, StringId};
use crate::query::retaining_sources;
use crate::snapshot::Snapshot;

/// The entry of nodes that have no parent.
const NONE: u32 = u32::MAX;

/// Roots that are asked last: they hold what runs right now, or what the runtime caches.
const LAST_ROOTS: [&str; 12] = [
    "(Stack roots)",
    "(Handle scope)",
    "(Internalized strings)",
    "(External strings)",
    "(Builtins)",
    "(Read-only roots)",
    "(Startup object cache)",
    "(Compilation cache)",
    "(Debugger)",
    "(Micro tasks)",
    "(Smi roots)",
    "(Weak roots)",
];

/// A tree of shortest retaining paths.
#[derive(Debug)]
pub(super) enum Tree<'a> {
    Full(RetainingTree),
    Lazy(LazyTree<'a>),
}

impl<'a> Tree<'a> {
    /// Searches the whole snapshot.
    ///
    /// # Errors
    /// Returns [`Cancelled`] if the operation is cancelled.
    pub(super) fn full(snapshot: &Snapshot, cancel: &CancelToken) -> Result<Self, Cancelled> {
        Ok(Self::Full(RetainingTree::new(snapshot, cancel)?))
    }

    /// Creates a tree whose parents are computed on demand. Once the token is cancelled, nodes have no parents, so that
    /// every climb ends; the caller then has to check the token.
    #[must_use]
    pub(super) fn lazy(snapshot: &'a Snapshot, cancel: &CancelToken) -> Self {
        let (last_roots, cancel) = (last_roots(snapshot), cancel.clone());
        Self::Lazy(LazyTree { snapshot, last_roots, known: Mutex::default(), cancel })
    }

    /// Returns the reference that holds a node and the object that has it. `None` for the root, user roots and
    /// unreachable nodes.
    #[must_use]
    pub(super) fn parent(&self, node: NodeOrdinal) -> Option<(EdgeIndex, NodeOrdinal)> {
        match self {
            Self::Full(tree) => tree.parent(node),
            Self::Lazy(tree) => tree.parent(node),
        }
    }

    /// Returns the reachable nodes, each after its parent; none if the tree is lazy.
    #[must_use]
    pub(super) fn order(&self) -> &[u32] {
        match self {
            Self::Full(tree) => &tree.order,
            Self::Lazy(_) => &[],
        }
    }

    /// Returns true if only compiled code and its feedback lead to the node: the runtime manages its life.
    #[must_use]
    pub(super) fn is_held_by_code(&self, node: NodeOrdinal) -> bool {
        match self {
            Self::Full(tree) => tree.is_held_by_code(node),
            Self::Lazy(tree) => {
                let mut at = node;
                for _ in 0..CODE_DEPTH {
                    let Some((_, parent)) = tree.parent(at) else { return false };
                    if is_code(tree.snapshot.kind(parent)) {
                        return true;
                    }
                    at = parent;
                }
                false
            }
        }
    }
}

/// The number of objects above a node that are searched for code.
const CODE_DEPTH: usize = 64;
/// The number of objects above a detour that are searched for the node itself.
const CYCLE_DEPTH: usize = 256;
/// The number of detours that may be nested while one is checked.
const DETOURS: usize = 3;

fn is_code(kind: NodeKind) -> bool {
    matches!(kind, NodeKind::CODE | NodeKind::OBJECT_SHAPE)
}

/// Parents that are computed on demand.
#[derive(Debug)]
pub(super) struct LazyTree<'a> {
    snapshot: &'a Snapshot,
    last_roots: HashSet<StringId>,
    /// By node, the edge from the parent; [`NONE`] if it has none.
    known: Mutex<HashMap<u32, (u32, u32)>>,
    cancel: CancelToken,
}

impl LazyTree<'_> {
    fn parent(&self, node: NodeOrdinal) -> Option<(EdgeIndex, NodeOrdinal)> {
        self.cancel.check().ok()?;
        self.parent_at(node, 0)
    }

    /// Returns the parent; `depth` is the number of detours that are being checked.
    ///
    /// Invariant: known parents form no cycle. A detour is taken only if the path from it to a root is known and does not
    /// contain the node; all other parents have a smaller distance. What is known never changes.
    fn parent_at(&self, node: NodeOrdinal, depth: usize) -> Option<(EdgeIndex, NodeOrdinal)> {
        let known = self.known(node).unwrap_or_else(|| {
            let found = self.nearest(node, depth).map_or((NONE, NONE), |(edge, parent)| (edge.0, parent.0));
            *self.known.lock().unwrap_or_else(PoisonError::into_inner).entry(node.0).or_insert(found)
        });
        let (edge, parent) = known;
        (edge != NONE).then_some((EdgeIndex(edge), NodeOrdinal(parent)))
    }

    fn known(&self, node: NodeOrdinal) -> Option<(u32, u32)> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&node.0).copied()
    }

    /// Returns the nearest retainer; if that is code, another one that leads to a root.
    fn nearest(&self, node: NodeOrdinal, depth: usize) -> Option<(EdgeIndex, NodeOrdinal)> {
        let snapshot = self.snapshot;
        let graph = snapshot.graph();
        let own = snapshot.distance(node).0;
        // The rank, and the edge.
        let mut nearest: Option<((bool, bool, i32), EdgeIndex, NodeOrdinal)> = None;
        let mut detour: Option<(i32, EdgeIndex, NodeOrdinal)> = None;
        for (edge, source) in retaining_sources(graph, node) {
            let distance = snapshot.distance(source).0;
            if distance < 0 || source == node || !holds(snapshot, source, edge) {
                continue;
            }
            let kind = graph.kind(source);
            let is_last = kind == NodeKind::SYNTHETIC && self.last_roots.contains(&graph.name_id(source));
            if distance < own {
                let rank = (is_code(kind), is_last, distance);
                if nearest.is_none_or(|(least, ..)| rank <= least) {
                    nearest = Some((rank, edge, source));
                    if rank == (false, false, own - 1) {
                        break;
                    }
                }
            } else if !is_code(kind) && detour.is_none_or(|(least, ..)| distance <= least) {
                detour = Some((distance, edge, source));
            }
        }
        match (nearest, detour) {
            // A longer path explains more than one through code.
            (Some(((true, ..), ..)), Some((_, edge, source)))
                if depth < DETOURS && !self.leads_to(source, node, depth) =>
            {
                Some((edge, source))
            }
            (nearest, _) => nearest.map(|(_, edge, source)| (edge, source)),
        }
    }

    /// Returns true if the path to an object contains a node, or is too long to know.
    fn leads_to(&self, object: NodeOrdinal, node: NodeOrdinal, depth: usize) -> bool {
        if self.snapshot.dominators().dominates(node, object) {
            return true;
        }
        let mut at = object;
        for _ in 0..CYCLE_DEPTH {
            if at == node {
                return true;
            }
            let Some((_, parent)) = self.parent_at(at, depth + 1) else { return false };
            at = parent;
        }
        true
    }
}

/// The tree. Columns have one entry per node.
#[derive(Debug)]
pub(super) struct RetainingTree {
    /// The edge from the parent.
    edges: Vec<u32>,
    parents: Vec<u32>,
    /// The nodes that have a path from a root, each after its parent.
    order: Vec<u32>,
    /// The queue from which the node was reached, or [`NOT_REACHED`].
    settled: Vec<u8>,
}

/// The queues of the search, in their order. Each has one for nodes that only code leads to, right after it.
const QUEUES: usize = 6;

impl RetainingTree {
    /// Searches the snapshot.
    ///
    /// # Errors
    /// Returns [`Cancelled`] if the operation is cancelled.
    fn new(snapshot: &Snapshot, cancel: &CancelToken) -> Result<Self, Cancelled> {
        let graph = snapshot.graph();
        let count = graph.node_count();
        let mut search = Search {
            snapshot,
            graph,
            tree: Self {
                edges: vec![NONE; count],
                parents: vec![NONE; count],
                order: Vec::new(),
                settled: vec![NOT_REACHED; count],
            },
            queues: Default::default(),
            last_roots: last_roots(snapshot),
        };
        search.run(cancel)?;
        Ok(search.tree)
    }

    fn parent(&self, node: NodeOrdinal) -> Option<(EdgeIndex, NodeOrdinal)> {
        let edge = self.edges[node.index()];
        (edge != NONE).then(|| (EdgeIndex(edge), NodeOrdinal(self.parents[node.index()])))
    }

    fn is_held_by_code(&self, node: NodeOrdinal) -> bool {
        let queue = self.settled[node.index()];
        queue != NOT_REACHED && queue % 2 == 1
    }
}

/// The queue of nodes that were not reached.
const NOT_REACHED: u8 = u8::MAX;

struct Search<'a> {
    snapshot: &'a Snapshot,
    graph: &'a HeapGraph,
    tree: RetainingTree,
    queues: [Vec<(u32, u32, u32)>; QUEUES],
    last_roots: HashSet<StringId>,
}

impl Search<'_> {
    fn run(&mut self, cancel: &CancelToken) -> Result<(), Cancelled> {
        let root = self.graph.root();
        let known = self.snapshot.known();
        for edge in self.graph.edges(root) {
            let target = self.graph.edge_target(edge);
            if known.is_user_root(self.graph, target) {
                self.queues[0].push((target.0, NONE, NONE));
            }
        }
        self.queues[2].push((root.0, NONE, NONE));
        for queue in 0..QUEUES {
            let mut next = 0;
            // Those queued by earlier queues may have been reached since.
            let waiting = std::mem::take(&mut self.queues[queue]);
            let first = self.tree.order.len();
            for (node, edge, parent) in waiting {
                self.reach(node, (edge, parent), queue);
            }
            next += first;
            while let Some(&node) = self.tree.order.get(next) {
                cancel.check_every(next)?;
                next += 1;
                self.enter(NodeOrdinal(node), queue);
            }
        }
        Ok(())
    }

    fn reach(&mut self, node: u32, (edge, parent): (u32, u32), queue: usize) {
        let settled = &mut self.tree.settled[node as usize];
        if *settled == NOT_REACHED {
            *settled = u8::try_from(queue).unwrap_or(NOT_REACHED);
            self.tree.edges[node as usize] = edge;
            self.tree.parents[node as usize] = parent;
            self.tree.order.push(node);
        }
    }

    /// Queues the nodes to which a node leads.
    fn enter(&mut self, node: NodeOrdinal, queue: usize) {
        let graph = self.graph;
        let kind = graph.kind(node);
        let is_root = kind == NodeKind::SYNTHETIC;
        let source = SourceKind::of(self.snapshot, node);
        let of_code = if is_code(kind) { queue | 1 } else { queue };
        for edge in graph.edges(node) {
            let target = graph.edge_target(edge);
            if self.tree.settled[target.index()] != NOT_REACHED || !source.holds(self.snapshot, node, edge) {
                continue;
            }
            let to = if is_root && self.last_roots.contains(&graph.name_id(target)) { 4 } else { of_code };
            if to <= queue {
                self.reach(target.0, (edge.0, node.0), queue);
            } else {
                self.queues[to].push((target.0, edge.0, node.0));
            }
        }
    }
}

/// The kinds of sources whose references follow special rules.
#[derive(Clone, Copy)]
struct SourceKind {
    is_context: bool,
    is_descriptors: bool,
}

/// Returns whether a reference keeps its target alive and explains that.
fn holds(snapshot: &Snapshot, source: NodeOrdinal, edge: EdgeIndex) -> bool {
    SourceKind::of(snapshot, source).holds(snapshot, source, edge)
}

impl SourceKind {
    fn of(snapshot: &Snapshot, node: NodeOrdinal) -> Self {
        let (graph, known) = (snapshot.graph(), snapshot.known());
        let kind = graph.kind(node);
        Self {
            is_context: kind == NodeKind::HIDDEN && known.native_context.contains(graph.name_id(node)),
            is_descriptors: kind == NodeKind::ARRAY && known.map_descriptors.contains(graph.name_id(node)),
        }
    }

    #[inline]
    fn holds(self, snapshot: &Snapshot, source: NodeOrdinal, edge: EdgeIndex) -> bool {
        let (graph, known) = (snapshot.graph(), snapshot.known());
        let kind = graph.edge_kind(edge);
        if kind == EdgeKind::WEAK {
            return false;
        }
        let name = graph.edge_names[edge.index()];
        if self.is_context && !kind.has_numeric_name() && known.sloppy_function_map.contains(StringId(name)) {
            return false;
        }
        if self.is_descriptors {
            let index = if kind.has_numeric_name() {
                Some(i64::from(name))
            } else {
                parse_int(&graph.strings().text(StringId(name)))
            };
            return index.is_none_or(|index| index < 2 || index % 3 != 1);
        }
        if kind == EdgeKind::INTERNAL
            && let Some(ephemeron) = snapshot.ephemerons().get(StringId(name))
        {
            return ephemeron.table_id != graph.id(source).0;
        }
        true
    }
}

/// Returns the names of roots that are asked last.
fn last_roots(snapshot: &Snapshot) -> HashSet<StringId> {
    let graph = snapshot.graph();
    let mut names = HashSet::new();
    let root = graph.root();
    let level = |node: NodeOrdinal| graph.edges(node).map(|edge| graph.edge_target(edge)).collect::<Vec<_>>();
    let mut roots = level(root);
    for at in 0..roots.len() {
        if graph.kind(roots[at]) == NodeKind::SYNTHETIC {
            roots.extend(level(roots[at]).into_iter().take(1024));
        }
    }
    for node in roots {
        let name = graph.name_id(node);
        if graph.kind(node) == NodeKind::SYNTHETIC && LAST_ROOTS.iter().any(|last| graph.strings().is(name, last)) {
            names.insert(name);
        }
    }
    names
}
