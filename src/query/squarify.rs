//! The layout of the tiles in a rectangle: Bruls, Huizing, van Wijk, “Squarified Treemaps”, 2000.

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

/// Returns the areas of parts of these sizes in square points, largest first, in rows along the shorter side. A row grows as
/// long as that makes its parts more square. The space left at the end is the own share of the opened object.
pub(super) fn squarify(sizes: &[f32], area: Area) -> Vec<Area> {
    let mut areas = Vec::with_capacity(sizes.len());
    let mut free = area;
    let mut start = 0;
    while let Some(&largest) = sizes.get(start) {
        let shorter = free.shorter().max(1.0);
        let mut end = start + 1;
        let mut sum = largest;
        let mut worst = aspect(largest, largest, sum, shorter);
        while let Some(&smallest) = sizes.get(end) {
            let longer = sum + smallest;
            let next = aspect(largest, smallest, longer, shorter);
            if next > worst {
                break;
            }
            (sum, worst, end) = (longer, next, end + 1);
        }
        free = place_row(&sizes[start..end], free, sum, &mut areas);
        start = end;
    }
    areas
}

/// Returns the worst aspect ratio in a row of this area with these largest and smallest parts.
fn aspect(largest: f32, smallest: f32, sum: f32, shorter: f32) -> f32 {
    let square = (sum * sum).max(f32::MIN_POSITIVE);
    let smallest = smallest.max(f32::MIN_POSITIVE);
    (shorter * shorter * largest / square).max(square / (shorter * shorter * smallest))
}

/// Places a row along the shorter side and returns the free area beyond it.
fn place_row(row: &[f32], free: Area, sum: f32, areas: &mut Vec<Area>) -> Area {
    let is_tall = free.height > free.width;
    let shorter = free.shorter().max(1.0);
    let thickness = (sum / shorter).min(if is_tall { free.height } else { free.width });
    let mut along = 0.0;
    for size in row {
        let length = if sum > 0.0 { shorter * size / sum } else { 0.0 };
        areas.push(if is_tall {
            Area { x: free.x + along, y: free.y, width: length, height: thickness }
        } else {
            Area { x: free.x, y: free.y + along, width: thickness, height: length }
        });
        along += length;
    }
    if is_tall {
        Area { y: free.y + thickness, height: free.height - thickness, ..free }
    } else {
        Area { x: free.x + thickness, width: free.width - thickness, ..free }
    }
}
