//! Finds the collections of one snapshot by the references to their backing stores.

use rayon::prelude::*;

use super::super::{is_numbered, strings_named};
use super::chains::linked_lists;
use super::stores::{dictionary_capacity, element_capacity, ephemeron_capacity, ordered_table};
use super::{Collection, CollectionKind};
use crate::graph::EdgeName;
use crate::model::{
    BitSet, CancelToken, Cancelled, EdgeIndex, EdgeKind, NodeKind, NodeOrdinal, POLL_INTERVAL, StringId, convert,
};
use crate::snapshot::Snapshot;

/// Collections with fewer entries are left out, unless they have room for many.
const LEAST: u32 = 4;
/// An object with fewer properties is no map.
pub(super) const LEAST_KEYS: usize = 16;
/// The capacity from which an empty collection is listed.
const LARGE_CAPACITY: u32 = 256;
/// Classes of typed arrays; `FastBuffer` is the class of Node.js' Buffer.
const TYPED: [&str; 15] = [
    "ArrayBuffer",
    "FastBuffer",
    "SharedArrayBuffer",
    "Int8Array",
    "Uint8Array",
    "Uint8ClampedArray",
    "Int16Array",
    "Uint16Array",
    "Int32Array",
    "Uint32Array",
    "Float16Array",
    "Float32Array",
    "Float64Array",
    "BigInt64Array",
    "BigUint64Array",
];

/// Returns the collections in the order of their nodes; linked lists come last.
pub(super) fn collections_in(snapshot: &Snapshot, cancel: &CancelToken) -> Result<Vec<Collection>, Cancelled> {
    let scan = Scan::new(snapshot, cancel)?;
    let count = u32::try_from(snapshot.graph().node_count()).unwrap_or(u32::MAX);
    let block = convert::ordinal(POLL_INTERVAL);
    let blocks: Vec<Vec<Collection>> = (0..count.div_ceil(block))
        .into_par_iter()
        .map(|at| {
            cancel.check()?;
            let nodes = at * block..(at + 1).saturating_mul(block).min(count);
            Ok(nodes.filter_map(|node| scan.collection(NodeOrdinal(node))).collect())
        })
        .collect::<Result<_, Cancelled>>()?;
    let mut found = blocks.concat();
    found.extend(linked_lists(snapshot, cancel)?);
    Ok(found)
}

/// Classifies the objects of one snapshot.
struct Scan<'a> {
    snapshot: &'a Snapshot,
    table: Vec<StringId>,
    elements: Vec<StringId>,
    properties: Vec<StringId>,
    proto: Vec<StringId>,
    is_typed: Vec<bool>,
    /// The objects below `_events`, where Node.js keeps listeners.
    listeners: BitSet,
    /// The size of a word in V8's arrays.
    word_bytes: u64,
}

impl<'a> Scan<'a> {
    fn new(snapshot: &'a Snapshot, cancel: &CancelToken) -> Result<Self, Cancelled> {
        let [table, elements, properties, proto, events] =
            strings_named(snapshot, ["table", "elements", "properties", "__proto__", "_events"]);
        let classes = snapshot.classes().all();
        let is_typed = classes.iter().map(|class| TYPED.contains(&class.name.as_str()));
        let mut scan = Self {
            snapshot,
            table,
            elements,
            properties,
            proto,
            is_typed: is_typed.collect(),
            listeners: BitSet::new(snapshot.graph().node_count()),
            word_bytes: word_bytes(snapshot, cancel)?,
        };
        scan.find_listeners(&events, cancel)?;
        Ok(scan)
    }

    fn find_listeners(&mut self, events: &[StringId], cancel: &CancelToken) -> Result<(), Cancelled> {
        let graph = self.snapshot.graph();
        if events.is_empty() {
            return Ok(());
        }
        for edge in 0..graph.edge_count() {
            cancel.check_every(edge)?;
            let edge = EdgeIndex(convert::ordinal(edge));
            let is_events = graph.edge_kind(edge) == EdgeKind::PROPERTY
                && matches!(graph.edge_name(edge), EdgeName::Text(name) if events.contains(&name));
            if is_events {
                let by_event = graph.edge_target(edge);
                for inner in graph.edges(by_event) {
                    if self.is_key(inner) {
                        self.listeners.insert(graph.edge_target(inner).index());
                    }
                }
            }
        }
        Ok(())
    }

    fn has_name(&self, edge: EdgeIndex, names: &[StringId]) -> bool {
        matches!(self.snapshot.graph().edge_name(edge), EdgeName::Text(name) if names.contains(&name))
    }

    /// Returns true if a reference is a property that may be a key.
    fn is_key(&self, edge: EdgeIndex) -> bool {
        self.snapshot.graph().edge_kind(edge) == EdgeKind::PROPERTY && !self.has_name(edge, &self.proto)
    }

    fn collection(&self, node: NodeOrdinal) -> Option<Collection> {
        let graph = self.snapshot.graph();
        if graph.kind(node) != NodeKind::OBJECT {
            return None;
        }
        if self.is_typed[self.snapshot.class_id(node).index()] {
            return Some(Collection { node, kind: CollectionKind::TypedArray, entries: 0, capacity: None });
        }
        let (mut table, mut elements, mut properties, mut keys) = (None, None, None, 0_u32);
        let (mut indexes, mut largest) = (0_u32, None);
        for edge in graph.edges(node) {
            match graph.edge_kind(edge) {
                EdgeKind::ELEMENT => {
                    indexes += 1;
                    if let EdgeName::Index(index) = graph.edge_name(edge) {
                        largest = largest.max(Some(index));
                    }
                }
                EdgeKind::PROPERTY => keys += u32::from(self.is_key(edge)),
                EdgeKind::INTERNAL if self.has_name(edge, &self.table) => table = Some(graph.edge_target(edge)),
                EdgeKind::INTERNAL if self.has_name(edge, &self.elements) => elements = Some(graph.edge_target(edge)),
                EdgeKind::INTERNAL if self.has_name(edge, &self.properties) => {
                    properties = Some(graph.edge_target(edge));
                }
                _ => {}
            }
        }
        let found = table
            .and_then(|table| self.of_table(node, table))
            .or_else(|| self.of_elements(node, elements, (indexes, largest)))
            .or_else(|| self.of_properties(node, properties, keys))?;
        let is_large = found.capacity.is_some_and(|capacity| capacity >= LARGE_CAPACITY);
        (found.entries >= LEAST || is_large).then_some(found)
    }

    fn of_table(&self, node: NodeOrdinal, table: NodeOrdinal) -> Option<Collection> {
        let graph = self.snapshot.graph();
        let bytes = self.snapshot.self_size(table);
        if let Some(shape) = ordered_table(bytes) {
            let kind = if shape.entry_slots == 3 { CollectionKind::Map } else { CollectionKind::Set };
            // A key and its value are two slots of one entry.
            let (mut entries, mut before) = (0, None);
            for slot in graph.edges(table).filter_map(|edge| slot(self.snapshot, edge)) {
                let entry = slot.checked_sub(shape.first).map(|at| at / shape.entry_slots);
                if entry.is_some() && entry != before {
                    entries += 1;
                    before = entry;
                }
            }
            return Some(Collection { node, kind, entries, capacity: Some(shape.capacity) });
        }
        let capacity = ephemeron_capacity(bytes)?;
        let weak = graph.edges(table).filter(|&edge| graph.edge_kind(edge) == EdgeKind::WEAK).count();
        // An entry has a weak reference to its key and one to its value.
        let entries = u32::try_from(weak.div_ceil(2)).unwrap_or(u32::MAX);
        Some(Collection { node, kind: CollectionKind::WeakCollection, entries, capacity: Some(capacity) })
    }

    fn of_elements(
        &self,
        node: NodeOrdinal,
        elements: Option<NodeOrdinal>,
        (indexes, largest): (u32, Option<u32>),
    ) -> Option<Collection> {
        let store = elements.filter(|&store| self.snapshot.graph().kind(store) == NodeKind::ARRAY)?;
        let capacity = element_capacity(self.snapshot.self_size(store), largest, self.word_bytes);
        if indexes == 0 && capacity.is_none_or(|capacity| capacity < LARGE_CAPACITY) {
            return None;
        }
        let is_listeners = self.listeners.contains(node.index());
        let kind = if is_listeners { CollectionKind::Listeners } else { CollectionKind::Array };
        Some(Collection { node, kind, entries: indexes, capacity })
    }

    fn of_properties(&self, node: NodeOrdinal, properties: Option<NodeOrdinal>, keys: u32) -> Option<Collection> {
        let store = properties.filter(|_| keys as usize >= LEAST_KEYS)?;
        let capacity = Some(dictionary_capacity(self.snapshot.self_size(store))?);
        Some(Collection { node, kind: CollectionKind::Dictionary, entries: keys, capacity })
    }
}

/// The number of arrays that are looked at for the size of a word.
const ARRAYS: usize = 10_000;

/// Returns the size of a word in V8's arrays: with compressed pointers, about half of them have a size that is not a
/// multiple of 8 bytes.
fn word_bytes(snapshot: &Snapshot, cancel: &CancelToken) -> Result<u64, Cancelled> {
    let graph = snapshot.graph();
    let mut seen = 0;
    for node in graph.nodes() {
        cancel.check_every(node.index())?;
        if graph.kind(node) == NodeKind::ARRAY {
            seen += 1;
            if snapshot.self_size(node) % 8 == 4 {
                return Ok(4);
            }
        }
        if seen == ARRAYS {
            break;
        }
    }
    Ok(8)
}

/// Returns the position of the slot of a table to which a reference belongs.
pub(super) fn slot(snapshot: &Snapshot, edge: EdgeIndex) -> Option<u32> {
    let graph = snapshot.graph();
    if !is_numbered(graph, edge) {
        return None;
    }
    match graph.edge_name(edge) {
        EdgeName::Index(index) => Some(index),
        EdgeName::Text(name) => graph.strings().prefix(name, 20).0.parse().ok(),
    }
}
