//! The treemap of the newer of two snapshots with the growth of each of its objects since the older one.
//!
//! The tiles are those of [`super::dominator_map`]. If object ids match, a tile's growth is that of its object, which is new
//! if the older snapshot does not have it. Otherwise it is that of the object's class.

use std::collections::HashMap;
use std::sync::Arc;

use super::alike::{Alike, Likeness};
use super::comparison::{Comparison, ComparisonOf};
use super::dominator_map::{DominatorMap, dominator_map};
use super::question::{Lane, Need, Needs, Question};
use crate::model::{CancelToken, Cancelled, ClassId, HeapBytes, NodeOrdinal, SnapshotId, convert};
use crate::snapshot::Snapshot;

/// The retained sizes of an object or of its class in both snapshots, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TileGrowth {
    /// `None` if the older snapshot does not have the object.
    pub before: Option<u64>,
    pub after: u64,
}

/// Steps of a diverging scale of growth.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum GrowthStep {
    /// At most half as large as before.
    ShrankMuch,
    Shrank,
    /// The size changed by less than 2 %.
    Unchanged,
    Grew,
    /// At least twice as large as before, or new.
    GrewMuch,
}

impl TileGrowth {
    /// Returns the step on the scale of colors.
    #[must_use]
    pub fn step(self) -> GrowthStep {
        let Some(before) = self.before else { return GrowthStep::GrewMuch };
        let (before, after) = (convert::float(before), convert::float(self.after));
        let part = (after - before) / before.max(after).max(1.0);
        match part {
            ..=-0.5 => GrowthStep::ShrankMuch,
            ..=-0.02 => GrowthStep::Shrank,
            ..0.02 => GrowthStep::Unchanged,
            ..0.5 => GrowthStep::Grew,
            _ => GrowthStep::GrewMuch,
        }
    }
}

/// The growth of alike objects, by their dominator and the largest of them.
type AlikeGrowth = ((NodeOrdinal, NodeOrdinal), TileGrowth);

/// The treemap, and the growth of its objects.
#[derive(Clone, Debug)]
pub struct GrowthMap {
    pub map: Arc<DominatorMap>,
    /// True if the growth is that of classes, because object ids do not match.
    pub by_class: bool,
    /// By object, ascending.
    growth: Vec<(NodeOrdinal, TileGrowth)>,
    /// The growth of objects that are combined because they are alike, by their dominator and the largest of them.
    alike: Vec<AlikeGrowth>,
}

impl GrowthMap {
    /// Returns the growth of a tile with combined objects, of which this is the largest.
    #[must_use]
    pub fn of_alike(&self, alike: &Alike, largest: NodeOrdinal) -> Option<TileGrowth> {
        let at = self.alike.binary_search_by_key(&(alike.parent, largest), |&(of, _)| of).ok()?;
        Some(self.alike[at].1)
    }

    /// Returns the growth of a tile's object; `None` if it is on no tile.
    #[must_use]
    pub fn of(&self, node: NodeOrdinal) -> Option<TileGrowth> {
        let at = self.growth.binary_search_by_key(&node, |&(of, _)| of).ok()?;
        Some(self.growth[at].1)
    }
}

impl HeapBytes for GrowthMap {
    fn heap_bytes(&self) -> usize {
        self.map.heap_bytes()
            + self.growth.capacity() * size_of::<(NodeOrdinal, TileGrowth)>()
            + self.alike.capacity() * size_of::<AlikeGrowth>()
    }
}

/// Lays out the objects that `root` dominates in the newer snapshot, and finds the growth of those that are shown.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub fn growth_map(
    (base, current): (&Snapshot, &Snapshot),
    comparison: &Comparison,
    root: NodeOrdinal,
    size: (f32, f32),
    cancel: &CancelToken,
) -> Result<GrowthMap, Cancelled> {
    let map = dominator_map(current, root, size, cancel)?;
    let mut nodes: Vec<NodeOrdinal> = map.tiles.iter().flat_map(|tile| [tile.node, tile.largest]).flatten().collect();
    nodes.sort_unstable();
    nodes.dedup();
    cancel.check()?;
    let of_classes = if comparison.ids_match { HashMap::new() } else { of_classes(comparison) };
    let growth = |node: NodeOrdinal| {
        if comparison.ids_match {
            let before = same_object(base, current, node).map(|old| base.retained_size(old));
            return TileGrowth { before, after: current.retained_size(node) };
        }
        let class = current.class_id(node);
        let size = current.classes().get(class).retained_size;
        // Classes without a row are unchanged.
        of_classes.get(&class).copied().unwrap_or(TileGrowth { before: Some(size), after: size })
    };
    let mut tiles: Vec<AlikeTile> =
        map.tiles.iter().filter_map(|tile| Some((tile.alike?, tile.node?, tile.size))).collect();
    tiles.sort_unstable_by_key(|&(alike, largest, _)| (alike.parent, largest));
    let alike = if comparison.ids_match {
        of_alike((base, current), &tiles, cancel)?
    } else {
        tiles.iter().map(|&(alike, largest, _)| ((alike.parent, largest), growth(largest))).collect()
    };
    let growth = nodes.into_iter().map(|node| (node, growth(node))).collect();
    Ok(GrowthMap { map: Arc::new(map), by_class: !comparison.ids_match, growth, alike })
}

/// Objects that are combined because they are alike, the largest of them, and their size.
type AlikeTile = (Alike, NodeOrdinal, u64);

/// Returns the growth of tiles, which are sorted by their dominator and the largest object. Their size before is that of all
/// objects below the same dominator that were alike, whether they are still there or not.
fn of_alike(
    (base, current): (&Snapshot, &Snapshot),
    tiles: &[AlikeTile],
    cancel: &CancelToken,
) -> Result<Vec<AlikeGrowth>, Cancelled> {
    let mut grown = Vec::new();
    for tiles in tiles.chunk_by(|a, b| a.0.parent == b.0.parent) {
        let mut before: Vec<Option<u64>> = vec![None; tiles.len()];
        let parent = tiles[0].0.parent;
        if let Some(old) = same_object(base, current, parent) {
            let likeness = |largest| Likeness::of(current, largest).in_base(base, current);
            let places = tiles.iter().enumerate().filter_map(|(at, &(_, largest, _))| Some((likeness(largest)?, at)));
            let places: HashMap<Likeness, usize> = places.collect();
            for (at, child) in base.dominators().dominated(old).enumerate() {
                cancel.check_every(at)?;
                let Some(&place) = places.get(&Likeness::of(base, child)) else { continue };
                let size = base.retained_size(child);
                if size < tiles[place].0.below {
                    before[place] = Some(before[place].unwrap_or(0).saturating_add(size));
                }
            }
        }
        for (&(alike, largest, after), before) in tiles.iter().zip(before) {
            grown.push(((alike.parent, largest), TileGrowth { before, after }));
        }
    }
    Ok(grown)
}

/// Returns the object of the older snapshot with the same id and class.
fn same_object(base: &Snapshot, current: &Snapshot, node: NodeOrdinal) -> Option<NodeOrdinal> {
    base.graph().find_id(current.id(node)).filter(|&old| base.class(old).key == current.class(node).key)
}

/// Returns the growth of the classes that differ.
fn of_classes(comparison: &Comparison) -> HashMap<ClassId, TileGrowth> {
    let growth = |row: &super::ComparedClass| {
        let before = (row.base_count > 0).then_some(row.base_retained_size);
        Some((row.current_class?, TileGrowth { before, after: row.current_retained_size }))
    };
    comparison.classes.iter().filter_map(growth).collect()
}

/// Asks for the treemap of the newer of two snapshots with the growth of its objects.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct GrowthMapOf {
    pub base: SnapshotId,
    pub current: SnapshotId,
    /// The object that fills the treemap.
    pub root: NodeOrdinal,
    /// The width and height in points.
    pub size: [u32; 2],
}

impl GrowthMapOf {
    fn comparison(&self) -> ComparisonOf {
        ComparisonOf { base: self.base, current: self.current, joined: false }
    }
}

impl Question for GrowthMapOf {
    type Answer = GrowthMap;
    const LANE: Lane = Lane::Interactive;

    fn snapshots(&self) -> Vec<SnapshotId> {
        vec![self.base, self.current]
    }

    fn needs(&self) -> Vec<Need> {
        vec![Box::new(self.comparison())]
    }

    fn run(&self, needs: &Needs, cancel: &CancelToken) -> Result<GrowthMap, Cancelled> {
        let comparison = needs.answer(&self.comparison());
        let snapshots = (needs.snapshot(self.base), needs.snapshot(self.current));
        let size = self.size.map(|length| convert::single(f64::from(length))).into();
        growth_map(snapshots, &comparison, self.root, size, cancel)
    }
}
