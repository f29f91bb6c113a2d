//! The layout of the tiles in a rectangle: Bruls, Huizing, van Wijk, “Squarified Treemaps”, 2000.

use super::dominator_map::Tile;
use crate::model::convert;

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

    pub(super) fn size(&self) -> f32 {
        self.width * self.height
    }

    fn shorter(&self) -> f32 {
        self.width.min(self.height)
    }
}

/// Places parts, largest first, in rows along the shorter side. A row grows as long as that makes its tiles more
/// square. The space left at the end is the own share of the opened object.
pub(super) fn squarify(parts: &mut [Tile], area: Area, scale: f32) {
    let size = |tile: &Tile| convert::single(convert::float(tile.size)) * scale;
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

/// Returns the worst aspect ratio in a row of this area with these largest and smallest tiles.
fn aspect(largest: f32, smallest: f32, sum: f32, shorter: f32) -> f32 {
    let square = (sum * sum).max(f32::MIN_POSITIVE);
    let smallest = smallest.max(f32::MIN_POSITIVE);
    (shorter * shorter * largest / square).max(square / (shorter * shorter * smallest))
}

/// Places a row along the shorter side and returns the free area beyond it.
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
