//! Normalized retaining paths: keys and element indexes are one step `[*]`, the runtime's own parts of a collection are
//! left out, and a chain of objects of one class is one step.
//!
//! Paths are numbered for all snapshots of a series, so that objects that are held in the same way have the same number in each.

use std::sync::{Mutex, PoisonError};

use foldhash::HashMap;

use super::tree::Tree;
use crate::model::{CancelToken, Cancelled, ClassId, EdgeIndex, EdgeKind, NodeKind, NodeOrdinal, StringId};
use crate::query::{Grouping, Identity, is_context, is_numbered, is_store};
use crate::snapshot::Snapshot;

/// The number of classes and names beyond those that can be counted.
const UNKNOWN: u32 = u32::MAX;
/// The path above the roots.
const TOP: u32 = u32::MAX - 1;
/// An object with more properties than this that lead to objects of one class is used as a map: their names are keys.
const KEYS: usize = 16;
/// A step that equals one of this many steps before it repeats a chain.
const PERIOD: usize = 8;

/// A field: the kind and the name of a reference.
pub(super) type Field = (u8, u32);
/// The field of everything that an object holds under keys and indexes.
pub(super) const CONTENTS: Field = (0, u32::MAX);
/// The kind of the fields of roots, which are named by classes.
const OF_ROOT: u8 = u8::MAX - 1;

/// Numbers of classes, names and paths for all snapshots of a series.
#[derive(Debug, Default)]
pub(super) struct Ways {
    classes: HashMap<Identity, u32>,
    names: HashMap<Box<[u8]>, u32>,
    by_step: HashMap<(u32, Field, u32), u32>,
    steps: Vec<(u32, Field, u32)>,
}

impl Ways {
    /// Returns the path extended by a step to an object of a class, or an earlier path if a chain repeats.
    fn step(&mut self, parent: u32, field: Field, class: u32) -> u32 {
        let mut at = parent;
        for _ in 0..PERIOD {
            let Some(&(above, taken, of)) = self.steps.get(at as usize) else { break };
            if (taken, of) == (field, class) {
                return at;
            }
            at = above;
        }
        let next = u32::try_from(self.steps.len()).unwrap_or(TOP);
        let way = *self.by_step.entry((parent, field, class)).or_insert(next);
        if way == next {
            self.steps.push((parent, field, class));
        }
        way
    }

    fn name(&mut self, text: &[u8]) -> u32 {
        if let Some(&known) = self.names.get(text) {
            return known;
        }
        let next = u32::try_from(self.names.len()).unwrap_or(UNKNOWN);
        self.names.insert(text.into(), next);
        next
    }

    /// Returns the number of classes.
    pub(super) fn class_count(&self) -> usize {
        self.classes.len()
    }
}

/// One snapshot of a series with what is needed to normalize its paths.
#[derive(Debug)]
pub(super) struct Side<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) tree: Tree<'a>,
    /// The number of each class in [`Ways`].
    class_numbers: Vec<u32>,
    /// By class of the snapshot.
    is_plumbing: Vec<bool>,
    /// By node, the reference out of the nearest object above it that is not plumbing; empty if the tree is lazy.
    fields: Vec<u32>,
    /// The same for the nodes of a lazy tree that were asked for.
    asked: Mutex<HashMap<u32, u32>>,
    /// By string, the number in [`Ways`].
    names: HashMap<u32, u32>,
    /// By holder, the classes that its properties use as values of keys.
    keyed: HashMap<u32, Vec<u32>>,
    ways: HashMap<u32, u32>,
}

impl<'a> Side<'a> {
    pub(super) fn new(snapshot: &'a Snapshot, group: &Grouping<'_>, ways: &mut Ways, tree: Tree<'a>) -> Self {
        let classes = snapshot.classes();
        let mut number = |identity: &Identity| {
            let next = u32::try_from(ways.classes.len()).unwrap_or(UNKNOWN);
            *ways.classes.entry(identity.clone()).or_insert(next)
        };
        let class_numbers = group.identities.iter().map(&mut number).collect();
        let is_plumbing = classes.all().iter().map(|class| is_plumbing(class.kind, &class.name)).collect();
        let names = HashMap::default();
        Self {
            snapshot,
            tree,
            class_numbers,
            is_plumbing,
            fields: Vec::new(),
            asked: Mutex::default(),
            names,
            keyed: HashMap::default(),
            ways: HashMap::default(),
        }
    }

    /// Finds the field of each node.
    ///
    /// # Errors
    /// Returns [`Cancelled`] if the operation is cancelled.
    pub(super) fn find_fields(&mut self, cancel: &CancelToken) -> Result<(), Cancelled> {
        let graph = self.snapshot.graph();
        let mut fields = vec![u32::MAX; graph.node_count()];
        for (at, &node) in self.tree.order().iter().enumerate() {
            cancel.check_every(at)?;
            let node = NodeOrdinal(node);
            let Some((edge, parent)) = self.tree.parent(node) else { continue };
            let above = fields[parent.index()];
            let continues = above != u32::MAX && (self.is_plumbing(parent) || self.is_chain(parent, edge, node));
            fields[node.index()] = if continues { above } else { edge.0 };
        }
        self.fields = fields;
        Ok(())
    }

    /// Returns true for parts of collections and other objects of the runtime that only connect what a program made.
    #[inline]
    pub(super) fn is_plumbing(&self, node: NodeOrdinal) -> bool {
        self.is_plumbing[self.snapshot.class_id(node).index()]
    }

    /// Returns the number of a node's class.
    #[inline]
    pub(super) fn class(&self, node: NodeOrdinal) -> u32 {
        let ClassId(class) = self.snapshot.class_id(node);
        self.class_numbers[class as usize]
    }

    /// Returns, by class of the snapshot, whether the number of the class passes a test.
    pub(super) fn classes_among(&self, test: impl Fn(u32) -> bool) -> Vec<bool> {
        self.class_numbers.iter().map(|&class| test(class)).collect()
    }

    /// Returns true if a reference leads from an object to the next one of a list or a tree.
    pub(super) fn is_chain(&self, parent: NodeOrdinal, edge: EdgeIndex, node: NodeOrdinal) -> bool {
        let graph = self.snapshot.graph();
        let class = self.snapshot.class_id(node);
        self.snapshot.class_id(parent) == class
            && matches!(graph.edge_kind(edge), EdgeKind::PROPERTY | EdgeKind::INTERNAL | EdgeKind::CONTEXT)
            && !is_numbered(self.snapshot.graph(), edge)
            && !is_shapeless(&self.snapshot.classes().get(class).name)
    }

    /// Returns the reference by which the nearest object above a node that is not plumbing holds it. Chains are
    /// skipped. `None` for roots.
    #[inline]
    pub(super) fn field_edge(&self, node: NodeOrdinal) -> Option<EdgeIndex> {
        let edge = match self.fields.get(node.index()) {
            Some(&edge) => edge,
            None => self.asked_field(node),
        };
        (edge != u32::MAX).then_some(EdgeIndex(edge))
    }

    /// Finds the field of one node of a lazy tree.
    fn asked_field(&self, node: NodeOrdinal) -> u32 {
        let known = |node: NodeOrdinal| self.asked.lock().unwrap_or_else(PoisonError::into_inner).get(&node.0).copied();
        let mut open: Vec<(NodeOrdinal, u32)> = Vec::new();
        let mut at = node;
        let mut field = loop {
            if let Some(field) = known(at) {
                break field;
            }
            let Some((edge, parent)) = self.tree.parent(at) else { break u32::MAX };
            open.push((at, edge.0));
            if !self.is_plumbing(parent) && !self.is_chain(parent, edge, at) {
                break edge.0;
            }
            at = parent;
        };
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        // As for a full tree: what a root holds directly starts a field of its own.
        for (node, edge) in open.into_iter().rev() {
            if field == u32::MAX {
                field = edge;
            }
            asked.insert(node.0, field);
        }
        field
    }

    /// Returns the normalized name of a reference to objects of a class.
    pub(super) fn field(&mut self, edge: EdgeIndex, class: u32, ways: &mut Ways) -> Field {
        let graph = self.snapshot.graph();
        let kind = graph.edge_kind(edge);
        let source = graph.edge_source(edge);
        if graph.kind(source) == NodeKind::SYNTHETIC {
            // What a root holds has nothing in common but its class.
            return (OF_ROOT, class);
        }
        if is_store(self.snapshot.graph(), edge) || (kind == EdgeKind::PROPERTY && self.is_key(edge, class)) {
            return CONTENTS;
        }
        let name = graph.edge_names[edge.index()];
        let known = self.names.get(&name).copied();
        let number = known.unwrap_or_else(|| ways.name(graph.strings().raw(StringId(name))));
        self.names.insert(name, number);
        (kind.0, number)
    }

    /// Returns true if a reference leads to an entry of a collection, or of an object that is used as a map.
    pub(super) fn is_contents(&self, edge: EdgeIndex) -> bool {
        let graph = self.snapshot.graph();
        is_store(self.snapshot.graph(), edge)
            || (graph.edge_kind(edge) == EdgeKind::PROPERTY && self.is_keyed(edge, self.class(graph.edge_target(edge))))
    }

    /// Returns true if the source of a reference uses its properties as keys of values of the class.
    pub(super) fn is_key(&mut self, edge: EdgeIndex, class: u32) -> bool {
        let source = self.snapshot.graph().edge_source(edge);
        let keyed = self.keyed(source);
        keyed.contains(&class)
    }

    /// As [`Self::is_key`], without remembering the answer.
    pub(super) fn is_keyed(&self, edge: EdgeIndex, class: u32) -> bool {
        self.classes_under_keys(self.snapshot.graph().edge_source(edge)).contains(&class)
    }

    fn classes_under_keys(&self, source: NodeOrdinal) -> Vec<u32> {
        let graph = self.snapshot.graph();
        let mut counts: HashMap<u32, usize> = HashMap::default();
        if graph.edge_range(source).len() > KEYS {
            for edge in graph.edges(source).filter(|&edge| graph.edge_kind(edge) == EdgeKind::PROPERTY) {
                *counts.entry(self.class(graph.edge_target(edge))).or_default() += 1;
            }
        }
        let mut keyed: Vec<u32> =
            counts.into_iter().filter(|&(_, count)| count > KEYS).map(|(class, _)| class).collect();
        keyed.sort_unstable();
        keyed
    }

    /// Returns the classes that an object holds under keys.
    fn keyed(&mut self, source: NodeOrdinal) -> &[u32] {
        if !self.keyed.contains_key(&source.0) {
            let keyed = self.classes_under_keys(source);
            self.keyed.insert(source.0, keyed);
        }
        self.keyed.get(&source.0).map_or(&[], Vec::as_slice)
    }

    /// Returns the normalized path to an object.
    pub(super) fn way(&mut self, node: NodeOrdinal, ways: &mut Ways, cancel: &CancelToken) -> Result<u32, Cancelled> {
        let graph = self.snapshot.graph();
        let mut open: Vec<(NodeOrdinal, EdgeIndex)> = Vec::new();
        let mut at = node;
        let mut way = loop {
            if let Some(&known) = self.ways.get(&at.0) {
                break known;
            }
            cancel.check_every(open.len() + 1)?;
            let Some(edge) = self.field_edge(at) else { break self.root(at, ways) };
            open.push((at, edge));
            at = graph.edge_source(edge);
        };
        for (node, edge) in open.into_iter().rev() {
            let class = self.class(node);
            let field = self.field(edge, class, ways);
            way = ways.step(way, field, class);
            self.ways.insert(node.0, way);
        }
        Ok(way)
    }

    fn root(&mut self, node: NodeOrdinal, ways: &mut Ways) -> u32 {
        let graph = self.snapshot.graph();
        let name = ways.name(graph.strings().raw(graph.name_id(node)));
        let way = ways.step(TOP, (u8::MAX, name), self.class(node));
        self.ways.insert(node.0, way);
        way
    }
}

/// Returns true for classes whose objects have no fields in common, so that they are no nodes of a list.
pub(super) fn is_shapeless(class: &str) -> bool {
    matches!(class, "Object" | "Array" | "Map" | "Set" | "Function" | "(concatenated string)")
}

/// Native objects of Chromium that only connect others: containers, and what leads from a DOM node to its listeners.
const NATIVE_PLUMBING: [&str; 9] = [
    "blink::Heap",
    "blink::BasicHeap",
    "blink::EventTargetData",
    "blink::EventListenerMap",
    "blink::RegisteredEventListener",
    "blink::ScriptWrappable",
    "EventListener",
    "cppgc::",
    "std::",
];

/// Returns true for classes of the runtime that only connect objects of a program.
fn is_plumbing(kind: NodeKind, class: &str) -> bool {
    match kind {
        NodeKind::HIDDEN | NodeKind::ARRAY | NodeKind::CODE | NodeKind::OBJECT_SHAPE => true,
        NodeKind::SYNTHETIC => false,
        NodeKind::NATIVE => NATIVE_PLUMBING.iter().any(|prefix| class.starts_with(prefix)),
        _ => class.starts_with("system / ") && !is_context(class),
    }
}
