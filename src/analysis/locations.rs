//! Source locations of objects.

use crate::graph::HeapGraph;
use crate::model::NodeOrdinal;

/// Where in the source an object's constructor or function stands; line and column count from 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Location {
    pub script_id: u32,
    pub line: u32,
    pub column: u32,
}

/// The locations that a file has, by node.
#[derive(Clone, Debug, Default)]
pub struct Locations {
    /// Ascending by node, each node once.
    entries: Vec<(NodeOrdinal, Location)>,
}

impl Locations {
    #[must_use]
    pub fn get(&self, node: NodeOrdinal) -> Option<Location> {
        let at = self.entries.binary_search_by_key(&node, |entry| entry.0).ok()?;
        Some(self.entries[at].1)
    }

    /// All of them, ascending by node.
    #[must_use]
    pub fn entries(&self) -> &[(NodeOrdinal, Location)] {
        &self.entries
    }

    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.entries.capacity() * size_of::<(NodeOrdinal, Location)>()
    }
}

/// Sorts them by node; of several for one node the last in the file counts, and one for no node is left out.
#[must_use]
pub fn locations(graph: &HeapGraph) -> Locations {
    let mut entries: Vec<(NodeOrdinal, Location)> = graph
        .locations()
        .iter()
        .filter_map(|raw| {
            let node = u32::try_from(raw.node).ok().filter(|&node| (node as usize) < graph.node_count())?;
            Some((NodeOrdinal(node), Location { script_id: raw.script_id, line: raw.line, column: raw.column }))
        })
        .collect();
    entries.reverse();
    entries.sort_by_key(|entry| entry.0);
    entries.dedup_by_key(|entry| entry.0);
    Locations { entries }
}
