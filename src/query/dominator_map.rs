//! A picture of the dominator tree: tiles as large as what they retain, those that are freed together inside each other.
//!
//! Squarified treemap (Bruls, Huizing, van Wijk, “Squarified Treemaps”, 2000), nested. Only what is larger than a few points
//! becomes a tile, so the work after one look at the children of what is shown depends on the picture's size, not on the
//! snapshot's.

use crate::model::{CancelToken, Cancelled, NodeOrdinal};
use crate::snapshot::Snapshot;

/// Tiles smaller than this many square points are summed up in one.
const MIN_AREA: f32 = 20.0;
/// A tile is opened if both its sides are at least this long.
const MIN_OPENED: f32 = 26.0;
/// Room for the name of an opened tile, and around what is in it.
const HEADER: f32 = 15.0;
const PADDING: f32 = 2.0;
/// The picture gets no better with more than these, and one of the smaller ones in each opened tile.
const MAX_TILES: usize = 3000;
const MAX_DEPTH: u32 = 8;

/// A rectangle of the picture, in points from its upper left corner.
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

/// An object with all that it retains, or what is too small to be shown alone.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Tile {
    /// `None` for the smaller ones together.
    pub node: Option<NodeOrdinal>,
    pub area: Area,
    /// 0 for the whole picture.
    pub depth: u32,
    /// Whether other tiles lie in this one.
    pub is_open: bool,
    /// How many objects down the chain of those that retain nearly all of it those tiles hang.
    pub skipped: u32,
    /// Objects that a tile of smaller ones stands for; 1 for an object.
    pub count: u64,
    pub retained_size: u64,
}

/// The picture: outer tiles before those in them.
#[derive(Clone, Debug, Default)]
pub struct DominatorMap {
    pub tiles: Vec<Tile>,
}

impl DominatorMap {
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
    let whole = Tile {
        node: Some(root),
        area: Area { x: 0.0, y: 0.0, width, height },
        depth: 0,
        is_open: false,
        skipped: 0,
        count: 1,
        retained_size: snapshot.retained_size(root),
    };
    let mut map = DominatorMap { tiles: vec![whole] };
    let mut next = 0;
    while next < map.tiles.len() {
        cancel.check()?;
        let tile = map.tiles[next];
        let inner = Area {
            x: tile.area.x + PADDING,
            y: tile.area.y + HEADER,
            width: tile.area.width - 2.0 * PADDING,
            height: tile.area.height - HEADER - PADDING,
        };
        let may_open = tile.depth < MAX_DEPTH && inner.width >= MIN_OPENED && inner.height >= MIN_OPENED;
        if let Some(node) = tile.node.filter(|_| may_open && map.tiles.len() < MAX_TILES) {
            let before = map.tiles.len();
            let (node, skipped) = down_the_chain(snapshot, node, cancel)?;
            open(snapshot, (node, tile.retained_size), inner, tile.depth + 1, &mut map.tiles, cancel)?;
            map.tiles[next].is_open = map.tiles.len() > before;
            map.tiles[next].skipped = skipped;
        }
        next += 1;
    }
    // A walk by levels puts outer tiles before inner ones already.
    Ok(map)
}

/// Follows children that alone retain nearly all of what their parent does: one inside the other they would tell little and
/// leave no room. Gives the last of them and how many there were.
fn down_the_chain(
    snapshot: &Snapshot,
    node: NodeOrdinal,
    cancel: &CancelToken,
) -> Result<(NodeOrdinal, u32), Cancelled> {
    let mut at = node;
    let mut steps = 0;
    loop {
        let own = snapshot.retained_size(at);
        let mut next = None;
        for (seen, child) in snapshot.dominators().dominated(at).enumerate() {
            cancel.check_every(seen + 1)?;
            if snapshot.retained_size(child) > own - own / 10 {
                next = Some(child);
                break;
            }
        }
        // The end of the chain itself has nothing to open.
        match next {
            Some(next) if snapshot.dominators().has_dominated(next) => (at, steps) = (next, steps + 1),
            _ => return Ok((at, steps)),
        }
    }
}

/// Adds the tiles in one tile.
fn open(
    snapshot: &Snapshot,
    (node, whole): (NodeOrdinal, u64),
    inner: Area,
    depth: u32,
    tiles: &mut Vec<Tile>,
    cancel: &CancelToken,
) -> Result<(), Cancelled> {
    if whole == 0 {
        return Ok(());
    }
    #[expect(clippy::cast_precision_loss, reason = "points on a screen")]
    let scale = inner.size() / whole as f32;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size")]
    let smallest = ((MIN_AREA / scale) as u64).max(1);
    let mut shown: Vec<(u64, NodeOrdinal)> = Vec::new();
    let (mut rest_count, mut rest_size) = (0, 0);
    for (at, child) in snapshot.dominators().dominated(node).enumerate() {
        cancel.check_every(at)?;
        let size = snapshot.retained_size(child);
        if size >= smallest {
            shown.push((size, child));
        } else if size > 0 {
            rest_count += 1;
            rest_size = u64::saturating_add(rest_size, size);
        }
    }
    // The largest first; equal ones as the file has them.
    shown.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    for (size, _) in shown.drain(shown.len().min(MAX_TILES - tiles.len())..) {
        rest_count += 1;
        rest_size = u64::saturating_add(rest_size, size);
    }
    let mut parts: Vec<Tile> = shown
        .into_iter()
        .map(|(size, node)| Tile {
            node: Some(node),
            area: Area::default(),
            depth,
            is_open: false,
            skipped: 0,
            count: 1,
            retained_size: size,
        })
        .collect();
    if rest_size >= smallest {
        let rest = Tile {
            node: None,
            area: Area::default(),
            depth,
            is_open: false,
            skipped: 0,
            count: rest_count,
            retained_size: rest_size,
        };
        let place = parts.partition_point(|part| part.retained_size >= rest_size);
        parts.insert(place, rest);
    }
    squarify(&mut parts, inner, scale);
    tiles.extend(parts);
    Ok(())
}

/// Places parts, the largest first, in rows along the shorter side, each row as long as that makes its tiles more square.
/// What is left over at the end is the opened object's own share.
fn squarify(parts: &mut [Tile], area: Area, scale: f32) {
    #[expect(clippy::cast_precision_loss, reason = "points on a screen")]
    let size = |tile: &Tile| tile.retained_size as f32 * scale;
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
