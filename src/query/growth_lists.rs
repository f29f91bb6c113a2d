//! The lists of a growth over time: patterns, the classes of each, and what is new of a class, in order.

use super::Sort;
use super::growth::{GrownClass, Growth, Pattern};
use super::nodes::sorted;
use super::sorting::utf16_order;
use crate::model::{CancelToken, Cancelled};
use crate::snapshot::Snapshot;

/// What classes over time are sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum GrowthKey {
    Name,
    /// Objects in the last snapshot.
    Count,
    /// How many more than in the first.
    CountGrowth,
    New,
    Survivors,
    SizeGrowth,
    Retained,
    RetainedGrowth,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct GrowthSort {
    pub key: GrowthKey,
    pub descending: bool,
}

impl GrowthSort {
    /// What grew most first.
    pub const BY_SIZE_GROWTH: Self = Self { key: GrowthKey::SizeGrowth, descending: true };
}

fn is_wanted(class: &GrownClass, wanted: &str) -> bool {
    wanted.is_empty() || class.name.to_lowercase().contains(wanted)
}

/// The patterns that any class with the text in its name has, as indices into [`Pattern::ALL`].
#[must_use]
pub fn grown_patterns(growth: &Growth, class_name: &str) -> Vec<u32> {
    let wanted = class_name.to_lowercase();
    let has =
        |pattern: Pattern| growth.classes.iter().any(|class| class.pattern == pattern && is_wanted(class, &wanted));
    (0..).zip(Pattern::ALL).filter(|&(_, pattern)| has(pattern)).map(|(row, _)| row).collect()
}

/// Classes of a pattern whose name contains the text, as indices into `Growth::classes`; ties by name, then by position.
#[must_use]
pub fn grown_classes(growth: &Growth, pattern: Pattern, sort: GrowthSort, class_name: &str) -> Vec<u32> {
    let wanted = class_name.to_lowercase();
    let number = |row: u32| -> i128 {
        let points = growth.points(row as usize);
        let class = &growth.classes[row as usize];
        let last = points.last().copied().unwrap_or_default();
        match sort.key {
            GrowthKey::Name => 0,
            GrowthKey::Count => last.count.into(),
            GrowthKey::CountGrowth => GrownClass::grown(points, |point| point.count).into(),
            GrowthKey::New => class.new_count.into(),
            GrowthKey::Survivors => class.survivor_count.into(),
            GrowthKey::SizeGrowth => GrownClass::grown(points, |point| point.shallow_size).into(),
            GrowthKey::Retained => last.retained_size.into(),
            GrowthKey::RetainedGrowth => GrownClass::grown(points, |point| point.retained_size).into(),
        }
    };
    let mut rows: Vec<u32> = (0_u32..)
        .zip(&growth.classes)
        .filter(|(_, class)| class.pattern == pattern && is_wanted(class, &wanted))
        .map(|(row, _)| row)
        .collect();
    rows.sort_by(|&a, &b| {
        let by_name = utf16_order(&growth.classes[a as usize].name, &growth.classes[b as usize].name);
        let by_name = if sort.key == GrowthKey::Name && sort.descending { by_name.reverse() } else { by_name };
        let by_number = number(a).cmp(&number(b));
        let by_number = if sort.descending { by_number.reverse() } else { by_number };
        by_number.then(by_name).then(a.cmp(&b))
    });
    rows
}

/// What is new of a class, in the last snapshot and in order; row ids are node ordinals there.
///
/// # Errors
/// [`Cancelled`] when `cancel` says so.
pub fn grown_objects(
    growth: &Growth,
    last: &Snapshot,
    class: u32,
    sort: Sort,
    cancel: &CancelToken,
) -> Result<Vec<u32>, Cancelled> {
    let mut nodes = growth.new_objects(class as usize).to_vec();
    nodes.sort_unstable();
    sorted(last, &nodes, sort, cancel)
}
