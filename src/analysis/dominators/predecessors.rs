//! The predecessors of each vertex, in blocks of vertices.
//!
//! A row per vertex would take a random access per edge to write and another to read. Instead, the edges are sorted by
//! the block of their target, chunk by chunk and in parallel (a counting sort whose parts fit in the CPU cache). The
//! rows of a block are built when it is needed.

use std::ops::Range;

use rayon::prelude::*;

use super::NONE;
use super::preorder::Preorder;
use crate::graph::HeapGraph;
use crate::model::{BitSet, CancelToken, Cancelled, EdgeIndex, NodeOrdinal, convert, prefetch};

/// The number of vertices of a block. A position in it fits in 16 bits.
pub(super) const BLOCK: usize = 1 << BLOCK_BITS;
#[cfg(not(test))]
const BLOCK_BITS: u32 = 15;
/// Small, so that small graphs have several blocks.
#[cfg(test)]
const BLOCK_BITS: u32 = 2;
/// The number of edges of a chunk.
const CHUNK: usize = if cfg!(test) { 64 } else { 1 << 18 };
/// Prefetch distance in edges for the numbers of targets.
const AHEAD: usize = 16;

/// All essential edges outside the spanning tree, by chunk and, within a chunk, by block of the target.
pub(super) struct Predecessors {
    /// Position of the target in its block.
    positions: Vec<u16>,
    /// Number of the source.
    sources: Vec<u32>,
    /// By chunk: its first edge in the columns above.
    chunks: Vec<usize>,
    /// By chunk and block: the start of the block in the chunk. Each chunk has an entry more than there are blocks.
    starts: Vec<u32>,
    vertex_count: usize,
}

impl Predecessors {
    /// Collects the edges of the set `edges`.
    pub(super) fn collect(
        graph: &HeapGraph,
        edges: &BitSet,
        order: &Preorder,
        cancel: &CancelToken,
    ) -> Result<Self, Cancelled> {
        let vertex_count = order.vertices.len();
        let blocks = vertex_count.div_ceil(BLOCK);
        let counts: Vec<usize> = edges.words().par_chunks(CHUNK / 64).map(BitSet::count_in).collect();
        let total = counts.iter().sum();
        let (mut positions, mut sources) = (vec![0_u16; total], vec![0_u32; total]);
        let mut starts = vec![0_u32; counts.len() * (blocks + 1)];
        let mut chunks = Vec::with_capacity(counts.len());
        let mut parts = Vec::with_capacity(counts.len());
        let (mut all_positions, mut all_sources, mut first) = (&mut positions[..], &mut sources[..], 0);
        for (&count, starts) in counts.iter().zip(starts.chunks_mut(blocks + 1)) {
            let (own_positions, rest) = all_positions.split_at_mut(count);
            all_positions = rest;
            let (own_sources, rest) = all_sources.split_at_mut(count);
            all_sources = rest;
            chunks.push(first);
            first += count;
            parts.push((own_positions, own_sources, starts));
        }
        parts.into_par_iter().enumerate().try_for_each(|(chunk, (positions, sources, starts))| {
            cancel.check()?;
            let edges_of_chunk = chunk * CHUNK..((chunk + 1) * CHUNK).min(graph.edge_count());
            sort_by_block(graph, edges, &order.numbers, edges_of_chunk, (positions, sources, starts));
            Ok(())
        })?;
        Ok(Self { positions, sources, chunks, starts, vertex_count })
    }

    /// Returns the number of collected edges, including those that were left out.
    pub(super) fn len(&self) -> usize {
        self.sources.len()
    }

    pub(super) fn block_count(&self) -> usize {
        self.vertex_count.div_ceil(BLOCK)
    }

    /// Returns the predecessors of the vertices of a block.
    pub(super) fn rows(&self, block: usize) -> Rows {
        let vertices = (self.vertex_count - block * BLOCK).min(BLOCK);
        let ranges = || {
            let width = self.block_count() + 1;
            self.chunks
                .iter()
                .zip(self.starts.chunks(width))
                .map(move |(&first, starts)| first + starts[block] as usize..first + starts[block + 1] as usize)
        };
        let mut offsets = vec![0_u32; vertices + 1];
        for range in ranges() {
            for &position in &self.positions[range] {
                offsets[usize::from(position)] += 1;
            }
        }
        // From counts to the end of each row, which the filling below moves down to its start.
        let mut end = 0;
        for offset in &mut offsets {
            end += *offset;
            *offset = end;
        }
        let mut items = vec![0_u32; end as usize];
        for range in ranges() {
            for (&position, &source) in self.positions[range.clone()].iter().zip(&self.sources[range]) {
                let offset = &mut offsets[usize::from(position)];
                *offset -= 1;
                items[*offset as usize] = source;
            }
        }
        Rows { first: block * BLOCK, offsets, items }
    }
}

/// Sorts the edges of a chunk into its part of the columns.
fn sort_by_block(
    graph: &HeapGraph,
    edges: &BitSet,
    numbers: &[u32],
    range: Range<usize>,
    (positions, sources, starts): (&mut [u16], &mut [u32], &mut [u32]),
) {
    let mut pairs: Vec<(u32, u32)> = Vec::with_capacity(positions.len());
    if range.is_empty() {
        return;
    }
    let mut node = graph.edge_source(EdgeIndex(convert::ordinal(range.start)));
    let mut end = graph.edge_range(node).end;
    let mut number = numbers[node.index()];
    for at in edges.iter_in(range) {
        while at >= end {
            node = NodeOrdinal(node.0 + 1);
            end = graph.edge_range(node).end;
            number = numbers[node.index()];
        }
        if let Some(&ahead) = graph.edge_targets.get(at + AHEAD) {
            prefetch(numbers, ahead as usize);
        }
        // The root has no predecessor that matters, and neither do nodes that nothing reaches.
        let target = numbers[graph.edge_targets[at] as usize];
        if number != NONE && target != NONE && target > 0 {
            pairs.push((target, number));
            starts[(target >> BLOCK_BITS) as usize + 1] += 1;
        }
    }
    let mut start = 0;
    for count in starts.iter_mut() {
        start += *count;
        *count = start;
    }
    let mut next = starts.to_vec();
    for (target, source) in pairs {
        let place = &mut next[(target >> BLOCK_BITS) as usize];
        positions[*place as usize] = convert::low_u16(target & ((1 << BLOCK_BITS) - 1));
        sources[*place as usize] = source;
        *place += 1;
    }
}

/// The predecessors of a range of vertices that starts at `first`, as compressed rows.
pub(super) struct Rows {
    first: usize,
    offsets: Vec<u32>,
    pub(super) items: Vec<u32>,
}

impl Rows {
    pub(super) fn vertices(&self) -> Range<usize> {
        self.first..self.first + self.offsets.len() - 1
    }

    /// Returns the range of the vertex's predecessors in [`Self::items`].
    #[inline]
    pub(super) fn row(&self, vertex: usize) -> Range<usize> {
        let row = vertex - self.first;
        self.offsets[row] as usize..self.offsets[row + 1] as usize
    }
}
