//! The treemap of the dominator tree: tiles as large as what they retain, those that are freed together inside each other.
//!
//! Squarified treemap (Bruls, Huizing, van Wijk, “Squarified Treemaps”, 2000), nested. Only what is larger than a few points
//! becomes a tile, so the work after one look at the children of what is shown depends on the treemap's size, not on the
//! snapshot's.
//!
//! Objects that each retain little more than one other object, as those of a linked list do, would be thousands of frames
//! around each other. Such a chain is one tile, which opens into parts of the chain side by side: each part is as large as
//! what its objects retain without the parts after it.

use crate::model::{CancelToken, Cancelled, NodeOrdinal};
use crate::snapshot::Snapshot;

/// Tiles smaller than this many square points are summed up in one.
const MIN_AREA: f32 = 20.0;
/// A tile is opened if both its sides are at least this long.
const MIN_OPENED: f32 = 26.0;
/// Room for the name of an opened tile, and around what is in it.
const HEADER: f32 = 15.0;
const PADDING: f32 = 2.0;
/// The treemap gets no better with more than these, and one of the smaller ones in each opened tile.
const MAX_TILES: usize = 3000;
const MAX_DEPTH: u32 = 8;
/// Parts that a chain of nested objects is cut in.
const MAX_PARTS: u64 = 60;

/// A rectangle of the treemap, in points from its upper left corner.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Area {
    pub x: f32,
    pub y: f32,
    pub width: f32,
    pub height: f32,
}

impl Area {
    #[must_use]
    pub fn contains(&self, x: f32, y: f32) -> bool {
        (self.x..self.x + self.width).contains(&x) && (self.y..self.y + self.height).contains(&y)
    }

    fn size(&self) -> f32 {
        self.width * self.height
    }

    fn shorter(&self) -> f32 {
        self.width.min(self.height)
    }
}

/// An object with all that it retains, a chain of nested objects, or what is too small to be shown alone.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Tile {
    /// The object, or the outermost of nested ones; `None` for the smaller ones together.
    pub node: Option<NodeOrdinal>,
    /// The first nested object that is not part of this tile, since another tile has it.
    pub without: Option<NodeOrdinal>,
    pub area: Area,
    /// 0 for the whole treemap.
    pub depth: u32,
    /// Whether other tiles are in this one.
    pub is_open: bool,
    /// How many objects down the chain of those that retain nearly all of it those tiles are.
    pub skipped: u32,
    /// Number of objects: more than 1 for a chain of nested objects and for smaller ones together.
    pub count: u64,
    /// Retained size in bytes, less what `without` retains.
    pub size: u64,
}

impl Tile {
    /// Returns a tile of an object with all that it retains; it has no place yet.
    fn of(snapshot: &Snapshot, node: NodeOrdinal) -> Self {
        Self { node: Some(node), ..Self::rest(1, snapshot.retained_size(node)) }
    }

    /// Returns a tile of smaller objects together; it has no place yet.
    fn rest(count: u64, size: u64) -> Self {
        Self { node: None, without: None, area: Area::default(), depth: 0, is_open: false, skipped: 0, count, size }
    }

    /// Whether it is a chain of nested objects.
    #[must_use]
    pub fn is_chain(&self) -> bool {
        self.node.is_some() && self.count > 1
    }
}

/// The treemap: outer tiles before those in them.
#[derive(Clone, Debug, Default)]
pub struct DominatorMap {
    pub tiles: Vec<Tile>,
    /// The dominators from the root down to what fills the treemap, at most [`DominatorMap::ENDS`] at each end.
    pub way: Vec<NodeOrdinal>,
    /// How many are left out in the middle of `way`.
    pub left_out: usize,
}

impl DominatorMap {
    /// Dominators that are kept at each end of the way.
    pub const ENDS: usize = 3;

    /// The innermost tile at a point.
    #[must_use]
    pub fn at(&self, x: f32, y: f32) -> Option<&Tile> {
        self.tiles.iter().rev().find(|tile| tile.area.contains(x, y))
    }
}

/// Lays out what `root` dominates in a rectangle of that many points.
///
/// # Errors
/// [`Cancelled`] when `cancel` says so.
pub fn dominator_map(
    snapshot: &Snapshot,
    root: NodeOrdinal,
    (width, height): (f32, f32),
    cancel: &CancelToken,
) -> Result<DominatorMap, Cancelled> {
    let whole = Tile { area: Area { x: 0.0, y: 0.0, width, height }, ..Tile::of(snapshot, root) };
    let mut tiles = vec![whole];
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
        let may_open = tile.depth < MAX_DEPTH && inner.width >= MIN_OPENED && inner.height >= MIN_OPENED;
        if may_open && tiles.len() < MAX_TILES && tile.node.is_some() && tile.size > 0 {
            let (parts, skipped) = open(snapshot, &tile, inner, MAX_TILES - tiles.len(), cancel)?;
            tiles[next].is_open = !parts.is_empty();
            tiles[next].skipped = skipped;
            tiles.extend(parts);
        }
        next += 1;
    }
    // A walk by levels puts outer tiles before inner ones already.
    let (way, left_out) = way_to(snapshot, root, cancel)?;
    Ok(DominatorMap { tiles, way, left_out })
}

/// Returns both ends of the way from the root down to an object, and how many objects are between them.
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

/// Returns the child that alone retains nearly all of what its parent does, if it has children itself.
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

/// Returns the chain of heirs below an object, outermost first, up to `end`, which is not part of it.
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

/// What is in an opened tile: parts that can be seen, and the rest.
struct Contents<'a> {
    snapshot: &'a Snapshot,
    cancel: &'a CancelToken,
    /// Size in bytes from which a part can be seen.
    smallest: u64,
    shown: Vec<Tile>,
    rest: Tile,
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
    }

    /// Adds what an object dominates immediately, without one of them.
    fn add_children(&mut self, node: NodeOrdinal, without: Option<NodeOrdinal>) -> Result<(), Cancelled> {
        for (at, child) in self.snapshot.dominators().dominated(node).enumerate() {
            self.cancel.check_every(at)?;
            if Some(child) != without {
                self.add(Tile::of(self.snapshot, child));
            }
        }
        Ok(())
    }

    /// Adds a chain of nested objects that ends before `end`, cut in parts of like size.
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

    /// Adds what is in a tile; returns how many objects down it is.
    fn add_all(&mut self, tile: &Tile) -> Result<u32, Cancelled> {
        let Some(node) = tile.node else { return Ok(0) };
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
        // Frames around each other would tell little and leave no room.
        let mut outer = node;
        for &inner in &nested {
            self.add_children(outer, Some(inner))?;
            outer = inner;
        }
        self.add_children(last, None)?;
        Ok(u32::try_from(nested.len()).unwrap_or(u32::MAX))
    }
}

/// Returns the tiles in one tile, at most `most`, and how many objects down they are.
fn open(
    snapshot: &Snapshot,
    tile: &Tile,
    inner: Area,
    most: usize,
    cancel: &CancelToken,
) -> Result<(Vec<Tile>, u32), Cancelled> {
    #[expect(clippy::cast_precision_loss, reason = "points on a screen")]
    let scale = inner.size() / tile.size as f32;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size")]
    let smallest = ((MIN_AREA / scale) as u64).max(1);
    let mut contents = Contents { snapshot, cancel, smallest, shown: Vec::new(), rest: Tile::rest(0, 0) };
    let skipped = contents.add_all(tile)?;
    // The largest first; equal ones in the order of the file, or of their chain.
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
    for part in &mut shown {
        part.depth = tile.depth + 1;
    }
    squarify(&mut shown, inner, scale);
    Ok((shown, skipped))
}

/// Places parts, the largest first, in rows along the shorter side, each row as long as that makes its tiles more square.
/// What is left over at the end is the opened object's own share.
fn squarify(parts: &mut [Tile], area: Area, scale: f32) {
    #[expect(clippy::cast_precision_loss, reason = "points on a screen")]
    let size = |tile: &Tile| tile.size as f32 * scale;
    let mut free = area;
    let mut start = 0;
    while start < parts.len() {
        let shorter = free.shorter().max(1.0);
        let mut end = start + 1;
        let mut sum = size(&parts[start]);
        let mut worst = aspect(size(&parts[start]), size(&parts[start]), sum, shorter);
        while end < parts.len() {
            let longer = sum + size(&parts[end]);
            let next = aspect(size(&parts[start]), size(&parts[end]), longer, shorter);
            if next > worst {
                break;
            }
            (sum, worst, end) = (longer, next, end + 1);
        }
        free = place_row(&mut parts[start..end], free, sum, &size);
        start = end;
    }
}

/// The worst ratio of sides in a row of that many points whose largest and smallest tile are these.
fn aspect(largest: f32, smallest: f32, sum: f32, shorter: f32) -> f32 {
    let square = (sum * sum).max(f32::MIN_POSITIVE);
    let smallest = smallest.max(f32::MIN_POSITIVE);
    (shorter * shorter * largest / square).max(square / (shorter * shorter * smallest))
}

/// Places a row along the shorter side and returns what is free beyond it.
fn place_row(row: &mut [Tile], free: Area, sum: f32, size: &impl Fn(&Tile) -> f32) -> Area {
    let is_tall = free.height > free.width;
    let shorter = free.shorter().max(1.0);
    let thickness = (sum / shorter).min(if is_tall { free.height } else { free.width });
    let mut along = 0.0;
    for tile in row {
        let length = if sum > 0.0 { shorter * size(tile) / sum } else { 0.0 };
        tile.area = if is_tall {
            Area { x: free.x + along, y: free.y, width: length, height: thickness }
        } else {
            Area { x: free.x, y: free.y + along, width: thickness, height: length }
        };
        along += length;
    }
    if is_tall {
        Area { y: free.y + thickness, height: free.height - thickness, ..free }
    } else {
        Area { x: free.x + thickness, width: free.width - thickness, ..free }
    }
}
