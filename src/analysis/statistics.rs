//! Statistics: bytes by the categories that DevTools shows.

use rayon::prelude::*;

use super::{DomStates, WellKnown};
use crate::graph::HeapGraph;
use crate::model::stored::stored;
use crate::model::{Column, EdgeKind, NodeKind, NodeOrdinal, StringId, convert};

/// Bytes by category.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Statistics {
    /// The total: the root's retained size, and native memory without a node.
    pub total: u64,
    pub native_total: u64,
    /// The part of `native_total` that backs array buffers.
    pub typed_arrays: u64,
    pub v8heap_total: u64,
    pub code: u64,
    pub js_arrays: u64,
    pub strings: u64,
    pub system: u64,
}

stored!(Statistics { total, native_total, typed_arrays, v8heap_total, code, js_arrays, strings, system });

impl Statistics {
    /// Returns the size of the category that DevTools calls “Other JS objects”.
    #[must_use]
    pub fn other_js_objects(&self) -> u64 {
        [self.code, self.js_arrays, self.strings, self.system].into_iter().fold(self.v8heap_total, u64::saturating_sub)
    }

    /// Returns whether the parts are consistent with the totals.
    pub(crate) fn fits(&self) -> bool {
        self.v8heap_total == self.total.saturating_sub(self.native_total) && self.typed_arrays <= self.native_total
    }

    fn add(self, other: Self) -> Self {
        Self {
            native_total: self.native_total.saturating_add(other.native_total),
            typed_arrays: self.typed_arrays.saturating_add(other.typed_arrays),
            code: self.code.saturating_add(other.code),
            js_arrays: self.js_arrays.saturating_add(other.js_arrays),
            strings: self.strings.saturating_add(other.strings),
            system: self.system.saturating_add(other.system),
            ..self
        }
    }
}

/// Sums `sizes` (shallow sizes by ordinal) by category. `total` is the root's retained size.
#[must_use]
pub(crate) fn statistics(
    graph: &HeapGraph,
    known: &WellKnown,
    dom: &DomStates,
    sizes: &Column,
    total: u64,
) -> Statistics {
    const CHUNK: usize = 1 << 16;
    let node_count = graph.node_count();
    let sums = (0..node_count.div_ceil(CHUNK))
        .into_par_iter()
        .map(|chunk| {
            let mut sums = Statistics::default();
            for at in chunk * CHUNK..((chunk + 1) * CHUNK).min(node_count) {
                count(graph, known, dom, sizes, NodeOrdinal(convert::ordinal(at)), &mut sums);
            }
            sums
        })
        .reduce(Statistics::default, Statistics::add);
    let extra = graph.header().extra_native_bytes;
    let native_total = sums.native_total.saturating_add(extra);
    let total = total.saturating_add(extra);
    Statistics { total, native_total, v8heap_total: total.saturating_sub(native_total), ..sums }
}

fn count(
    graph: &HeapGraph,
    known: &WellKnown,
    dom: &DomStates,
    sizes: &Column,
    node: NodeOrdinal,
    sums: &mut Statistics,
) {
    let size = sizes.get(node.index());
    match graph.kind(node) {
        NodeKind::HIDDEN => sums.system = sums.system.saturating_add(size),
        NodeKind::NATIVE => {
            sums.native_total = sums.native_total.saturating_add(size);
            if known.array_buffer_data.contains(graph.name_id(node)) && !dom.is_renamed(graph, node) {
                sums.typed_arrays = sums.typed_arrays.saturating_add(size);
            }
        }
        NodeKind::CODE => sums.code = sums.code.saturating_add(size),
        kind if kind.is_string() => sums.strings = sums.strings.saturating_add(size),
        _ if known.array.contains(graph.name_id(node)) => {
            let elements = own_elements(graph, known, node).map_or(0, |elements| sizes.get(elements.index()));
            sums.js_arrays = sums.js_arrays.saturating_add(size).saturating_add(elements);
        }
        _ => {}
    }
}

/// Returns the array's elements if nothing else holds them.
pub(crate) fn own_elements(graph: &HeapGraph, known: &WellKnown, node: NodeOrdinal) -> Option<NodeOrdinal> {
    let elements = graph.edges(node).find(|&edge| {
        graph.edge_kind(edge) == EdgeKind::INTERNAL && known.elements.contains(StringId(graph.edge_names[edge.index()]))
    })?;
    Some(graph.edge_target(elements)).filter(|&target| graph.retainer_count(target) == 1)
}
