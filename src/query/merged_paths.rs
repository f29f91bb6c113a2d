//! The shortest retaining paths of many objects, merged into one tree from the roots down: where a class or everything that
//! is new hangs, at one glance.
//!
//! Each node goes up to its nearest retainer, so each has one place in the tree and is placed once, however many of the
//! objects lie below it.

use std::collections::HashMap;
use std::ops::Range;

use super::path_growth::{is_numbered, nearest_retainer};
use super::reloaded::join_reloaded;
use super::sorting::utf16_order;
use crate::analysis::JoinedClasses;
use crate::model::{CancelToken, Cancelled, ClassId, EdgeIndex, NodeOrdinal};
use crate::snapshot::Snapshot;

const UNKNOWN: u32 = u32::MAX;
const UNREACHED: u32 = u32::MAX - 1;

/// Objects of one class that one sort of reference leads to. Classes of scripts that were loaded again are one class.
#[derive(Clone, Debug)]
pub struct PathGroup {
    /// The class; the first of them if several are joined.
    pub class: ClassId,
    /// One of the references that lead here; `None` for what the root itself holds.
    pub edge: Option<EdgeIndex>,
    /// How many of the objects lie here or below, and how many of them here.
    pub count: u64,
    pub ends: u64,
    /// Shallow sizes of those objects, and what they retain together, in bytes.
    pub shallow_size: u64,
    pub retained_size: u64,
    /// One of the nodes that stand here.
    pub example: NodeOrdinal,
    children: (u32, u32),
}

/// The tree.
#[derive(Clone, Debug, Default)]
pub struct MergedPaths {
    pub groups: Vec<PathGroup>,
    /// How many objects have a path.
    pub count: u64,
    top: (u32, u32),
}

impl MergedPaths {
    /// Indices of the groups below one, or of those that the root holds: the one with most objects first.
    #[must_use]
    pub fn children(&self, group: Option<u32>) -> Range<u32> {
        let (start, end) = match group {
            None => self.top,
            Some(group) => self.groups.get(group as usize).map_or((0, 0), |group| group.children),
        };
        start..end
    }

    /// Bytes held on the heap.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.groups.capacity() * size_of::<PathGroup>()
    }
}

/// What tells apart groups below one: the class, and the kind and name of the reference. Elements are all alike, and so are
/// other references that are numbered.
type GroupKey = (u32, u32, u8, u32);

struct Placer<'a> {
    snapshot: &'a Snapshot,
    /// Classes of scripts that were loaded again are one class on a path.
    joined: &'a JoinedClasses,
    groups: Vec<PathGroup>,
    parents: Vec<u32>,
    by_key: HashMap<GroupKey, u32>,
    /// Group of each node, by ordinal.
    places: Vec<u32>,
}

/// Merges the paths of `nodes`. Objects that no strong reference leads to from the root have none and are left out.
///
/// # Errors
/// [`Cancelled`] when `cancel` says so.
pub fn merged_paths(snapshot: &Snapshot, nodes: &[u32], cancel: &CancelToken) -> Result<MergedPaths, Cancelled> {
    let mut placer = Placer {
        snapshot,
        joined: join_reloaded(snapshot, cancel)?,
        groups: Vec::new(),
        parents: Vec::new(),
        by_key: HashMap::new(),
        places: vec![UNKNOWN; snapshot.graph().node_count()],
    };
    // Those that another one dominates are freed with it and not counted again.
    let mut ordered: Vec<u32> = nodes.to_vec();
    ordered.sort_unstable_by_key(|&node| snapshot.dominators().position(NodeOrdinal(node)));
    cancel.check()?;
    let mut outermost: Option<NodeOrdinal> = None;
    for (at, node) in ordered.into_iter().map(NodeOrdinal).enumerate() {
        cancel.check_every(at)?;
        let is_inside = outermost.is_some_and(|outer| snapshot.dominators().dominates(outer, node));
        if !is_inside {
            outermost = Some(node);
        }
        let group = placer.place(node, cancel)?;
        if let Some(group) = placer.groups.get_mut(group as usize) {
            group.count += 1;
            group.ends += 1;
            group.shallow_size = group.shallow_size.saturating_add(snapshot.shallow_size(node));
            let retained = if is_inside { 0 } else { snapshot.retained_size(node) };
            group.retained_size = group.retained_size.saturating_add(retained);
            // An object of its own says more than one on the way.
            group.example = if group.ends == 1 { node } else { group.example };
        }
    }
    Ok(placer.finish())
}

impl Placer<'_> {
    /// The group of a node, with all groups on its way to the root.
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
            let Some(edge) = nearest_retainer(self.snapshot, at, cancel)? else {
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

    /// Adds up from below and brings the groups into the order of a walk by levels, in which children stand together.
    fn finish(mut self) -> MergedPaths {
        // A group is made after its parent, so all below a group stand behind it.
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
        let mut merged = MergedPaths { groups: Vec::new(), count: 0, top: (0, u32::try_from(top.len()).unwrap_or(0)) };
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
