//! The treemap of the dominator tree: the area of a tile is its retained size, and objects that are freed together are
//! nested.
//!
//! A nested squarified treemap. Only objects larger than a few points become tiles, so apart from two scans of the children
//! of visible objects, the cost depends on the size of the treemap, not of the snapshot.
//!
//! A chain of objects that each retain little more than the next one, such as a linked list, would become thousands of
//! nested frames. It is one tile, which opens into parts of the chain side by side. The size of a part is what its
//! objects retain without the parts after it.
//!
//! Many small objects that are alike are one tile, too. It opens if its members can be seen.

use super::alike::{self, Alike, Groups};
use super::squarify::{Area, squarify};
use crate::model::{CancelToken, Cancelled, HeapBytes, NodeOrdinal, convert};
use crate::snapshot::Snapshot;

/// Tiles smaller than this many square points are combined into one.
const MIN_AREA: f32 = 20.0;
/// A tile is opened if both its sides are at least this long.
const MIN_OPENED: f32 = 26.0;
/// The space for the name of an opened tile, and around its contents.
const HEADER: f32 = 15.0;
const PADDING: f32 = 2.0;
/// The maximum number of tiles, plus one for the smaller objects in each opened tile. More would not improve the
/// treemap.
const MAX_TILES: usize = 3000;
const MAX_DEPTH: u32 = 8;
/// The maximum number of parts of a chain of nested objects.
const MAX_PARTS: u64 = 60;
/// Objects from this many square points are not combined with others that are alike.
const MAX_ALIKE_AREA: f32 = 2500.0;

/// An object with everything it retains, a chain of nested objects, objects that are alike, or the combined objects too
/// small to be shown.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Tile {
    /// The object, the outermost of nested ones, or the largest of those that are alike; `None` for the combined smaller
    /// objects.
    pub node: Option<NodeOrdinal>,
    /// Present if the tile combines objects that are alike, or the smaller ones of them.
    pub alike: Option<Alike>,
    /// The largest of the combined smaller objects.
    pub largest: Option<NodeOrdinal>,
    /// The first nested object that is not part of this tile, because another tile contains it.
    pub without: Option<NodeOrdinal>,
    pub area: Area,
    /// 0 for the whole treemap.
    pub depth: u32,
    /// True if this tile contains other tiles.
    pub is_open: bool,
    /// The number of objects in the chain that is skipped between this tile and its contents.
    pub skipped: u32,
    /// The number of objects: more than 1 for a chain of nested objects and for combined ones.
    pub count: u64,
    /// The retained size in bytes, minus that of `without`.
    pub size: u64,
}

impl Tile {
    /// Creates a tile of an object with everything it retains. It has no position yet.
    fn of(snapshot: &Snapshot, node: NodeOrdinal) -> Self {
        Self { node: Some(node), ..Self::rest(1, snapshot.retained_size(node)) }
    }

    /// Creates a tile of combined smaller objects. It has no position yet.
    fn rest(count: u64, size: u64) -> Self {
        let area = Area::default();
        let (node, alike, largest, without) = (None, None, None, None);
        Self { node, alike, largest, without, area, depth: 0, is_open: false, skipped: 0, count, size }
    }

    /// Returns true if the tile is a chain of nested objects.
    #[must_use]
    pub fn is_chain(&self) -> bool {
        self.node.is_some() && self.alike.is_none() && self.count > 1
    }
}

/// The treemap: outer tiles before inner ones.
#[derive(Clone, Debug, Default)]
pub struct DominatorMap {
    pub tiles: Vec<Tile>,
    /// The dominators from the root down to the object that fills the treemap, at most [`DominatorMap::ENDS`] at each
    /// end.
    pub way: Vec<NodeOrdinal>,
    /// The number of objects left out in the middle of `way`.
    pub left_out: usize,
}

impl DominatorMap {
    /// The number of dominators kept at each end of the path.
    pub const ENDS: usize = 3;

    /// Returns the innermost tile at a point.
    #[must_use]
    pub fn at(&self, x: f32, y: f32) -> Option<&Tile> {
        self.tiles.iter().rev().find(|tile| tile.area.contains(x, y))
    }
}

impl HeapBytes for DominatorMap {
    fn heap_bytes(&self) -> usize {
        self.tiles.capacity() * size_of::<Tile>() + self.way.capacity() * size_of::<NodeOrdinal>()
    }
}

/// Lays out the objects that `root` dominates in a rectangle of this size in points.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub fn dominator_map(
    snapshot: &Snapshot,
    root: NodeOrdinal,
    (width, height): (f32, f32),
    cancel: &CancelToken,
) -> Result<DominatorMap, Cancelled> {
    let whole = Tile { area: Area { x: 0.0, y: 0.0, width, height }, ..Tile::of(snapshot, root) };
    let mut tiles = vec![whole];
    let mut lists: Vec<Vec<NodeOrdinal>> = Vec::new();
    let mut next = 0;
    while next < tiles.len() {
        cancel.check()?;
        let tile = tiles[next];
        let inner = Area {
            x: tile.area.x + PADDING,
            y: tile.area.y + HEADER,
            width: tile.area.width - 2.0 * PADDING,
            height: tile.area.height - HEADER - PADDING,
        };
        let most = MAX_TILES.saturating_sub(tiles.len());
        // Of alike objects, all are tiles or none is.
        let visible = convert::whole(inner.size().max(0.0) / (1.5 * MIN_AREA)).min(most as u64);
        let are_visible = tile.alike.is_none_or(|alike| alike.list.is_some() && tile.count <= visible);
        let has_room = inner.width >= MIN_OPENED && inner.height >= MIN_OPENED;
        let may_open = tile.depth < MAX_DEPTH && has_room && are_visible;
        if may_open && most > 0 && tile.node.is_some() && tile.size > 0 {
            let (parts, skipped) = open(snapshot, &tile, inner, (most, &mut lists), cancel)?;
            tiles[next].is_open = !parts.is_empty();
            tiles[next].skipped = skipped;
            tiles.extend(parts);
        }
        next += 1;
    }
    // A breadth-first walk puts outer tiles before inner ones.
    let (way, left_out) = way_to(snapshot, root, cancel)?;
    Ok(DominatorMap { tiles, way, left_out })
}

/// Returns both ends of the path from the root down to an object, and the number of objects between them.
fn way_to(
    snapshot: &Snapshot,
    node: NodeOrdinal,
    cancel: &CancelToken,
) -> Result<(Vec<NodeOrdinal>, usize), Cancelled> {
    let mut way = vec![node];
    let mut at = node;
    while at != snapshot.root() {
        cancel.check_every(way.len())?;
        at = snapshot.dominators().dominator(at);
        way.push(at);
    }
    way.reverse();
    let left_out = way.len().saturating_sub(2 * DominatorMap::ENDS);
    if left_out > 0 {
        way.drain(DominatorMap::ENDS..DominatorMap::ENDS + left_out);
    }
    Ok((way, left_out))
}

/// Returns the child that alone retains nearly everything its parent does, if it has children itself.
fn heir(snapshot: &Snapshot, node: NodeOrdinal, cancel: &CancelToken) -> Result<Option<NodeOrdinal>, Cancelled> {
    let own = snapshot.retained_size(node);
    for (seen, child) in snapshot.dominators().dominated(node).enumerate() {
        cancel.check_every(seen + 1)?;
        if snapshot.retained_size(child) > own - own / 10 {
            return Ok(Some(child).filter(|&child| snapshot.dominators().has_dominated(child)));
        }
    }
    Ok(None)
}

/// Returns the chain of heirs below an object, outermost first, up to `end` (exclusive).
fn chain(
    snapshot: &Snapshot,
    node: NodeOrdinal,
    end: Option<NodeOrdinal>,
    cancel: &CancelToken,
) -> Result<Vec<NodeOrdinal>, Cancelled> {
    let mut found = Vec::new();
    let mut at = node;
    while let Some(next) = heir(snapshot, at, cancel)?.filter(|next| Some(*next) != end) {
        cancel.check_every(found.len() + 1)?;
        found.push(next);
        at = next;
    }
    Ok(found)
}

/// The contents of an opened tile: visible parts, and the rest.
struct Contents<'a> {
    snapshot: &'a Snapshot,
    cancel: &'a CancelToken,
    /// The smallest visible size in bytes, and that from which an object is not combined with others that are alike.
    smallest: u64,
    large: u64,
    shown: Vec<Tile>,
    rest: Tile,
    /// The retained size of `rest.largest`.
    largest_size: u64,
    /// The objects of tiles that combine those that are alike.
    lists: &'a mut Vec<Vec<NodeOrdinal>>,
}

impl Contents<'_> {
    fn add(&mut self, part: Tile) {
        if part.size >= self.smallest {
            self.shown.push(part);
        } else if part.size > 0 {
            self.leave_out(&part);
        }
    }

    fn leave_out(&mut self, part: &Tile) {
        self.rest.count += part.count;
        self.rest.size = self.rest.size.saturating_add(part.size);
        let size = part.node.map_or(0, |node| self.snapshot.retained_size(node));
        if size > self.largest_size {
            self.largest_size = size;
            self.rest.largest = part.node;
        }
    }

    /// Adds the objects that an object immediately dominates, except one.
    fn add_children(&mut self, node: NodeOrdinal, without: Option<NodeOrdinal>) -> Result<(), Cancelled> {
        let snapshot = self.snapshot;
        let mut groups = Groups::default();
        for (at, child) in snapshot.dominators().dominated(node).enumerate() {
            self.cancel.check_every(at)?;
            let part = Tile::of(snapshot, child);
            if Some(child) == without || part.size == 0 {
                continue;
            }
            if part.size >= self.large || !groups.add(snapshot, child, part.size) {
                self.add(part);
            }
        }
        let Groups { all: groups, objects, .. } = groups;
        // A list is kept only of objects that can be tiles.
        let can_open = alike::LEAST..=MAX_TILES as u64;
        let mut lists = Vec::with_capacity(groups.len());
        for group in &groups {
            let has_list = can_open.contains(&group.count) && group.size >= self.smallest;
            lists.push(has_list.then_some(self.lists.len()));
            self.lists.extend(has_list.then(Vec::new));
        }
        for (at, (group, child)) in objects.into_iter().enumerate() {
            self.cancel.check_every(at)?;
            if groups[group as usize].count < alike::LEAST {
                self.add(Tile::of(snapshot, child));
            } else if let Some(list) = lists[group as usize] {
                self.lists[list].push(child);
            }
        }
        for (group, list) in groups.iter().zip(lists).filter(|(group, _)| group.count >= alike::LEAST) {
            let list = list.and_then(|list| u32::try_from(list).ok());
            let alike = Alike { parent: node, below: self.large, list };
            let part = Tile::rest(group.count, group.size);
            self.add(Tile { node: Some(group.largest), alike: Some(alike), ..part });
        }
        Ok(())
    }

    /// Adds a chain of nested objects up to `end` (exclusive), cut into parts of similar size.
    fn add_chain(&mut self, links: &[NodeOrdinal], end: Option<NodeOrdinal>) {
        let retained = |node: NodeOrdinal| self.snapshot.retained_size(node);
        let size_of_end = end.map_or(0, retained);
        let whole = links.first().map_or(0, |&first| retained(first)).saturating_sub(size_of_end);
        let enough = self.smallest.max(whole / MAX_PARTS);
        let mut start = 0;
        for (at, _) in links.iter().enumerate() {
            let next = links.get(at + 1).copied().or(end);
            let size = retained(links[start]).saturating_sub(next.map_or(0, retained));
            if size >= enough || at + 1 == links.len() {
                let part = Tile::rest((at + 1 - start) as u64, size);
                self.add(Tile { node: Some(links[start]), without: next, ..part });
                start = at + 1;
            }
        }
    }

    /// Adds the contents of a tile. Returns the number of skipped objects.
    fn add_all(&mut self, tile: &Tile) -> Result<u32, Cancelled> {
        let Some(node) = tile.node else { return Ok(0) };
        if let Some(alike) = tile.alike {
            self.rest.alike = tile.alike;
            let list = alike.list.and_then(|list| self.lists.get_mut(list as usize));
            for (at, member) in list.map(std::mem::take).unwrap_or_default().into_iter().enumerate() {
                self.cancel.check_every(at)?;
                self.add(Tile::of(self.snapshot, member));
            }
            return Ok(0);
        }
        if tile.is_chain() {
            let mut links = vec![node];
            links.extend(chain(self.snapshot, node, tile.without, self.cancel)?);
            self.add_chain(&links, tile.without);
            return Ok(0);
        }
        if tile.without.is_some() {
            self.add_children(node, tile.without)?;
            return Ok(0);
        }
        let nested = chain(self.snapshot, node, None, self.cancel)?;
        let [first, .., last] = nested[..] else {
            self.add_children(nested.first().copied().unwrap_or(node), None)?;
            return Ok(u32::from(!nested.is_empty()));
        };
        if self.snapshot.retained_size(last) < tile.size / 2 {
            self.add_children(node, Some(first))?;
            let size = self.snapshot.retained_size(first);
            self.add(Tile { node: Some(first), ..Tile::rest(nested.len() as u64, size) });
            return Ok(0);
        }
        // Skip frames that would only surround each other and leave no space.
        let mut outer = node;
        for &inner in &nested {
            self.add_children(outer, Some(inner))?;
            outer = inner;
        }
        self.add_children(last, None)?;
        Ok(u32::try_from(nested.len()).unwrap_or(u32::MAX))
    }
}

/// Returns the tiles in a tile, at most `most`, and the number of skipped objects.
fn open(
    snapshot: &Snapshot,
    tile: &Tile,
    inner: Area,
    (most, lists): (usize, &mut Vec<Vec<NodeOrdinal>>),
    cancel: &CancelToken,
) -> Result<(Vec<Tile>, u32), Cancelled> {
    let scale = inner.size() / convert::single(convert::float(tile.size));
    let smallest = convert::whole(MIN_AREA / scale).max(1);
    let large = convert::whole(MAX_ALIKE_AREA / scale).max(1);
    let (shown, rest) = (Vec::new(), Tile::rest(0, 0));
    let mut contents = Contents { snapshot, cancel, smallest, large, shown, rest, largest_size: 0, lists };
    let skipped = contents.add_all(tile)?;
    // Largest first; ties in the order of the file, or of their chain.
    contents.shown.sort_by_key(|part| std::cmp::Reverse(part.size));
    let hidden = contents.shown.split_off(contents.shown.len().min(most));
    for part in &hidden {
        contents.leave_out(part);
    }
    let Contents { mut shown, rest, .. } = contents;
    if rest.size >= smallest {
        let place = shown.partition_point(|part| part.size >= rest.size);
        shown.insert(place, rest);
    }
    let sizes: Vec<f32> = shown.iter().map(|part| convert::single(convert::float(part.size)) * scale).collect();
    for (part, area) in shown.iter_mut().zip(squarify(&sizes, inner)) {
        (part.depth, part.area) = (tile.depth + 1, area);
    }
    Ok((shown, skipped))
}
