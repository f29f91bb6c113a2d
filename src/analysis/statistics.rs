//! Statistics: bytes by the categories that DevTools shows.

use rayon::prelude::*;

use super::{DomStates, WellKnown};
use crate::graph::HeapGraph;
use crate::model::stored::stored;
use crate::model::{Column, EdgeKind, NodeKind, NodeOrdinal, StringId};

/// Bytes by category.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Statistics {
    /// Everything: the root's retained size and the native bytes that no node stands for.
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
    /// What DevTools calls “Other JS objects”.
    #[must_use]
    pub fn other_js_objects(&self) -> u64 {
        self.v8heap_total.saturating_sub(self.code + self.js_arrays + self.strings + self.system)
    }

    fn add(self, other: Self) -> Self {
        Self {
            native_total: self.native_total + other.native_total,
            typed_arrays: self.typed_arrays + other.typed_arrays,
            code: self.code + other.code,
            js_arrays: self.js_arrays + other.js_arrays,
            strings: self.strings + other.strings,
            system: self.system + other.system,
            ..self
        }
    }
}

/// Sums the shallow sizes (bytes by ordinal) by category. `total` is the root's retained size.
#[must_use]
pub fn statistics(graph: &HeapGraph, known: &WellKnown, dom: &DomStates, sizes: &Column, total: u64) -> Statistics {
    const CHUNK: usize = 1 << 16;
    let node_count = graph.node_count();
    let sums = (0..node_count.div_ceil(CHUNK))
        .into_par_iter()
        .map(|chunk| {
            let mut sums = Statistics::default();
            for at in chunk * CHUNK..((chunk + 1) * CHUNK).min(node_count) {
                #[expect(clippy::cast_possible_truncation, reason = "fewer than 2^32 nodes")]
                count(graph, known, dom, sizes, NodeOrdinal(at as u32), &mut sums);
            }
            sums
        })
        .reduce(Statistics::default, Statistics::add);
    let extra = graph.header().extra_native_bytes;
    let native_total = sums.native_total + extra;
    let total = total + extra;
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
        NodeKind::HIDDEN => sums.system += size,
        NodeKind::NATIVE => {
            sums.native_total += size;
            if known.array_buffer_data.contains(graph.name_id(node)) && !dom.is_renamed(graph, node) {
                sums.typed_arrays += size;
            }
        }
        NodeKind::CODE => sums.code += size,
        kind if kind.is_string() => sums.strings += size,
        _ if known.array.contains(graph.name_id(node)) => {
            sums.js_arrays += size + own_elements(graph, known, node).map_or(0, |elements| sizes.get(elements.index()));
        }
        _ => {}
    }
}

/// The array's elements, if nothing else holds them.
fn own_elements(graph: &HeapGraph, known: &WellKnown, node: NodeOrdinal) -> Option<NodeOrdinal> {
    let elements = graph.edges(node).find(|&edge| {
        graph.edge_kind(edge) == EdgeKind::INTERNAL && known.elements.contains(StringId(graph.edge_names[edge.index()]))
    })?;
    Some(graph.edge_target(elements)).filter(|&target| graph.retainer_count(target) == 1)
}
