//! Source locations of objects.

pub use crate::format::Location;
use crate::format::LocationTable;
use crate::model::NodeOrdinal;
use crate::model::bounds::{are_below, ascends};
use crate::model::stored::stored;

/// The locations in a file, by node.
#[derive(Clone, Debug, Default)]
pub struct Locations {
    /// Ascending, without duplicates.
    nodes: Vec<u32>,
    /// For each of them, the index of its position in `distinct`.
    places: Vec<u32>,
    distinct: Vec<Location>,
    script_ids: Vec<u32>,
    script_nodes: Vec<u32>,
}

stored!(Locations { nodes, places, distinct, script_ids, script_nodes });

impl Locations {
    #[must_use]
    pub fn get(&self, node: NodeOrdinal) -> Option<Location> {
        let at = self.nodes.binary_search(&node.0).ok()?;
        Some(self.distinct[self.places[at] as usize])
    }

    /// Returns all entries in ascending order of nodes, with the indices of their positions for [`Self::place`].
    pub fn entries(&self) -> impl Iterator<Item = (NodeOrdinal, u32)> + '_ {
        self.entries_from(NodeOrdinal(0))
    }

    /// Returns the entries of a node and all later ones.
    pub fn entries_from(&self, node: NodeOrdinal) -> impl Iterator<Item = (NodeOrdinal, u32)> + '_ {
        let start = self.nodes.partition_point(|&of| of < node.0);
        self.nodes[start..].iter().zip(&self.places[start..]).map(|(&node, &place)| (NodeOrdinal(node), place))
    }

    /// Returns the position with that index. Equal positions have equal indices.
    #[must_use]
    pub fn place(&self, place: u32) -> Location {
        self.distinct[place as usize]
    }

    /// Returns all positions, each once.
    pub(crate) fn distinct(&self) -> &[Location] {
        &self.distinct
    }

    /// Returns the ids of scripts with the ordinals of their nodes, as far as the file contains them. The nodes may not
    /// exist.
    pub fn scripts(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.script_ids.iter().copied().zip(self.script_nodes.iter().copied())
    }

    /// Returns whether the columns fit together. The nodes of scripts may not exist.
    pub(crate) fn fits(&self, nodes: usize) -> bool {
        self.nodes.len() == self.places.len()
            && self.script_ids.len() == self.script_nodes.len()
            && are_below(&self.nodes, nodes)
            && ascends(&self.nodes, |one, other| one < other)
            && are_below(&self.places, self.distinct.len())
    }

    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        (self.nodes.capacity() + self.places.capacity() + 2 * self.script_ids.capacity()) * 4
            + self.distinct.capacity() * size_of::<Location>()
    }
}

/// Sorts locations by node. If a node has several, the last in the file is kept; those of missing nodes are dropped.
#[must_use]
pub(crate) fn locations(table: LocationTable, node_count: usize) -> Locations {
    let LocationTable { mut nodes, mut places, distinct, script_ids, script_nodes } = table;
    // Already sorted, as V8 writes them.
    let is_sorted = nodes.is_sorted_by(|one, other| one < other);
    if !is_sorted || nodes.last().is_some_and(|&node| node as usize >= node_count) {
        let mut rows: Vec<(u32, u32)> = nodes.iter().copied().zip(places.iter().copied()).rev().collect();
        rows.retain(|row| (row.0 as usize) < node_count);
        rows.sort_by_key(|row| row.0);
        rows.dedup_by_key(|row| row.0);
        (nodes, places) = rows.into_iter().unzip();
    }
    Locations { nodes, places, distinct, script_ids, script_nodes }
}
