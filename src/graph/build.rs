//! From raw tables to a graph in which every index is in range.

use rayon::prelude::*;

use super::HeapGraph;
use super::retainers::retainers;
use crate::format::{Place, RawSnapshot};
use crate::model::{CancelToken, Cancelled, EdgeKind, NodeOrdinal, Phase, Progress};

/// Why tables are no graph.
#[derive(Debug, thiserror::Error)]
pub enum GraphError {
    #[error("section `nodes`: it has no rows, a heap snapshot has at least a root")]
    Empty,
    #[error(
        "section `snapshot`: `root_index` is {root_index}, which is not the start of a node (there are {node_count}, of {node_fields} fields)"
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

/// Section, byte and row of a value.
fn at(place: Place, offset: Option<u64>) -> String {
    let Place { section, row, field } = place;
    match offset {
        Some(offset) => format!("section `{section}`, byte {offset} (`{field}` of row {row})"),
        None => format!("section `{section}`, `{field}` of row {row}"),
    }
}

impl GraphError {
    /// The value that is wrong, if it is a single one.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        match self {
            Self::StringIndex { place, .. } | Self::Target { place, .. } => Some(*place),
            _ => None,
        }
    }

    /// Says at which byte the value stands.
    pub(crate) fn set_offset(&mut self, found: Option<u64>) {
        if let Self::StringIndex { offset, .. } | Self::Target { offset, .. } = self {
            *offset = found;
        }
    }
}

impl HeapGraph {
    /// Checks all indices and builds the retainers.
    ///
    /// # Errors
    /// [`GraphError`] for the first index that leads nowhere, or when cancelled.
    pub fn build(raw: RawSnapshot, progress: &Progress, cancel: &CancelToken) -> Result<Self, GraphError> {
        let RawSnapshot { header, nodes, edges, strings, locations, samples, allocation_trace, scopes, .. } = raw;
        let node_count = nodes.kinds.len();
        let edge_count = edges.targets.len();
        progress.start(Phase::Retainers, 2 * edge_count as u64);
        if node_count == 0 {
            return Err(GraphError::Empty);
        }
        let root = root(header.root_index, node_count, header.node_fields.len())?;
        let first_edges = first_edges(&nodes.edge_counts, edge_count)?;
        drop(nodes.edge_counts);
        cancel.check()?;

        let bad_name = nodes.names.par_iter().position_first(|&name| name as usize >= strings.len());
        if let Some(row) = bad_name {
            let place = Place { section: "nodes", row, field: "name" };
            let string = nodes.names[row];
            return Err(GraphError::StringIndex { place, offset: None, string, strings: strings.len() });
        }
        let bad_name = edges.names.par_iter().zip(&edges.kinds).position_first(|(&name, kind): (&u32, &EdgeKind)| {
            !kind.has_numeric_name() && name as usize >= strings.len()
        });
        if let Some(row) = bad_name {
            let place = Place { section: "edges", row, field: "name_or_index" };
            let string = edges.names[row];
            return Err(GraphError::StringIndex { place, offset: None, string, strings: strings.len() });
        }
        cancel.check()?;
        let bad_target = edges.targets.par_iter().position_first(|&target| target as usize >= node_count);
        if let Some(row) = bad_target {
            let place = Place { section: "edges", row, field: "to_node" };
            return Err(GraphError::Target { place, offset: None, target: edges.targets[row], nodes: node_count });
        }
        let retainers = retainers(&edges.targets, node_count, progress, cancel)?;
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
            edge_kinds: edges.kinds,
            edge_names: edges.names,
            edge_targets: edges.targets,
            retainers,
            root,
            locations,
            samples,
            allocation_trace,
            scopes,
        })
    }
}

fn root(root_index: u64, node_count: usize, node_fields: usize) -> Result<NodeOrdinal, GraphError> {
    let ordinal = root_index / node_fields as u64;
    if ordinal >= node_count as u64 || !root_index.is_multiple_of(node_fields as u64) {
        return Err(GraphError::Root { root_index, node_count, node_fields });
    }
    u32::try_from(ordinal).map(NodeOrdinal).map_err(|_| GraphError::Root { root_index, node_count, node_fields })
}

/// Positions of each node's first edge, with the number of edges at the end.
fn first_edges(edge_counts: &[u32], edge_count: usize) -> Result<Vec<u32>, GraphError> {
    let declared: u64 = edge_counts.par_iter().map(|&count| u64::from(count)).sum();
    if declared != edge_count as u64 {
        return Err(GraphError::EdgeCounts { declared, found: edge_count });
    }
    let mut first = 0_u32;
    let mut first_edges = Vec::with_capacity(edge_counts.len() + 1);
    for &count in edge_counts {
        first_edges.push(first);
        first += count;
    }
    first_edges.push(first);
    Ok(first_edges)
}
