//! Holders: the objects and fields that gather members over a series of snapshots.
//!
//! Objects that all snapshots have are common. Every other object belongs to its nearest common ancestor in the tree of
//! shortest retaining paths, that is, to the field through which that ancestor holds it. A bounded cache that replaces
//! its entries has as many of them in each snapshot; a leak has more in each. Fields that are reached by the same
//! normalized path count as one holder.

use std::cmp::Ordering;

use foldhash::HashMap;
use rayon::prelude::*;

use super::common::{ById, Shared, shared};
use super::tree::Tree;
use super::ways::{Field, Side, Ways};
use crate::model::{CancelToken, Cancelled, EdgeIndex, NodeOrdinal};
use crate::query::{Grouping, ScriptUrls, Scripts};
use crate::snapshot::Snapshot;

/// A number per snapshot.
pub(super) type PerSnapshot = Vec<u64>;

/// The objects of one class that a holder gathers and that are not common.
#[derive(Clone, Debug, Default)]
pub(super) struct Gathered {
    pub(super) counts: PerSnapshot,
    pub(super) sizes: PerSnapshot,
    /// The number of members among them; the others are parts of members.
    pub(super) members: PerSnapshot,
}

/// A holder and the objects that it gathers, without those that all snapshots have.
#[derive(Clone, Debug)]
pub(super) struct Holder {
    /// The normalized path to the object that has the field.
    pub(super) way: u32,
    /// The members that one object gathers, at most.
    most: u64,
    /// Members of the last snapshot that are not in the first; not more than [`SAMPLES`].
    pub(super) samples: Vec<NodeOrdinal>,
    pub(super) members: PerSnapshot,
    /// The shallow sizes of members and their parts.
    pub(super) bytes: PerSnapshot,
    /// The members of each snapshot that are not in the last one.
    pub(super) gone: PerSnapshot,
    /// By number of the class.
    pub(super) classes: Vec<(u32, Gathered)>,
}

/// The number of members that are kept as samples.
pub(super) const SAMPLES: usize = 256;
/// The number of those of one class.
const SAMPLES_OF_CLASS: u64 = 48;

/// The holders of a series, and the sides with their trees.
#[derive(Debug)]
pub(super) struct Series<'a> {
    pub(super) sides: Vec<Side<'a>>,
    pub(super) shared: Vec<Shared>,
    pub(super) ways: Ways,
    pub(super) holders: Vec<Holder>,
    /// The position in `holders` by normalized path and field.
    pub(super) by_key: HashMap<(u32, Field), usize>,
    /// An object of the last snapshot for each number of a class.
    pub(super) examples: Vec<Option<NodeOrdinal>>,
    /// The nodes of the last snapshot.
    pub(super) by_id: ById,
}

/// Finds the holders of a series of at least two snapshots of one process, the oldest first, with the scripts of each.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub(super) fn holders<'a>(
    snapshots: &[&'a Snapshot],
    scripts: &[Scripts],
    by_id: ById,
    cancel: &CancelToken,
) -> Result<Series<'a>, Cancelled> {
    let (shared, trees) = rayon::join(
        || shared(snapshots, cancel),
        || snapshots.par_iter().map(|snapshot| Tree::full(snapshot, cancel)).collect::<Result<Vec<_>, _>>(),
    );
    let (shared, trees) = (shared?, trees?);
    let mut ways = Ways::default();
    let urls = ScriptUrls::of_process(scripts);
    let mut sides = Vec::new();
    for (&snapshot, tree) in snapshots.iter().zip(trees) {
        let group = Grouping::new(snapshot, std::borrow::Cow::Borrowed(snapshot.classes()), &urls, cancel)?;
        sides.push(Side::new(snapshot, &group, &mut ways, tree));
    }
    sides.par_iter_mut().try_for_each(|side| side.find_fields(cancel))?;
    let by_side: Vec<Vec<Local>> = sides
        .par_iter()
        .zip(&shared)
        .map(|(side, shared)| gather(side, shared, cancel))
        .collect::<Result<_, Cancelled>>()?;
    let mut examples = vec![None; ways.class_count()];
    if let Some(side) = sides.last() {
        for node in side.snapshot.graph().nodes() {
            examples[side.class(node) as usize].get_or_insert(node);
        }
    }
    let (holders, by_key) = (Vec::new(), HashMap::default());
    let mut series = Series { sides, shared, ways, holders, by_key, examples, by_id };
    series.merge(by_side, cancel)?;
    Ok(series)
}

/// The objects that one field of one snapshot gathers.
#[derive(Debug)]
struct Local {
    /// One of the references of the field.
    edge: EdgeIndex,
    members: u64,
    bytes: u64,
    gone: u64,
    samples: Vec<NodeOrdinal>,
    /// By number of the class: objects, bytes and members.
    classes: HashMap<u32, (u64, u64, u64)>,
}

const NO_GROUP: u32 = u32::MAX;

/// Assigns each object that is not common to a field.
fn gather(side: &Side<'_>, shared: &Shared, cancel: &CancelToken) -> Result<Vec<Local>, Cancelled> {
    let snapshot = side.snapshot;
    let count = snapshot.graph().node_count();
    let mut locals: Vec<Local> = Vec::new();
    let mut by_edge: HashMap<u32, u32> = HashMap::default();
    // By node: its group, and the member that it belongs to.
    let mut groups = vec![NO_GROUP; count];
    let mut member_of = vec![NO_GROUP; count];
    for (at, &node) in side.tree.order().iter().enumerate() {
        cancel.check_every(at)?;
        let node = NodeOrdinal(node);
        if shared.all.contains(node.index()) || side.tree.is_held_by_code(node) {
            continue;
        }
        let Some((edge, parent)) = side.tree.parent(node) else { continue };
        let above = groups[parent.index()];
        let group = if above == NO_GROUP {
            let Some(field) = side.field_edge(node) else { continue };
            *by_edge.entry(field.0).or_insert_with(|| {
                locals.push(Local {
                    edge: field,
                    members: 0,
                    bytes: 0,
                    gone: 0,
                    samples: Vec::new(),
                    classes: HashMap::default(),
                });
                u32::try_from(locals.len() - 1).unwrap_or(NO_GROUP)
            })
        } else {
            above
        };
        groups[node.index()] = group;
        let Some(local) = locals.get_mut(group as usize) else { continue };
        let shallow = snapshot.shallow_size(node);
        local.bytes = local.bytes.saturating_add(shallow);
        let inside = member_of[parent.index()];
        let is_plumbing = side.is_plumbing(node);
        let continues =
            inside != NO_GROUP && side.is_chain(NodeOrdinal(inside), edge, node) && is_link(side, parent, inside);
        let is_member = !is_plumbing && (inside == NO_GROUP || continues);
        member_of[node.index()] = if is_member { node.0 } else { inside };
        let class = local.classes.entry(side.class(node)).or_default();
        if shallow > 0 {
            class.0 += 1;
            class.1 = class.1.saturating_add(shallow);
        }
        if is_member {
            class.2 += 1;
            local.members += 1;
            if !shared.last.contains(node.index()) {
                local.gone += 1;
            }
            // Some of each class: keys come before values.
            if class.2 <= SAMPLES_OF_CLASS && local.samples.len() < SAMPLES {
                local.samples.push(node);
            }
        }
    }
    Ok(locals)
}

/// Returns true if a node is the member itself or only plumbing away from it.
fn is_link(side: &Side<'_>, parent: NodeOrdinal, member: u32) -> bool {
    parent.0 == member || side.is_plumbing(parent)
}

impl Series<'_> {
    /// Joins the fields of all snapshots that are reached by the same normalized path.
    fn merge(&mut self, by_side: Vec<Vec<Local>>, cancel: &CancelToken) -> Result<(), Cancelled> {
        let count = self.sides.len();
        let last = count.saturating_sub(1);
        for (at, locals) in by_side.into_iter().enumerate() {
            for local in locals {
                let class = self.sides[at].class(self.sides[at].snapshot.graph().edge_target(local.edge));
                let (way, field) = self.key(at, local.edge, class, cancel)?;
                let next = self.holders.len();
                let holder = *self.by_key.entry((way, field)).or_insert(next);
                if holder == next {
                    self.holders.push(Holder::new(way, count));
                }
                self.holders[holder].add(at, last, local);
            }
        }
        Ok(())
    }

    /// Returns the normalized path and field of a reference to an object of a class.
    ///
    /// # Errors
    /// Returns [`Cancelled`] if the operation is cancelled.
    pub(super) fn key(
        &mut self,
        at: usize,
        edge: EdgeIndex,
        class: u32,
        cancel: &CancelToken,
    ) -> Result<(u32, Field), Cancelled> {
        let source = self.sides[at].snapshot.graph().edge_source(edge);
        let field = self.field(at, (source, edge, class));
        // A common object has the path of the last snapshot in all.
        let id = self.sides[at].snapshot.id(source).0;
        let (side, node) = match self.by_id.find(id).filter(|_| self.shared[at].all.contains(source.index())) {
            Some(node) => (self.sides.len() - 1, node),
            None => (at, source),
        };
        Ok((self.sides[side].way(node, &mut self.ways, cancel)?, field))
    }

    /// Returns the normalized field of a reference. Whether names are keys is decided in the last snapshot.
    fn field(&mut self, at: usize, (source, edge, class): (NodeOrdinal, EdgeIndex, u32)) -> Field {
        let (kind, name) = self.sides[at].field(edge, class, &mut self.ways);
        let last = self.sides.len() - 1;
        if at != last
            && let Some(node) = self.by_id.find(self.sides[at].snapshot.id(source).0)
        {
            let graph = self.sides[last].snapshot.graph();
            if let Some(first) = graph.edges(node).next()
                && kind == crate::model::EdgeKind::PROPERTY.0
                && self.sides[last].is_key(first, class)
            {
                return super::ways::CONTENTS;
            }
        }
        (kind, name)
    }
}

impl Holder {
    fn new(way: u32, snapshots: usize) -> Self {
        let none = vec![0; snapshots];
        let (members, bytes, gone) = (none.clone(), none.clone(), none);
        Self { way, most: 0, samples: Vec::new(), members, bytes, gone, classes: Vec::new() }
    }

    fn add(&mut self, at: usize, last: usize, local: Local) {
        let count = self.members.len();
        self.members[at] += local.members;
        self.bytes[at] = self.bytes[at].saturating_add(local.bytes);
        self.gone[at] += local.gone;
        if at == last {
            // The samples are from the object that gathers most.
            match local.members.cmp(&self.most) {
                Ordering::Greater => (self.most, self.samples) = (local.members, local.samples),
                Ordering::Equal => self.samples.extend(local.samples),
                Ordering::Less => {}
            }
            self.samples.truncate(SAMPLES);
        }
        let mut classes: Vec<(u32, (u64, u64, u64))> = local.classes.into_iter().collect();
        classes.sort_unstable();
        for (class, (objects, bytes, members)) in classes {
            let place = match self.classes.binary_search_by_key(&class, |(of, _)| *of) {
                Ok(place) => place,
                Err(place) => {
                    let empty = Gathered { counts: vec![0; count], sizes: vec![0; count], members: vec![0; count] };
                    self.classes.insert(place, (class, empty));
                    place
                }
            };
            let gathered = &mut self.classes[place].1;
            gathered.counts[at] += objects;
            gathered.sizes[at] = gathered.sizes[at].saturating_add(bytes);
            gathered.members[at] += members;
        }
    }
}
