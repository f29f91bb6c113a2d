//! Source locations of objects.

use std::io;

use crate::graph::HeapGraph;
use crate::model::NodeOrdinal;
use crate::model::stored::{NotStored, Put, Stored, Take, stored_numbers};

/// Where in the source an object's constructor or function stands; line and column count from 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub struct Location {
    pub script_id: u32,
    pub line: u32,
    pub column: u32,
}

stored_numbers!(Location);

/// The locations that a file has, by node.
#[derive(Clone, Debug, Default)]
pub struct Locations {
    /// Ascending by node, each node once.
    entries: Vec<(NodeOrdinal, Location)>,
}

impl Stored for Locations {
    fn store(&self, to: &mut dyn Put) -> io::Result<()> {
        let Self { entries } = self;
        let (nodes, places): (Vec<_>, Vec<_>) = entries.iter().copied().unzip();
        nodes.store(to)?;
        places.store(to)
    }

    fn load(from: &mut dyn Take) -> Result<Self, NotStored> {
        let (nodes, places) = (Vec::load(from)?, Vec::load(from)?);
        if nodes.len() != places.len() {
            return Err(NotStored::Damaged);
        }
        Ok(Self { entries: nodes.into_iter().zip(places).collect() })
    }
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
