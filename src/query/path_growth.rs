//! Retaining paths over a series: how the objects of a class are held in each snapshot, and which of these paths grow.
//!
//! Each object has the path of its nearest retainers. Paths are equivalent if they differ only in an element index, in the
//! key of a Map or of an object used as one, or in the number of repetitions of a chain. So a cache that replaces its
//! entries is a path with a stable count, however many of its entries are new, and a leak of the same class beside it
//! is a path with a growing count.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use super::comparison::Buckets;
use super::edges::{Sources, retains};
use super::growth::Growth;
use super::reloaded::{Grouping, Identity, ScriptUrls};
use super::scripts::Scripts;
use crate::graph::HeapGraph;
use crate::model::{CancelToken, Cancelled, ClassId, EdgeIndex, EdgeKind, NodeOrdinal, StringId, difference};
use crate::snapshot::Snapshot;

const UNKNOWN: u32 = u32::MAX;
/// The path of unreachable objects.
const UNREACHED: u32 = u32::MAX - 1;
/// The parent of paths that start at a root.
const TOP: u32 = u32::MAX - 2;
/// The name of references that are numbered or named by keys.
const ANY_NAME: u32 = u32::MAX;
/// An object with more properties than this that lead to objects of one class is used as a map: their names are keys.
const KEYS: usize = 16;
/// Growth in every step ranks first if it is at least one part in this many of the growth of the classes.
const FAIR_PART: i64 = 10;
/// A step that repeats one of this many previous steps repeats a chain.
const PERIOD: usize = 8;

/// Objects of a class that are held alike.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct HeldAlike {
    /// One of them in the last snapshot: preferably a survivor, otherwise preferably a new one.
    pub example: NodeOrdinal,
    /// The references from the example up to a root, each from the nearest retainer.
    pub path: Vec<EdgeIndex>,
    /// The number of objects in each snapshot.
    pub counts: Vec<u64>,
    /// The objects of the last snapshot that are not in the first; and those of them that are in one before the last.
    pub new_count: u64,
    pub survivor_count: u64,
}

/// The paths of a series of snapshots, which are computed on demand.
#[derive(Debug)]
pub(crate) struct PathGrowth<'a> {
    ways: Ways,
    /// The oldest first.
    sides: Vec<Side<'a>>,
}

impl<'a> PathGrowth<'a> {
    /// Prepares the paths of some snapshots, the oldest first, with the scripts of each. Snapshots of one process share
    /// the URLs of scripts, as in [`super::growth()`].
    ///
    /// # Errors
    /// Returns [`Cancelled`] if the operation is cancelled.
    pub(crate) fn new(
        snapshots: &[&'a Snapshot],
        scripts: &[Scripts],
        is_one_process: bool,
        cancel: &CancelToken,
    ) -> Result<Self, Cancelled> {
        let mut ways = Ways::default();
        let mut sides = Vec::new();
        let Some(&last) = snapshots.last() else { return Ok(Self { ways, sides }) };
        let shared = ScriptUrls::of_process(scripts);
        for (&snapshot, scripts) in snapshots.iter().zip(scripts) {
            let urls = if is_one_process { &shared } else { &ScriptUrls::of(scripts) };
            let classes = snapshot.regrouped(last.shapes(), cancel)?;
            let classes = if std::ptr::eq(snapshot, last) { Cow::Borrowed(last.classes()) } else { classes };
            sides.push(Side::new(snapshot, Grouping::new(snapshot, classes, urls, cancel)?, &mut ways));
        }
        let classes = ways.classes.len();
        for side in &mut sides {
            side.list_members(classes);
        }
        Ok(Self { ways, sides })
    }

    /// Finds the path of objects of some classes that grows most: in every step if possible, otherwise from the first
    /// to the last snapshot. A step counts from `least_step` objects, or from one object if the path has a fair part of
    /// the growth of the classes. Returns `None` if the last snapshot has no such objects.
    ///
    /// # Errors
    /// Returns [`Cancelled`] if the operation is cancelled.
    pub(crate) fn most(
        &mut self,
        growth: &Growth,
        classes: &[usize],
        least_step: u64,
        cancel: &CancelToken,
    ) -> Result<Option<HeldAlike>, Cancelled> {
        let count = self.sides.len();
        let Some(newest) = count.checked_sub(1) else { return Ok(None) };
        let mut found: BTreeMap<u32, Found> = BTreeMap::new();
        for &class in classes {
            let Some(last_class) = growth.classes.get(class).and_then(|class| class.last_class) else { continue };
            let number = self.sides[newest].class_numbers[last_class.index()];
            for (at, side) in self.sides.iter_mut().enumerate() {
                let members = side.members.get(number as usize).to_vec();
                for node in members {
                    let way = side.place(NodeOrdinal(node), &mut self.ways, cancel)?;
                    let found = found.entry(way).or_insert_with(|| Found::new(count));
                    found.counts[at] += 1;
                    if at == newest {
                        found.any.get_or_insert(node);
                    }
                }
            }
            let side = &mut self.sides[newest];
            for &node in growth.new_objects(class) {
                let way = side.place(NodeOrdinal(node), &mut self.ways, cancel)?;
                let found = found.entry(way).or_insert_with(|| Found::new(count));
                found.new_count += 1;
                found.new.get_or_insert(node);
            }
            for &node in if count > 2 { growth.survivors(class) } else { &[] } {
                let way = side.place(NodeOrdinal(node), &mut self.ways, cancel)?;
                let found = found.entry(way).or_insert_with(|| Found::new(count));
                found.survivor_count += 1;
                found.survivor.get_or_insert(node);
            }
        }
        let grown: i64 = found.values().map(|found| found.grown().max(0)).fold(0, i64::saturating_add);
        let rank = |found: &Found| found.rank(least_step, grown / FAIR_PART);
        let most = found.into_iter().max_by_key(|(way, found)| (rank(found), std::cmp::Reverse(*way)));
        let Some((_, found)) = most else { return Ok(None) };
        let Some(example) = found.survivor.or(found.new).or(found.any).map(NodeOrdinal) else { return Ok(None) };
        let path = path(self.sides[newest].snapshot, example, cancel)?;
        let Found { counts, new_count, survivor_count, .. } = found;
        Ok(Some(HeldAlike { example, path, counts, new_count, survivor_count }))
    }
}

impl HeldAlike {
    /// Returns the path of an object, which need not be new. Counts nothing.
    ///
    /// # Errors
    /// Returns [`Cancelled`] if the operation is cancelled.
    pub(crate) fn of(snapshot: &Snapshot, node: NodeOrdinal, cancel: &CancelToken) -> Result<Self, Cancelled> {
        let path = path(snapshot, node, cancel)?;
        Ok(Self { example: node, path, counts: Vec::new(), new_count: 0, survivor_count: 0 })
    }
}

/// Returns the edge from a node's nearest retainer; `None` at the end of the path. Distances fall with every step, so a
/// path has no cycles.
pub(super) fn nearest_retainer(
    snapshot: &Snapshot,
    node: NodeOrdinal,
    cancel: &CancelToken,
) -> Result<Option<EdgeIndex>, Cancelled> {
    let graph = snapshot.graph();
    let own = snapshot.distance(node).0;
    let mut nearest: Option<(i32, EdgeIndex)> = None;
    for (at, (edge, source)) in Sources::of(graph, graph.retainers.row(node.index())).enumerate() {
        cancel.check_every(at + 1)?;
        let distance = snapshot.distance(source).0;
        let is_nearer = distance >= 0 && distance < own && nearest.is_none_or(|(least, _)| distance <= least);
        if is_nearer && retains(graph, edge, source) {
            nearest = Some((distance, edge));
            if distance + 1 == own {
                break;
            }
        }
    }
    Ok(nearest.map(|(_, edge)| edge))
}

/// Returns true if a reference is numbered: an element, or a slot of a table, which is internal and named by its
/// number.
pub(crate) fn is_numbered(graph: &HeapGraph, edge: EdgeIndex) -> bool {
    let kind = graph.edge_kind(edge);
    let name = StringId(graph.edge_names[edge.index()]);
    let is_slot = || graph.strings().raw(name).first().is_some_and(u8::is_ascii_digit);
    kind == EdgeKind::ELEMENT || kind == EdgeKind::HIDDEN || (kind == EdgeKind::INTERNAL && is_slot())
}

fn path(snapshot: &Snapshot, node: NodeOrdinal, cancel: &CancelToken) -> Result<Vec<EdgeIndex>, Cancelled> {
    let mut path = Vec::new();
    let mut at = node;
    while let Some(edge) = nearest_retainer(snapshot, at, cancel)? {
        path.push(edge);
        at = snapshot.graph().edge_source(edge);
    }
    Ok(path)
}

/// The objects with one path.
#[derive(Debug)]
struct Found {
    counts: Vec<u64>,
    new_count: u64,
    survivor_count: u64,
    /// An object of the last snapshot.
    any: Option<u32>,
    new: Option<u32>,
    survivor: Option<u32>,
}

impl Found {
    fn new(snapshots: usize) -> Self {
        Self { counts: vec![0; snapshots], new_count: 0, survivor_count: 0, any: None, new: None, survivor: None }
    }

    /// Ranks growth in every step above growth in a single step, however large, unless it is noise.
    fn rank(&self, least_step: u64, fair_part: i64) -> (bool, bool, i64, u64, u64) {
        let grown = self.grown();
        // A counter of steps grows in each of them.
        let least_step = if grown >= fair_part { 1 } else { least_step.max(1) };
        let in_every_step = self.counts.windows(2).all(|pair| pair[1].saturating_sub(pair[0]) >= least_step);
        (self.any.is_some(), in_every_step, grown, self.survivor_count, self.new_count)
    }

    fn grown(&self) -> i64 {
        match (self.counts.first(), self.counts.last()) {
            (Some(&first), Some(&last)) => difference(last, first),
            _ => 0,
        }
    }
}

/// A step down a path: the class of the target, and the kind and name of the reference.
type Step = (u32, u8, u32);

/// Paths from the roots, each a step longer than its parent, under one numbering for all snapshots.
#[derive(Debug, Default)]
struct Ways {
    classes: HashMap<Identity, u32>,
    names: HashMap<Box<[u8]>, u32>,
    by_step: HashMap<(u32, Step), u32>,
    parents: Vec<(u32, Step)>,
}

impl Ways {
    /// Returns the path extended by a step, or an earlier path if a chain repeats.
    fn step(&mut self, parent: u32, step: Step) -> u32 {
        let mut at = parent;
        for _ in 0..PERIOD {
            let Some(&(above, taken)) = self.parents.get(at as usize) else { break };
            if taken == step {
                return at;
            }
            at = above;
        }
        let next = u32::try_from(self.parents.len()).unwrap_or(UNREACHED);
        let way = *self.by_step.entry((parent, step)).or_insert(next);
        if way == next {
            self.parents.push((parent, step));
        }
        way
    }
}

/// One of the snapshots.
#[derive(Debug)]
struct Side<'a> {
    snapshot: &'a Snapshot,
    group: Grouping<'a>,
    /// The number of each class in [`Ways`].
    class_numbers: Vec<u32>,
    /// Objects that have a size, by the number of their class.
    members: Buckets,
    /// The names of references, by string.
    names: HashMap<u32, u32>,
    /// By holder and class of the held objects.
    has_keys: HashMap<(u32, u32), bool>,
    /// The path of each node.
    places: Vec<u32>,
}

impl<'a> Side<'a> {
    fn new(snapshot: &'a Snapshot, group: Grouping<'a>, ways: &mut Ways) -> Self {
        let mut number = |identity: &Identity| {
            let next = u32::try_from(ways.classes.len()).unwrap_or(UNKNOWN);
            *ways.classes.entry(identity.clone()).or_insert(next)
        };
        let class_numbers = group.identities.iter().map(&mut number).collect();
        let places = vec![UNKNOWN; snapshot.graph().node_count()];
        let (names, has_keys) = (HashMap::new(), HashMap::new());
        Self { snapshot, group, class_numbers, members: Buckets::of(&[], 0), names, has_keys, places }
    }

    fn list_members(&mut self, classes: usize) {
        let sized = self.snapshot.graph().nodes().filter(|&node| self.snapshot.shallow_size(node) > 0);
        let objects: Vec<(u32, u32)> = sized.map(|node| (self.number(node), node.0)).collect();
        self.members = Buckets::of(&objects, classes);
    }

    fn number(&self, node: NodeOrdinal) -> u32 {
        let ClassId(class) = self.group.classes.of(node);
        self.class_numbers[class as usize]
    }

    /// Returns the path of a node. Fills in the paths of all nodes on it.
    fn place(&mut self, node: NodeOrdinal, ways: &mut Ways, cancel: &CancelToken) -> Result<u32, Cancelled> {
        let graph = self.snapshot.graph();
        let mut path: Vec<(NodeOrdinal, EdgeIndex)> = Vec::new();
        let mut at = node;
        let mut way = loop {
            let known = self.places[at.index()];
            if known != UNKNOWN {
                break known;
            }
            cancel.check_every(path.len() + 1)?;
            let Some(edge) = nearest_retainer(self.snapshot, at, cancel)? else {
                let is_held = self.snapshot.distance(at).0 >= 0;
                let way = if is_held { ways.step(TOP, (self.number(at), u8::MAX, ANY_NAME)) } else { UNREACHED };
                self.places[at.index()] = way;
                break way;
            };
            path.push((at, edge));
            at = graph.edge_source(edge);
        };
        for (node, edge) in path.into_iter().rev() {
            if way != UNREACHED {
                let step = (self.number(node), graph.edge_kind(edge).0, self.name(node, edge, ways));
                way = ways.step(way, step);
            }
            self.places[node.index()] = way;
        }
        Ok(way)
    }

    /// Returns the name of a reference to a node, as paths distinguish them.
    fn name(&mut self, node: NodeOrdinal, edge: EdgeIndex, ways: &mut Ways) -> u32 {
        let graph = self.snapshot.graph();
        if is_numbered(graph, edge) || (graph.edge_kind(edge) == EdgeKind::PROPERTY && self.is_key(node, edge)) {
            return ANY_NAME;
        }
        let name = graph.edge_names[edge.index()];
        if let Some(&known) = self.names.get(&name) {
            return known;
        }
        let text = graph.strings().raw(StringId(name)).to_vec().into_boxed_slice();
        let next = u32::try_from(ways.names.len()).unwrap_or(ANY_NAME);
        let number = *ways.names.entry(text).or_insert(next);
        self.names.insert(name, number);
        number
    }

    /// Returns true if the holder of a property has so many properties leading to the node's class that their names are
    /// keys.
    fn is_key(&mut self, node: NodeOrdinal, edge: EdgeIndex) -> bool {
        let graph = self.snapshot.graph();
        let (holder, class) = (graph.edge_source(edge), self.number(node));
        if let Some(&known) = self.has_keys.get(&(holder.0, class)) {
            return known;
        }
        let is_alike = |&edge: &EdgeIndex| {
            graph.edge_kind(edge) == EdgeKind::PROPERTY && self.number(graph.edge_target(edge)) == class
        };
        let has_keys = graph.edges(holder).filter(is_alike).nth(KEYS).is_some();
        self.has_keys.insert((holder.0, class), has_keys);
        has_keys
    }
}
