//! Allocation stacks: how much each function allocated, and how much of it is still alive.
//!
//! The allocated numbers of a function are sums over the nodes of the trace tree, as in Chrome DevTools. The live
//! numbers count the nodes of the heap, each of which refers to its node of the trace tree.

use super::calls::{Calls, Heavy, Measure};
use super::selection::Selection;
use crate::model::{CallFunction, CallTree, CancelToken, Cancelled, HeapBytes, NodeOrdinal, StringId};
use crate::snapshot::Snapshot;

/// The calls that allocated, with a map from objects to calls.
#[derive(Debug)]
pub struct Allocations {
    calls: Calls,
    /// The trace ids, ascending, each with the last node of the tree that has it.
    places: Vec<(u64, u32)>,
    /// The trace id of each node of the tree.
    ids: Vec<u64>,
}

/// A group of objects by allocation site.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum AllocatedBy {
    /// Allocated by the first of these functions, called by the second, and so on.
    Callers(Vec<u32>),
    /// Allocated at a node of the call tree or below it.
    Call(u32),
}

impl Allocations {
    /// The measures, in the order of the numbers.
    pub const MEASURES: [Measure; 4] =
        [Measure::LiveCount, Measure::AllocatedCount, Measure::LiveSize, Measure::AllocatedSize];

    #[must_use]
    pub fn calls(&self) -> &Calls {
        &self.calls
    }

    /// Returns the node of the call tree that allocated an object, if recorded.
    #[must_use]
    pub fn place(&self, snapshot: &Snapshot, node: NodeOrdinal) -> Option<u32> {
        let id = u64::from(snapshot.graph().trace_node(node));
        let at = self.places.binary_search_by_key(&id, |place| place.0).ok()?;
        Some(self.places[at].1)
    }

    /// Returns the trace ids at which a function allocated, ascending.
    pub(super) fn trace_ids(&self, by: &AllocatedBy, cancel: &CancelToken) -> Result<Vec<u64>, Cancelled> {
        let mut ids: Vec<u64> = match by {
            AllocatedBy::Callers(path) => {
                self.calls.nodes_of(path, cancel)?.into_iter().map(|node| self.ids[node as usize]).collect()
            }
            AllocatedBy::Call(node) => {
                let nodes = self.calls.tree().subtree(*node);
                self.ids.get(nodes.start as usize..nodes.end as usize).unwrap_or_default().to_vec()
            }
        };
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    }
}

impl HeapBytes for Allocations {
    fn heap_bytes(&self) -> usize {
        self.calls.heap_bytes() + self.places.capacity() * 16 + self.ids.capacity() * 8
    }
}

/// Returns true if the snapshot has allocation stacks.
#[must_use]
pub(crate) fn has_allocations(snapshot: &Snapshot) -> bool {
    !snapshot.graph().allocation_trace().tree.parents.is_empty()
}

/// Returns the function of an [`AllocatedBy`], without reading the others.
#[must_use]
pub fn allocating_function(snapshot: &Snapshot, by: &AllocatedBy) -> Option<CallFunction> {
    let header = snapshot.graph().header();
    let trace = snapshot.graph().allocation_trace();
    let index = match by {
        AllocatedBy::Callers(path) => *path.first()? as usize,
        AllocatedBy::Call(node) => {
            let at = header.trace_node_fields.iter().position(|field| field == "function_info_index")?;
            let row = (*node as usize).checked_mul(trace.tree.field_count)?;
            usize::try_from(*trace.tree.fields.get(row + at)?).ok()?
        }
    };
    let fields = header.trace_function_info_fields.len().max(1);
    let start = index.checked_mul(fields)?;
    functions_of(snapshot, trace.function_infos.get(start..start.checked_add(fields)?)?).pop()
}

/// Returns the calls that allocated. If there is a selection, only the selected objects count as live.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub fn allocations(
    snapshot: &Snapshot,
    selection: Option<&Selection>,
    cancel: &CancelToken,
) -> Result<Allocations, Cancelled> {
    let graph = snapshot.graph();
    let header = graph.header();
    let trace = graph.allocation_trace();
    let raw = &trace.tree;
    let field = |name: &str| header.trace_node_fields.iter().position(|field| field == name);
    let column = |name: &str| -> Vec<u64> {
        let at = field(name).unwrap_or(usize::MAX);
        raw.fields.chunks_exact(raw.field_count.max(1)).map(|row| row.get(at).copied().unwrap_or(0)).collect()
    };
    let ids = column("id");
    let (allocated_count, allocated_size) = (column("count"), column("size"));
    let mut functions = functions(snapshot);
    let known = functions.len();
    let mut node_functions = Vec::with_capacity(raw.parents.len());
    for (at, &index) in column("function_info_index").iter().enumerate() {
        cancel.check_every(at)?;
        let index = usize::try_from(index).ok().filter(|&index| index < known);
        if index.is_none() && functions.len() == known {
            let name = "(function missing from the file)".to_owned();
            functions.push(CallFunction { name, ..CallFunction::default() });
        }
        node_functions.push(u32::try_from(index.unwrap_or(known)).unwrap_or(u32::MAX));
    }

    let mut places: Vec<(u64, u32)> = ids.iter().copied().zip(0_u32..).collect();
    places.sort_unstable();
    // Of several nodes with the same id, the last one is the object's call.
    places.reverse();
    places.dedup_by_key(|place| place.0);
    places.reverse();
    let (live_counts, live_sizes) = live(snapshot, &places, selection, cancel)?;
    let of_node = |by_place: &[u64]| -> Vec<u64> {
        let at = |id: &u64| places.binary_search_by_key(id, |place| place.0).map_or(0, |at| by_place[at]);
        ids.iter().map(at).collect()
    };
    let own = vec![of_node(&live_counts), allocated_count, of_node(&live_sizes), allocated_size];
    let tree = CallTree::new(raw.parents.clone(), node_functions);
    let heavy = Heavy::Allocating(Measure::AllocatedCount);
    let calls = Calls::new(functions, tree, Allocations::MEASURES.to_vec(), own, heavy, cancel)?;
    Ok(Allocations { calls, places, ids })
}

/// Counts the live objects and their bytes, by entry of `places`.
fn live(
    snapshot: &Snapshot,
    places: &[(u64, u32)],
    selection: Option<&Selection>,
    cancel: &CancelToken,
) -> Result<(Vec<u64>, Vec<u64>), Cancelled> {
    let graph = snapshot.graph();
    let (mut counts, mut sizes) = (vec![0; places.len()], vec![0_u64; places.len()]);
    for node in graph.nodes() {
        cancel.check_every(node.index())?;
        let id = u64::from(graph.trace_node(node));
        if selection.is_some_and(|selection| !selection.contains(node)) {
            continue;
        }
        // Trace ids usually count from 1 without gaps, so the guess is right.
        let guess = usize::try_from(id).ok().and_then(|id| id.checked_sub(1));
        let at = guess
            .filter(|&at| places.get(at).is_some_and(|place| place.0 == id))
            .or_else(|| places.binary_search_by_key(&id, |place| place.0).ok());
        if let Some(at) = at {
            counts[at] += 1;
            sizes[at] = sizes[at].saturating_add(snapshot.shallow_size(node));
        }
    }
    Ok((counts, sizes))
}

/// Returns the functions in the order of the file, even if the header declares more.
fn functions(snapshot: &Snapshot) -> Vec<CallFunction> {
    functions_of(snapshot, &snapshot.graph().allocation_trace().function_infos)
}

fn functions_of(snapshot: &Snapshot, infos: &[u64]) -> Vec<CallFunction> {
    let graph = snapshot.graph();
    let fields = &graph.header().trace_function_info_fields;
    let at = |name: &str| fields.iter().position(|field| field == name);
    let [name, script, script_id, line, column] =
        ["name", "script_name", "script_id", "line", "column"].map(|name| at(name).unwrap_or(usize::MAX));
    let strings = graph.strings();
    let text = |row: &[u64], at: usize| {
        let index = row.get(at).and_then(|&index| u32::try_from(index).ok());
        let index = index.filter(|&index| (index as usize) < strings.len());
        index.map_or_else(String::new, |index| strings.text(StringId(index)).into_owned())
    };
    // The file counts from 1; 0 means unknown.
    let place = |row: &[u64], at: usize| {
        row.get(at).and_then(|&place| u32::try_from(place).ok()).and_then(|place| place.checked_sub(1))
    };
    infos
        .chunks_exact(fields.len().max(1))
        .map(|row| CallFunction {
            name: text(row, name),
            url: text(row, script),
            script_id: row.get(script_id).copied().unwrap_or(0),
            line: place(row, line),
            column: place(row, column),
        })
        .collect()
}
