//! Essential edges: the edges that keep their target alive.

use rayon::prelude::*;

use super::Ephemerons;
use crate::graph::HeapGraph;
use crate::model::{BitSet, CancelToken, Cancelled, EdgeIndex, EdgeKind, NodeOrdinal, StringId, convert};

/// The number of result words per task.
const CHUNK_WORDS: usize = 4096;

/// Returns one bit per edge, set if it is essential. These edges are not essential: weak edges, self-edges, edges from a
/// WeakMap's table to a value (the key keeps it alive), and, except for the root's edges, `shortcut` edges and edges from
/// outside the page to page objects.
///
/// # Errors
/// Returns [`Cancelled`] if `cancel` stops the work.
pub fn essential_edges(
    graph: &HeapGraph,
    ephemerons: &Ephemerons,
    page_objects: &BitSet,
    cancel: &CancelToken,
) -> Result<BitSet, Cancelled> {
    let edge_count = graph.edge_count();
    let mut words = vec![0_u64; edge_count.div_ceil(64)];
    words.par_chunks_mut(CHUNK_WORDS).enumerate().try_for_each(|(chunk, words)| {
        cancel.check()?;
        let first = chunk * CHUNK_WORDS * 64;
        let end = (first + words.len() * 64).min(edge_count);
        let mut source = graph.edge_source(EdgeIndex(convert::ordinal(first)));
        let mut source_end = graph.edge_range(source).end;
        for edge in first..end {
            while edge >= source_end {
                source = NodeOrdinal(source.0 + 1);
                source_end = graph.edge_range(source).end;
            }
            let index = EdgeIndex(convert::ordinal(edge));
            if is_essential(graph, ephemerons, page_objects, source, index) {
                words[(edge - first) / 64] |= 1 << (edge % 64);
            }
        }
        Ok(())
    })?;
    Ok(BitSet::from_words(words, edge_count))
}

/// Returns whether an edge is essential.
#[inline]
pub(crate) fn is_essential(
    graph: &HeapGraph,
    ephemerons: &Ephemerons,
    page_objects: &BitSet,
    source: NodeOrdinal,
    edge: EdgeIndex,
) -> bool {
    let kind = graph.edge_kind(edge);
    let target = graph.edge_target(edge);
    if kind == EdgeKind::INTERNAL {
        let ephemeron = ephemerons.get(StringId(graph.edge_names[edge.index()]));
        if ephemeron.is_some_and(|ephemeron| ephemeron.table_id == graph.id(source).0) {
            return false;
        }
    }
    if kind == EdgeKind::WEAK || source == target {
        return false;
    }
    source == graph.root()
        || (kind != EdgeKind::SHORTCUT
            && (page_objects.contains(source.index()) || !page_objects.contains(target.index())))
}
