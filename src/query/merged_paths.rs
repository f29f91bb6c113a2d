//! The shortest retaining paths of many objects, merged into one tree from the roots down. It shows at a glance what
//! holds a class or all new objects.
//!
//! The path of a node goes through its nearest retainer, so each node has one position in the tree and is visited once,
//! however many of the objects are below it.

use std::collections::HashMap;
use std::ops::Range;

use foldhash::fast::RandomState;
use rayon::prelude::*;

use super::path_growth::{is_numbered, nearest_retainer};
use super::reloaded::join_reloaded;
use super::selection::by_dominance;
use super::sorting::utf16_order;
use crate::analysis::JoinedClasses;
use crate::model::{CancelToken, Cancelled, ClassId, EdgeIndex, NodeOrdinal, POLL_INTERVAL, convert};
use crate::snapshot::Snapshot;

const UNKNOWN: u32 = u32::MAX;
const UNREACHED: u32 = u32::MAX - 1;
/// The nearest retainers of all nodes are looked up at once, on all cores, if at least one in so many nodes is merged.
const ONE_IN: usize = 16;

/// Objects of one class that are reached by one kind of reference. Classes of reloaded scripts are merged.
#[derive(Clone, Debug)]
pub struct PathGroup {
    /// The class; the first one if several are merged.
    pub class: ClassId,
    /// One of the references that lead here; `None` if the root itself holds the objects.
    pub edge: Option<EdgeIndex>,
    /// The number of the objects here or below, and of those here.
    pub count: u64,
    pub ends: u64,
    /// The sum of their shallow sizes and their common retained size, in bytes.
    pub shallow_size: u64,
    pub retained_size: u64,
    /// A node of this group.
    pub example: NodeOrdinal,
    children: (u32, u32),
}

/// The tree.
#[derive(Clone, Debug, Default)]
pub struct MergedPaths {
    pub groups: Vec<PathGroup>,
    /// The number of objects that have a path.
    pub count: u64,
    /// One of these objects, of the largest group.
    pub example: Option<NodeOrdinal>,
    top: (u32, u32),
}

impl MergedPaths {
    /// Returns the indices of the groups below one, or of those held by the root, by the number of objects, largest
    /// first.
    #[must_use]
    pub fn children(&self, group: Option<u32>) -> Range<u32> {
        let (start, end) = match group {
            None => self.top,
            Some(group) => self.groups.get(group as usize).map_or((0, 0), |group| group.children),
        };
        start..end
    }
}

/// The identity of a group below its parent: the class, and the kind and name of the reference. All elements are alike,
/// and so are other numbered references.
type GroupKey = (u32, u32, u8, u32);

struct Placer<'a> {
    snapshot: &'a Snapshot,
    /// Classes of reloaded scripts count as one class on a path.
    joined: &'a JoinedClasses,
    groups: Vec<PathGroup>,
    parents: Vec<u32>,
    by_key: HashMap<GroupKey, u32, RandomState>,
    /// The group of each node, by ordinal.
    places: Vec<u32>,
    /// The reference from the nearest retainer of each node, by ordinal; [`UNKNOWN`] for none. Empty if only a few nodes
    /// are merged.
    nearest: Vec<u32>,
}

/// Merges the paths of `nodes`. Objects without a path of strong references from the root are left out.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub fn merged_paths(snapshot: &Snapshot, nodes: &[u32], cancel: &CancelToken) -> Result<MergedPaths, Cancelled> {
    let node_count = snapshot.graph().node_count();
    let mut placer = Placer {
        snapshot,
        joined: join_reloaded(snapshot, cancel)?,
        groups: Vec::new(),
        parents: Vec::new(),
        by_key: HashMap::default(),
        places: vec![UNKNOWN; node_count],
        nearest: if nodes.len() >= node_count / ONE_IN { nearest_retainers(snapshot, cancel)? } else { Vec::new() },
    };
    for (at, (node, is_inside)) in by_dominance(snapshot, nodes, cancel)?.into_iter().enumerate() {
        cancel.check_every(at)?;
        let group = placer.place(node, cancel)?;
        if let Some(group) = placer.groups.get_mut(group as usize) {
            group.count += 1;
            group.ends += 1;
            group.shallow_size = group.shallow_size.saturating_add(snapshot.shallow_size(node));
            let retained = if is_inside { 0 } else { snapshot.retained_size(node) };
            group.retained_size = group.retained_size.saturating_add(retained);
            // An object at its own group is a better example than one on the path to another.
            group.example = if group.ends == 1 { node } else { group.example };
        }
    }
    Ok(placer.finish())
}

/// Returns the reference from the nearest retainer of each node, by ordinal; [`UNKNOWN`] for none.
fn nearest_retainers(snapshot: &Snapshot, cancel: &CancelToken) -> Result<Vec<u32>, Cancelled> {
    let mut nearest = vec![UNKNOWN; snapshot.graph().node_count()];
    nearest.par_chunks_mut(POLL_INTERVAL).enumerate().try_for_each(|(chunk, edges)| {
        for (at, entry) in edges.iter_mut().enumerate() {
            let node = NodeOrdinal(convert::ordinal(chunk * POLL_INTERVAL + at));
            if let Some(edge) = nearest_retainer(snapshot, node, cancel)? {
                *entry = edge.0;
            }
        }
        cancel.check()
    })?;
    Ok(nearest)
}

impl Placer<'_> {
    fn nearest(&self, node: NodeOrdinal, cancel: &CancelToken) -> Result<Option<EdgeIndex>, Cancelled> {
        match self.nearest.get(node.index()) {
            Some(&edge) => Ok(Some(EdgeIndex(edge)).filter(|edge| edge.0 != UNKNOWN)),
            None => nearest_retainer(self.snapshot, node, cancel),
        }
    }

    /// Returns the group of a node. Creates all groups on its path to the root.
    fn place(&mut self, node: NodeOrdinal, cancel: &CancelToken) -> Result<u32, Cancelled> {
        let graph = self.snapshot.graph();
        let mut way: Vec<(NodeOrdinal, EdgeIndex)> = Vec::new();
        let mut at = node;
        let mut group = loop {
            let known = self.places[at.index()];
            if known != UNKNOWN {
                break known;
            }
            cancel.check_every(way.len() + 1)?;
            let Some(edge) = self.nearest(at, cancel)? else {
                let is_held = self.snapshot.distance(at).0 >= 0;
                let group = if is_held { self.group(UNKNOWN, at, None) } else { UNREACHED };
                self.places[at.index()] = group;
                break group;
            };
            way.push((at, edge));
            at = graph.edge_source(edge);
        };
        for (node, edge) in way.into_iter().rev() {
            if group != UNREACHED {
                group = self.group(group, node, Some(edge));
            }
            self.places[node.index()] = group;
        }
        Ok(group)
    }

    fn group(&mut self, parent: u32, node: NodeOrdinal, edge: Option<EdgeIndex>) -> u32 {
        let graph = self.snapshot.graph();
        let class = self.joined.first(self.snapshot.class_id(node));
        let (kind, name) = edge.map_or((u8::MAX, 0), |edge| {
            let name = if is_numbered(graph, edge) { 0 } else { graph.edge_names[edge.index()] };
            (graph.edge_kind(edge).0, name)
        });
        let next = u32::try_from(self.groups.len()).unwrap_or(UNREACHED);
        let group = *self.by_key.entry((parent, class.0, kind, name)).or_insert(next);
        if group == next {
            let empty = PathGroup {
                class,
                edge,
                count: 0,
                ends: 0,
                shallow_size: 0,
                retained_size: 0,
                example: node,
                children: (0, 0),
            };
            self.groups.push(empty);
            self.parents.push(parent);
        }
        group
    }

    /// Adds up the groups from below and sorts them breadth-first, so that children are adjacent.
    fn finish(mut self) -> MergedPaths {
        // A group is created after its parent, so all groups below it come after it.
        for group in (0..self.groups.len()).rev() {
            let parent = self.parents[group] as usize;
            if parent < self.groups.len() {
                let (count, shallow, retained) =
                    (self.groups[group].count, self.groups[group].shallow_size, self.groups[group].retained_size);
                let above = &mut self.groups[parent];
                above.count += count;
                above.shallow_size = above.shallow_size.saturating_add(shallow);
                above.retained_size = above.retained_size.saturating_add(retained);
            }
        }
        let mut below: Vec<Vec<u32>> = vec![Vec::new(); self.groups.len()];
        let mut top: Vec<u32> = Vec::new();
        for (group, &parent) in (0_u32..).zip(&self.parents) {
            if self.groups[group as usize].count > 0 {
                below.get_mut(parent as usize).unwrap_or(&mut top).push(group);
            }
        }
        let classes = self.snapshot.classes();
        let sort = |list: &mut Vec<u32>| {
            list.sort_by(|&a, &b| {
                let (a, b) = (&self.groups[a as usize], &self.groups[b as usize]);
                let names = || utf16_order(&classes.get(a.class).name, &classes.get(b.class).name);
                b.count.cmp(&a.count).then_with(names).then(a.edge.cmp(&b.edge))
            });
        };
        sort(&mut top);
        let largest = self.groups.iter().filter(|group| group.ends > 0).max_by_key(|group| group.ends);
        let mut merged = MergedPaths {
            groups: Vec::new(),
            count: 0,
            example: largest.map(|group| group.example),
            top: (0, u32::try_from(top.len()).unwrap_or(0)),
        };
        let mut queue = std::collections::VecDeque::from(top);
        let mut next = queue.len();
        while let Some(group) = queue.pop_front() {
            let mut children = std::mem::take(&mut below[group as usize]);
            sort(&mut children);
            let start = next;
            next += children.len();
            let mut group = self.groups[group as usize].clone();
            group.children = (u32::try_from(start).unwrap_or(0), u32::try_from(next).unwrap_or(0));
            merged.count += group.ends;
            merged.groups.push(group);
            queue.extend(children);
        }
        merged
    }
}
