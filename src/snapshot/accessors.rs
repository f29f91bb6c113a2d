//! Reading a snapshot: each function reads one fact about the snapshot or one of its objects.

use std::borrow::Cow;
use std::sync::Arc;

use super::{Snapshot, SourceInfo};
use crate::analysis::{
    Class, Classes, DominatorTree, Ephemerons, JoinedClasses, Location, Locations, Originals, Producer, Ropes, Shapes,
    Statistics, WellKnown, classes, concatenated, display_name, is_essential,
};
use crate::format::Recovery;
use crate::graph::HeapGraph;
use crate::model::{
    CancelToken, Cancelled, ClassId, Column, Detachedness, Distance, EdgeIndex, HeapBytes as _, NodeKind, NodeOrdinal,
    ObjectId,
};

impl Snapshot {
    /// Returns the missing data, if the file was damaged and partially recovered.
    #[must_use]
    pub fn recovery(&self) -> Option<&Recovery> {
        self.recovery.as_ref()
    }

    #[must_use]
    pub fn source(&self) -> &SourceInfo {
        &self.source
    }

    #[must_use]
    pub fn graph(&self) -> &HeapGraph {
        &self.facts.graph
    }

    #[must_use]
    pub fn known(&self) -> &WellKnown {
        &self.facts.known
    }

    #[must_use]
    pub fn ephemerons(&self) -> &Ephemerons {
        &self.facts.ephemerons
    }

    #[must_use]
    pub fn root(&self) -> NodeOrdinal {
        self.facts.graph.root()
    }

    #[must_use]
    pub fn id(&self, node: NodeOrdinal) -> ObjectId {
        self.facts.graph.id(node)
    }

    #[must_use]
    pub fn kind(&self, node: NodeOrdinal) -> NodeKind {
        self.facts.graph.kind(node)
    }

    /// Returns the bytes of the node itself and of the parts that it alone owns.
    #[inline]
    #[must_use]
    pub fn shallow_size(&self, node: NodeOrdinal) -> u64 {
        self.facts.sizes.shallow().get(node.index())
    }

    /// Returns the node's own size in bytes in the file.
    #[must_use]
    pub fn self_size(&self, node: NodeOrdinal) -> u64 {
        self.facts.sizes.self_size(node)
    }

    /// Returns whether the edge, which starts at `source`, keeps its target alive.
    #[must_use]
    pub fn is_essential(&self, source: NodeOrdinal, edge: EdgeIndex) -> bool {
        is_essential(&self.facts.graph, &self.facts.ephemerons, &self.facts.page_objects, source, edge)
    }

    /// Returns shallow sizes by ordinal.
    #[must_use]
    pub fn shallow_sizes(&self) -> &Column {
        self.facts.sizes.shallow()
    }

    /// Returns retained sizes by ordinal.
    #[must_use]
    pub fn retained_sizes(&self) -> &Column {
        &self.facts.retained_sizes
    }

    /// Returns the bytes that would be freed with the node.
    #[inline]
    #[must_use]
    pub fn retained_size(&self, node: NodeOrdinal) -> u64 {
        self.facts.retained_sizes.get(node.index())
    }

    #[inline]
    #[must_use]
    pub fn distance(&self, node: NodeOrdinal) -> Distance {
        Distance(self.facts.distances[node.index()])
    }

    /// Returns distances by ordinal, encoded as [`Distance`].
    #[must_use]
    pub fn distances(&self) -> &[i32] {
        &self.facts.distances
    }

    /// Returns whether no strong references lead to the node from the root. Reachable nodes may have no distance
    /// either: distances leave out some of the runtime's own references.
    #[inline]
    #[must_use]
    pub fn is_unreachable(&self, node: NodeOrdinal) -> bool {
        self.unreachable.contains(node.index())
    }

    #[must_use]
    pub fn detachedness(&self, node: NodeOrdinal) -> Detachedness {
        self.facts.dom.get(node)
    }

    #[must_use]
    pub fn dominators(&self) -> &DominatorTree {
        &self.facts.dominators
    }

    #[must_use]
    pub fn shapes(&self) -> &Shapes {
        &self.facts.shapes
    }

    #[must_use]
    pub fn classes(&self) -> &Classes {
        &self.facts.classes
    }

    /// Returns the class of a node.
    #[must_use]
    pub fn class(&self, node: NodeOrdinal) -> &Class {
        self.facts.classes.get(self.facts.classes.of(node))
    }

    #[must_use]
    pub fn class_id(&self, node: NodeOrdinal) -> ClassId {
        self.facts.classes.of(node)
    }

    /// Returns the classes with those of reloaded scripts joined, if they were computed before.
    #[must_use]
    pub fn joined_classes(&self) -> Option<&JoinedClasses> {
        self.joined_classes.get()
    }

    /// Stores joined classes. Returns the stored ones, which may be those of an earlier call.
    pub(crate) fn keep_joined_classes(&self, joined: JoinedClasses) -> &JoinedClasses {
        self.joined_classes.get_or_init(|| joined)
    }

    #[must_use]
    pub fn locations(&self) -> &Locations {
        &self.facts.locations
    }

    #[must_use]
    pub fn location(&self, node: NodeOrdinal) -> Option<Location> {
        self.facts.locations.get(node)
    }

    #[must_use]
    pub fn statistics(&self) -> &Statistics {
        &self.facts.statistics
    }

    /// Returns the largest id of a JavaScript object, or 0 if there is none. V8 assigns ascending odd ids during the
    /// life of a process.
    #[must_use]
    pub fn max_object_id(&self) -> u64 {
        self.facts.max_object_id
    }

    /// Returns the total bytes of the snapshot: the root's retained size, and native memory without a node.
    #[must_use]
    pub fn total_size(&self) -> u64 {
        self.facts.statistics.total
    }

    /// Returns the program that wrote the file, as far as known.
    #[must_use]
    pub fn producer(&self) -> &Producer {
        &self.facts.producer
    }

    /// Returns whether the node is shown as `Detached …` although its name in the file lacks the prefix.
    #[must_use]
    pub fn is_renamed(&self, node: NodeOrdinal) -> bool {
        self.facts.dom.is_renamed(&self.facts.graph, node)
    }

    /// Returns the name in the file, with the prefix `Detached ` where DevTools adds it.
    #[must_use]
    pub fn raw_name(&self, node: NodeOrdinal) -> Cow<'_, str> {
        let name = self.facts.graph.strings().text(self.facts.graph.name_id(node));
        if self.facts.dom.is_renamed(&self.facts.graph, node) { Cow::Owned(format!("Detached {name}")) } else { name }
    }

    /// Prepares for requests of many names. Without it, the names of strings that were built by very many additions
    /// take long. Visits all concatenated strings the first time.
    pub fn expect_many_names(&self) {
        self.ropes.get_or_init(|| Ropes::new(&self.facts.graph, &self.facts.known, &self.facts.dom));
    }

    /// Returns the display name: `{a, b, …}` for plain objects, contents for strings, cut after some thousand
    /// characters.
    #[must_use]
    pub fn display_name(&self, node: NodeOrdinal) -> Cow<'_, str> {
        if let Some(name) = self.written_name(node) {
            return Cow::Borrowed(name);
        }
        display_name(&self.facts.graph, &self.facts.known, &self.facts.dom, self.ropes.get(), node)
    }

    /// Returns the name that a function or the class of an object has as written, if it is the name of the node.
    fn written_name(&self, node: NodeOrdinal) -> Option<&str> {
        if self.originals.is_empty() {
            return None;
        }
        match self.kind(node) {
            NodeKind::CLOSURE => self.originals.name(self.location(node)?),
            NodeKind::OBJECT => {
                let class = self.class(node);
                let generated = class.generated_name.as_deref()?;
                self.facts.graph.strings().is(self.facts.graph.name_id(node), generated).then_some(class.name.as_str())
            }
            _ => None,
        }
    }

    /// Returns the names and positions as written, from source maps.
    #[must_use]
    pub fn originals(&self) -> &Arc<Originals> {
        &self.originals
    }

    /// Returns the value of a string node up to about `max_bytes`, with the parts of a concatenated string joined, and
    /// whether it has more.
    #[must_use]
    pub fn string_value(&self, node: NodeOrdinal, max_bytes: usize) -> (Cow<'_, str>, bool) {
        if self.kind(node) == NodeKind::CONCATENATED_STRING {
            let (text, more) =
                concatenated(&self.facts.graph, &self.facts.known, &self.facts.dom, None, node, (max_bytes, max_bytes));
            (Cow::Owned(text), more)
        } else {
            self.facts.graph.strings().prefix(self.facts.graph.name_id(node), max_bytes)
        }
    }

    /// Returns the edge's name as DevTools shows it: element indexes in decimal, and only the number of `shortcut`
    /// names that start with one.
    #[must_use]
    pub fn edge_name(&self, edge: EdgeIndex) -> Cow<'_, str> {
        self.facts.graph.edge_name_text(edge)
    }

    /// Groups the snapshot's nodes by the shapes of another one, to compare two snapshots.
    ///
    /// # Errors
    /// Returns [`Cancelled`] if `cancel` stops the work.
    pub fn regrouped(&self, shapes: &Shapes, cancel: &CancelToken) -> Result<Cow<'_, Classes>, Cancelled> {
        if self.facts.shapes.names == shapes.names && self.facts.shapes.properties == shapes.properties {
            return Ok(Cow::Borrowed(&self.facts.classes));
        }
        let mut regrouped =
            classes(&self.facts.graph, &self.facts.known, &self.facts.dom, shapes, &self.facts.locations, cancel)?;
        let (shallow, retained) = (self.facts.sizes.shallow(), &self.facts.retained_sizes);
        regrouped.sum_up(shallow, retained, &self.facts.distances, &self.facts.dominators, cancel)?;
        regrouped.rename(&self.originals);
        Ok(Cow::Owned(regrouped))
    }

    /// Returns the bytes that the snapshot holds in memory.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.facts.heap_bytes()
            + self.unreachable.heap_bytes()
            + self.ropes.get().map_or(0, Ropes::heap_bytes)
            + self.joined_classes.get().map_or(0, JoinedClasses::heap_bytes)
    }
}
