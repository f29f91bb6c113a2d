//! The heap graph: validated columns of nodes and edges, with outgoing edges and retainers as compressed rows.
//!
//! Everything here is a fact of the file; derived facts are in `analysis`. Each node column has one entry per
//! [`NodeOrdinal`], each edge column one per [`EdgeIndex`]; the edges of a node are adjacent.

mod build;
mod retainers;

use std::borrow::Cow;
use std::ops::Range;

pub(crate) use build::GraphError;

use crate::format::{AllocationTrace, Header, LocationTable, Sample, ScopeTables, StringTable};
use crate::model::bounds::{all_pairs, are_below, are_offsets, largest};
use crate::model::js::parse_int;
use crate::model::stored::stored;
use crate::model::{Column, Csr, EdgeIndex, EdgeKind, NodeKind, NodeOrdinal, ObjectId, StringId, convert, prefetch};

/// Nodes, edges and strings of one snapshot. Every index was checked to be in range.
#[derive(Debug)]
pub struct HeapGraph {
    pub(crate) header: Header,
    pub(crate) strings: StringTable,
    pub(crate) node_kinds: Vec<NodeKind>,
    pub(crate) node_names: Vec<u32>,
    pub(crate) node_ids: Column,
    /// Bytes of each node; moved to `analysis`.
    self_sizes: Column,
    /// The file's detachedness, low two bits; empty if no node has one.
    pub(crate) file_detachedness: Vec<u8>,
    /// Trace node of the allocation; empty if no node has one.
    pub(crate) trace_nodes: Vec<u32>,
    /// `node_count + 1` positions in the edge columns.
    pub(crate) first_edges: Vec<u32>,
    /// The source of every [`SOURCE_STEP`]th edge, followed by the last node.
    pub(crate) edge_sources: Vec<u32>,
    pub(crate) edge_kinds: Vec<EdgeKind>,
    pub(crate) edge_names: Vec<u32>,
    pub(crate) edge_targets: Vec<u32>,
    /// For each node the edges that lead to it, in descending order as in DevTools. Empty until they are found; see
    /// [`Self::find_retainers`].
    pub(crate) retainers: Csr,
    pub(crate) root: NodeOrdinal,
    pub(crate) locations: LocationTable,
    pub(crate) samples: Vec<Sample>,
    pub(crate) allocation_trace: AllocationTrace,
    pub(crate) scopes: ScopeTables,
}

stored!(HeapGraph {
    header,
    strings,
    node_kinds,
    node_names,
    node_ids,
    self_sizes,
    file_detachedness,
    trace_nodes,
    first_edges,
    edge_sources,
    edge_kinds,
    edge_names,
    edge_targets,
    retainers,
    root,
    locations,
    samples,
    allocation_trace,
    scopes,
});

/// The distance between edges whose source is stored.
pub(crate) const SOURCE_STEP: usize = 16;

/// The name of an edge: an array index or a string.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EdgeName {
    Index(u32),
    Text(StringId),
}

impl HeapGraph {
    /// Returns the metadata of the file.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    #[must_use]
    pub fn strings(&self) -> &StringTable {
        &self.strings
    }

    #[must_use]
    pub fn node_count(&self) -> usize {
        self.node_kinds.len()
    }

    #[must_use]
    pub fn edge_count(&self) -> usize {
        self.edge_targets.len()
    }

    /// Returns the root node, which may be at any position in the file.
    #[must_use]
    pub fn root(&self) -> NodeOrdinal {
        self.root
    }

    /// Returns all nodes in the order of the file.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = NodeOrdinal> + use<> {
        let count = convert::ordinal(self.node_count());
        (0..count).map(NodeOrdinal)
    }

    #[inline]
    #[must_use]
    pub fn kind(&self, node: NodeOrdinal) -> NodeKind {
        self.node_kinds[node.index()]
    }

    /// Returns the file's own name of the node's kind.
    #[must_use]
    pub fn kind_name(&self, node: NodeOrdinal) -> &str {
        self.header.node_kind_name(self.kind(node))
    }

    /// Returns the file's own name of a kind.
    #[must_use]
    pub fn name_of_kind(&self, kind: NodeKind) -> &str {
        self.header.node_kind_name(kind)
    }

    /// Returns the node's name in the file, without the prefix `Detached ` that DevTools adds.
    #[inline]
    #[must_use]
    pub fn name_id(&self, node: NodeOrdinal) -> StringId {
        StringId(self.node_names[node.index()])
    }

    #[inline]
    #[must_use]
    pub fn id(&self, node: NodeOrdinal) -> ObjectId {
        ObjectId(self.node_ids.get(node.index()))
    }

    /// Returns the first node with that id, using a linear scan (a few milliseconds for ten million nodes).
    #[must_use]
    pub fn find_id(&self, id: ObjectId) -> Option<NodeOrdinal> {
        let at = match &self.node_ids {
            Column::Narrow(ids) => {
                let wanted = u32::try_from(id.0).ok()?;
                ids.iter().position(|&id| id == wanted)
            }
            Column::Wide(ids) => ids.iter().position(|&wide| wide == id.0),
        };
        at.and_then(|at| u32::try_from(at).ok()).map(NodeOrdinal)
    }

    /// Returns the node's outgoing edges, as positions in the edge columns.
    #[inline]
    #[must_use]
    pub fn edge_range(&self, node: NodeOrdinal) -> Range<usize> {
        self.first_edges[node.index()] as usize..self.first_edges[node.index() + 1] as usize
    }

    /// Prefetches the data of the nodes that a search visits next, the furthest ones first, so that it does not wait
    /// for each.
    #[inline]
    pub(crate) fn prefetch_edges(&self, queue: &[u32], next: usize) {
        if let Some(&node) = queue.get(next + 16) {
            prefetch(&self.first_edges, node as usize);
        }
        if let Some(&node) = queue.get(next + 8) {
            let first = self.first_edges[node as usize] as usize;
            prefetch(&self.edge_kinds, first);
            prefetch(&self.edge_targets, first);
            prefetch(&self.edge_targets, first + 16);
        }
    }

    /// Returns the node's outgoing edges.
    #[inline]
    pub fn edges(
        &self,
        node: NodeOrdinal,
    ) -> impl ExactSizeIterator<Item = EdgeIndex> + DoubleEndedIterator + Clone + use<> {
        (self.first_edges[node.index()]..self.first_edges[node.index() + 1]).map(EdgeIndex)
    }

    #[inline]
    #[must_use]
    pub fn edge_kind(&self, edge: EdgeIndex) -> EdgeKind {
        self.edge_kinds[edge.index()]
    }

    /// Returns the file's own name of the edge's kind.
    #[must_use]
    pub fn edge_kind_name(&self, edge: EdgeIndex) -> &str {
        self.header.edge_kind_name(self.edge_kind(edge))
    }

    #[inline]
    #[must_use]
    pub fn edge_target(&self, edge: EdgeIndex) -> NodeOrdinal {
        NodeOrdinal(self.edge_targets[edge.index()])
    }

    /// Returns the source of the edge, using a search among the few possible nodes.
    #[inline]
    #[must_use]
    pub fn edge_source(&self, edge: EdgeIndex) -> NodeOrdinal {
        let step = edge.index() / SOURCE_STEP;
        let (mut source, last) = (self.edge_sources[step], self.edge_sources[step + 1]);
        if last - source > 64 {
            let starts = &self.first_edges[source as usize + 1..=last as usize];
            return NodeOrdinal(source + convert::ordinal(starts.partition_point(|&first| first <= edge.0)));
        }
        while self.first_edges[source as usize + 1] <= edge.0 {
            source += 1;
        }
        NodeOrdinal(source)
    }

    /// Returns the edge's name. As in DevTools, a `shortcut` whose name starts with a number is named by that number.
    #[inline]
    #[must_use]
    pub fn edge_name(&self, edge: EdgeIndex) -> EdgeName {
        let name = self.edge_names[edge.index()];
        match self.edge_kind(edge) {
            kind if kind.has_numeric_name() => EdgeName::Index(name),
            EdgeKind::SHORTCUT => {
                let number = parse_int(&self.strings.prefix(StringId(name), 32).0);
                number
                    .and_then(|number| u32::try_from(number).ok())
                    .map_or(EdgeName::Text(StringId(name)), EdgeName::Index)
            }
            _ => EdgeName::Text(StringId(name)),
        }
    }

    /// Returns the edge's name as text, with element indexes in decimal.
    #[must_use]
    pub fn edge_name_text(&self, edge: EdgeIndex) -> Cow<'_, str> {
        match self.edge_name(edge) {
            EdgeName::Index(index) => Cow::Owned(index.to_string()),
            EdgeName::Text(id) => self.strings.text(id),
        }
    }

    /// Returns the edges that lead to the node, including weak ones, in descending order.
    #[inline]
    pub fn retaining_edges(&self, node: NodeOrdinal) -> impl ExactSizeIterator<Item = EdgeIndex> + '_ {
        self.retainers.row(node.index()).iter().map(|&edge| EdgeIndex(edge))
    }

    /// Returns the edge at a position among those that lead to the node.
    #[inline]
    pub(crate) fn retaining_edge(&self, node: NodeOrdinal, at: usize) -> Option<EdgeIndex> {
        self.retainers.row(node.index()).get(at).map(|&edge| EdgeIndex(edge))
    }

    /// Returns the number of edges that lead to the node, including weak ones.
    #[inline]
    #[must_use]
    pub fn retainer_count(&self, node: NodeOrdinal) -> usize {
        self.retainers.row_len(node.index())
    }

    /// Returns whether the node has this kind and its name in the file is exactly `name`.
    #[must_use]
    pub fn is_named(&self, node: NodeOrdinal, kind: NodeKind, name: &str) -> bool {
        self.kind(node) == kind && self.strings.is(self.name_id(node), name)
    }

    /// Sets what [`Self::find_retainers`] found.
    pub(crate) fn set_retainers(&mut self, retainers: Csr) {
        self.retainers = retainers;
    }

    /// Takes the rows of `locations`, to be sorted by node.
    pub(crate) fn take_locations(&mut self) -> LocationTable {
        std::mem::take(&mut self.locations)
    }

    /// Takes the file's own sizes, one per node, to be turned into shallow sizes.
    pub(crate) fn take_self_sizes(&mut self) -> Column {
        std::mem::take(&mut self.self_sizes)
    }

    /// Returns the samples of an allocation timeline in the order of the file.
    #[must_use]
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// Returns the trace node of the node's allocation; 0 if the file has none.
    #[must_use]
    pub fn trace_node(&self, node: NodeOrdinal) -> u32 {
        self.trace_nodes.get(node.index()).copied().unwrap_or(0)
    }

    #[must_use]
    pub fn allocation_trace(&self) -> &AllocationTrace {
        &self.allocation_trace
    }

    /// Returns the scopes of functions and the context variables that they use.
    #[must_use]
    pub fn scopes(&self) -> &ScopeTables {
        &self.scopes
    }

    /// Returns whether the file has a detachedness for each node.
    #[must_use]
    pub fn has_detachedness(&self) -> bool {
        self.header.node_fields.iter().any(|field| field == "detachedness")
    }

    /// Takes the file's detachedness, to be refined: one entry per node, or none if no node has one.
    pub fn take_detachedness(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.file_detachedness)
    }

    /// Returns whether all columns have the right length and all indices are within their bounds. Used for graphs that
    /// were loaded.
    pub(crate) fn fits(&self) -> bool {
        let (nodes, edges, strings) = (self.node_count(), self.edge_count(), self.strings.len());
        let by_node = [self.node_names.len(), self.node_ids.len()];
        let by_node_or_empty = [self.file_detachedness.len(), self.trace_nodes.len()];
        let by_edge = [self.edge_kinds.len(), self.edge_names.len(), self.retainers.items().len()];
        by_node == [nodes; 2]
            && by_node_or_empty.iter().all(|&len| len == 0 || len == nodes)
            && by_edge == [edges; 3]
            && self.root.index() < nodes
            && self.first_edges.len() == nodes + 1
            && are_offsets(&self.first_edges, edges)
            && self.strings.fits()
            && are_below(&self.node_names, strings)
            && are_below(&self.edge_targets, nodes)
            && self.edge_names_fit(strings)
            && self.retainers.fits(nodes, edges)
            && build::are_edge_sources(&self.edge_sources, &self.first_edges)
            && self.kinds_fit()
            && self.allocation_trace.tree.fits()
            // These columns were moved to their owners.
            && self.locations.is_empty()
            && self.self_sizes.is_empty()
    }

    fn edge_names_fit(&self, strings: usize) -> bool {
        let Ok(strings) = u32::try_from(strings) else { return true };
        all_pairs(&self.edge_kinds, &self.edge_names, |kind, name| kind.has_numeric_name() || name < strings)
    }

    fn kinds_fit(&self) -> bool {
        let most_node_kind = largest(&self.node_kinds).map_or(0, |kind| kind.0);
        let most_edge_kind = largest(&self.edge_kinds).map_or(0, |kind| kind.0);
        self.header.fits(most_node_kind, most_edge_kind)
    }

    /// Returns the bytes held on the heap.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.strings.heap_bytes()
            + self.node_kinds.capacity()
            + self.node_names.capacity() * 4
            + self.node_ids.heap_bytes()
            + self.file_detachedness.capacity()
            + self.trace_nodes.capacity() * 4
            + (self.first_edges.capacity() + self.edge_sources.capacity()) * 4
            + self.edge_kinds.capacity()
            + self.edge_names.capacity() * 4
            + self.edge_targets.capacity() * 4
            + self.retainers.heap_bytes()
            + self.samples.capacity() * size_of::<Sample>()
            + self.allocation_trace.heap_bytes()
            + (self.scopes.scopes.capacity() + self.scopes.context_vars.capacity() + self.scopes.uses.capacity()) * 8
    }
}
