//! From raw tables to a graph in which every index is in range.

use super::retainers::retainers;
use super::{HeapGraph, SOURCE_STEP};
use crate::format::{EdgeTable, NodeTable, Place, RawSnapshot};
use crate::model::bounds::all;
use crate::model::{CancelToken, Cancelled, Csr, EdgeKind, NodeOrdinal};

/// The reason why tables are not a valid graph.
#[derive(Debug, thiserror::Error)]
pub enum GraphError {
    #[error("section `nodes` is empty; a snapshot has at least a root node")]
    Empty,
    #[error(
        "section `snapshot`: `root_index` is {root_index}, which is not the start of a node (node count: {node_count}, fields per node: {node_fields})"
    )]
    Root { root_index: u64, node_count: usize, node_fields: usize },
    #[error("section `nodes`: the edge counts add up to {declared}, but section `edges` has {found} edges")]
    EdgeCounts { declared: u64, found: usize },
    #[error("{}: found string {string}, expected one of the {strings} in section `strings`", at(*.place, *.offset))]
    StringIndex { place: Place, offset: Option<u64>, string: u32, strings: usize },
    #[error("{}: found an edge to node {target}, expected one of the {nodes} in section `nodes`", at(*.place, *.offset))]
    Target { place: Place, offset: Option<u64>, target: u32, nodes: usize },
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// Formats the section, byte offset and row of a value.
fn at(place: Place, offset: Option<u64>) -> String {
    let Place { section, row, field } = place;
    match offset {
        Some(offset) => format!("section `{section}`, byte {offset} (`{field}` of row {row})"),
        None => format!("section `{section}`, `{field}` of row {row}"),
    }
}

impl GraphError {
    /// Returns the position of the invalid value, if the error concerns a single one.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        match self {
            Self::StringIndex { place, .. } | Self::Target { place, .. } => Some(*place),
            _ => None,
        }
    }

    /// Sets the byte offset of the value.
    pub(crate) fn set_offset(&mut self, found: Option<u64>) {
        if let Self::StringIndex { offset, .. } | Self::Target { offset, .. } = self {
            *offset = found;
        }
    }
}

impl HeapGraph {
    /// Validates all indices. The graph has no retainers yet; see [`Self::find_retainers`].
    ///
    /// # Errors
    /// Returns a `GraphError` for the first invalid index, or if cancelled.
    pub fn build(raw: RawSnapshot, cancel: &CancelToken) -> Result<Self, GraphError> {
        let RawSnapshot { header, mut nodes, edges, strings, locations, samples, allocation_trace, scopes, .. } = raw;
        let node_count = nodes.kinds.len();
        let edge_count = edges.targets.len();
        if node_count == 0 {
            return Err(GraphError::Empty);
        }
        let root = root(header.root_index, node_count, header.node_fields.len())?;
        let first_edges = first_edges(std::mem::take(&mut nodes.edge_counts), edge_count)?;
        cancel.check()?;

        check(&nodes, &edges, strings.len())?;
        cancel.check()?;
        let edge_sources = edge_sources(&first_edges);
        Ok(Self {
            header,
            strings,
            node_kinds: nodes.kinds,
            node_names: nodes.names,
            node_ids: nodes.ids,
            self_sizes: nodes.self_sizes,
            file_detachedness: nodes.detachedness,
            trace_nodes: nodes.trace_nodes,
            first_edges,
            edge_sources,
            edge_kinds: edges.kinds,
            edge_names: edges.names,
            edge_targets: edges.targets,
            retainers: Csr::default(),
            root,
            locations,
            samples,
            allocation_trace,
            scopes,
        })
    }

    /// Finds the retainers of all nodes. They take as much memory as the targets, and computing dominators does not need
    /// them, so they are set later.
    ///
    /// # Errors
    /// Returns [`Cancelled`] if `cancel` stops the work.
    pub(crate) fn find_retainers(&self, cancel: &CancelToken) -> Result<Csr, Cancelled> {
        retainers(&self.edge_targets, self.node_count(), cancel)
    }
}

/// Looks for an invalid index. The reader recorded the maximum of each column, so a column is searched only if its
/// maximum is too large.
fn check(nodes: &NodeTable, edges: &EdgeTable, strings: usize) -> Result<(), GraphError> {
    let string_error = |section, row, field, string| {
        Err(GraphError::StringIndex { place: Place { section, row, field }, offset: None, string, strings })
    };
    let node_count = nodes.kinds.len();
    if nodes.max_name as usize >= strings
        && let Some(row) = nodes.names.iter().position(|&name| name as usize >= strings)
    {
        return string_error("nodes", row, "name", nodes.names[row]);
    }
    let is_bad = |(kind, name): (&EdgeKind, &u32)| !kind.has_numeric_name() && *name as usize >= strings;
    if edges.max_name as usize >= strings
        && let Some(row) = edges.kinds.iter().zip(&edges.names).position(is_bad)
    {
        return string_error("edges", row, "name_or_index", edges.names[row]);
    }
    if edges.max_target as usize >= node_count
        && let Some(row) = edges.targets.iter().position(|&target| target as usize >= node_count)
    {
        let place = Place { section: "edges", row, field: "to_node" };
        return Err(GraphError::Target { place, offset: None, target: edges.targets[row], nodes: node_count });
    }
    Ok(())
}

fn root(root_index: u64, node_count: usize, node_fields: usize) -> Result<NodeOrdinal, GraphError> {
    let ordinal = root_index / node_fields as u64;
    if ordinal >= node_count as u64 || !root_index.is_multiple_of(node_fields as u64) {
        return Err(GraphError::Root { root_index, node_count, node_fields });
    }
    u32::try_from(ordinal).map(NodeOrdinal).map_err(|_| GraphError::Root { root_index, node_count, node_fields })
}

/// Returns the source of every [`SOURCE_STEP`]th edge, followed by the last node.
pub(super) fn edge_sources(first_edges: &[u32]) -> Vec<u32> {
    let edge_count = first_edges.last().map_or(0, |&count| count as usize);
    let mut sources = Vec::with_capacity(edge_count / SOURCE_STEP + 2);
    let mut next = 0;
    for (node, &end) in (0_u32..).zip(first_edges.get(1..).unwrap_or_default()) {
        while next < end as usize {
            sources.push(node);
            next += SOURCE_STEP;
        }
    }
    sources.push(u32::try_from(first_edges.len().saturating_sub(2)).unwrap_or(0));
    sources
}

/// Returns whether these are the [`edge_sources`] of valid positions of first edges.
pub(super) fn are_edge_sources(sources: &[u32], first_edges: &[u32]) -> bool {
    let edge_count = first_edges.last().map_or(0, |&count| count as usize);
    let Some((&last, sources)) = sources.split_last() else { return false };
    let is_source = |at: usize, node: u32| {
        let (edge, node) = (at * SOURCE_STEP, node as usize);
        let range = first_edges.get(node).zip(first_edges.get(node + 1));
        range.is_some_and(|(&first, &end)| first as usize <= edge && edge < end as usize)
    };
    sources.len() == edge_count.div_ceil(SOURCE_STEP)
        && last as usize == first_edges.len().saturating_sub(2)
        && all(sources, is_source)
}

/// Turns the counts into the position of each node's first edge, followed by the number of edges.
fn first_edges(mut edge_counts: Vec<u32>, edge_count: usize) -> Result<Vec<u32>, GraphError> {
    let declared: u64 = edge_counts.iter().map(|&count| u64::from(count)).sum();
    if declared != edge_count as u64 {
        return Err(GraphError::EdgeCounts { declared, found: edge_count });
    }
    let mut first = 0_u32;
    for count in &mut edge_counts {
        first += std::mem::replace(count, first);
    }
    edge_counts.reserve_exact(1);
    edge_counts.push(first);
    Ok(edge_counts)
}
