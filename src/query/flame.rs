//! Flame graphs: the width of a call is its total, and callers are above their callees.
//!
//! The layout is computed once per tree and measure. Zooming only changes the scale, and visible calls are found by
//! binary search, so the time per frame depends on the visible calls and not on the size of the tree.

use super::call_questions::CallsKey;
use super::calls::Calls;
use super::question::{Lane, Need, Needs, Question};
use crate::model::{CancelToken, Cancelled, Csr, HeapBytes, SnapshotId};

/// The positions of calls: an offset in units of the measure, and a level.
#[derive(Debug, Default)]
pub struct FlameLayout {
    /// By node of the call tree.
    starts: Vec<u64>,
    widths: Vec<u64>,
    /// The nodes with a width in each level, from left to right.
    levels: Csr,
}

impl FlameLayout {
    /// Creates a layout of a single call.
    #[cfg(all(test, feature = "gui"))]
    pub(crate) fn of_one(width: u64) -> Self {
        Self { starts: vec![0], widths: vec![width], levels: Csr::new(vec![0, 1], vec![0]) }
    }

    /// Returns the number of levels.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.levels.row_count()
    }

    /// Returns the total width.
    #[must_use]
    pub fn width(&self) -> u64 {
        self.level(0).last().map_or(0, |&node| self.start(node).saturating_add(self.node_width(node)))
    }

    /// Returns the nodes of a level from left to right.
    #[must_use]
    pub fn level(&self, level: usize) -> &[u32] {
        if level < self.levels.row_count() { self.levels.row(level) } else { &[] }
    }

    #[inline]
    #[must_use]
    pub fn start(&self, node: u32) -> u64 {
        self.starts.get(node as usize).copied().unwrap_or(0)
    }

    #[inline]
    #[must_use]
    pub fn node_width(&self, node: u32) -> u64 {
        self.widths.get(node as usize).copied().unwrap_or(0)
    }

    /// Returns the index in a level of the first node that ends after an offset.
    #[must_use]
    pub fn first_behind(&self, level: usize, offset: u64) -> usize {
        self.level(level).partition_point(|&node| self.start(node).saturating_add(self.node_width(node)) <= offset)
    }

    /// Returns the node at an offset of a level.
    #[must_use]
    pub fn at(&self, level: usize, offset: u64) -> Option<u32> {
        let node = *self.level(level).get(self.first_behind(level, offset))?;
        (self.start(node) <= offset).then_some(node)
    }
}

impl HeapBytes for FlameLayout {
    fn heap_bytes(&self) -> usize {
        (self.starts.capacity() + self.widths.capacity()) * 8 + self.levels.heap_bytes()
    }
}

/// Lays out a call tree by the sum of some measures: one, or both sides of a comparison, so that removed calls are
/// visible, too. Callees are ordered by width, widest first.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub fn flame_layout(calls: &Calls, measures: &[usize], cancel: &CancelToken) -> Result<FlameLayout, Cancelled> {
    let tree = calls.tree();
    let mut widths = vec![0_u64; tree.len()];
    for (_, totals) in measures.iter().filter_map(|&measure| calls.columns(measure)) {
        for (width, total) in widths.iter_mut().zip(totals) {
            *width = width.saturating_add(*total);
        }
    }
    cancel.check()?;
    let mut starts = vec![0_u64; tree.len()];
    let depth = tree.depths().iter().zip(&widths).filter(|(_, width)| **width > 0).map(|(depth, _)| depth + 1).max();
    let mut levels: Vec<Vec<u32>> = vec![Vec::new(); depth.unwrap_or(0) as usize];
    // Nodes are visited from left to right within each level.
    let mut stack: Vec<u32> = Vec::new();
    let mut children: Vec<u32> = Vec::new();
    let mut steps = 0;
    let mut next: Option<(Option<u32>, u64)> = Some((None, 0));
    while let Some((parent, start)) = next {
        children.extend(tree.children(parent).filter(|&child| widths[child as usize] > 0));
        children.sort_by_key(|&child| (std::cmp::Reverse(widths[child as usize]), child));
        let mut at = start;
        for &child in &children {
            starts[child as usize] = at;
            at = at.saturating_add(widths[child as usize]);
        }
        stack.extend(children.drain(..).rev());
        next = stack.pop().map(|node| (Some(node), starts[node as usize]));
        if let Some((Some(node), _)) = next {
            cancel.check_every(steps)?;
            steps += 1;
            if let Some(level) = levels.get_mut(tree.depths()[node as usize] as usize) {
                level.push(node);
            }
        }
    }
    let mut offsets = vec![0_u32];
    for level in &levels {
        let last = offsets.last().copied().unwrap_or(0);
        offsets.push(last + u32::try_from(level.len()).unwrap_or(0));
    }
    Ok(FlameLayout { starts, widths, levels: Csr::new(offsets, levels.concat()) })
}

/// Asks for the flame graph of calls by the sum of some measures.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct FlameOf {
    pub calls: CallsKey,
    /// The indices of the measures.
    pub measures: Vec<usize>,
}

impl Question for FlameOf {
    type Answer = FlameLayout;
    const LANE: Lane = Lane::Interactive;

    fn snapshots(&self) -> Vec<SnapshotId> {
        self.calls.snapshots()
    }

    fn needs(&self) -> Vec<Need> {
        vec![Box::new(self.calls.clone())]
    }

    fn run(&self, needs: &Needs, cancel: &CancelToken) -> Result<FlameLayout, Cancelled> {
        flame_layout(needs.answer(&self.calls).calls(), &self.measures, cancel)
    }
}
