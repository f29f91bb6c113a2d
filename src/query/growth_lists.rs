//! The ordered lists of a growth: groups, the classes of each, and the new objects of a class.

use std::sync::Arc;

use super::growth::{GrownClass, Growth, growth};
use super::growth_groups::GrowthGroup;
use super::nodes::sorted;
use super::question::{Lane, Need, Needs, Question};
use super::sorting::utf16_order;
use super::{RowOrder, Sort};
use crate::model::{CancelToken, Cancelled, SnapshotId};
use crate::snapshot::Snapshot;

/// A sort key of classes over time.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum GrowthKey {
    Name,
    /// The number of objects in the last snapshot.
    Count,
    /// The growth of the number of objects since the first snapshot.
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
    /// Largest growth of the retained size first.
    pub const BY_RETAINED_GROWTH: Self = Self { key: GrowthKey::RetainedGrowth, descending: true };
}

fn is_wanted(class: &GrownClass, wanted: &str) -> bool {
    wanted.is_empty() || class.name.to_lowercase().contains(wanted)
}

/// Returns the groups of the classes with the text in their name, as indices into [`GrowthGroup::ALL`].
#[must_use]
pub(crate) fn grown_groups(growth: &Growth, class_name: &str) -> Vec<u32> {
    let wanted = class_name.to_lowercase();
    let has = |group: GrowthGroup| growth.classes.iter().any(|class| class.group == group && is_wanted(class, &wanted));
    (0..).zip(GrowthGroup::ALL).filter(|&(_, group)| has(group)).map(|(row, _)| row).collect()
}

/// Returns the classes of a group whose name contains the text, as indices into `Growth::classes`; ties by name, then
/// by position.
#[must_use]
pub fn grown_classes(growth: &Growth, group: GrowthGroup, sort: GrowthSort, class_name: &str) -> Vec<u32> {
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
        .filter(|(_, class)| class.group == group && is_wanted(class, &wanted))
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

/// Returns the new objects of a class in order; row ids are node ordinals of the last snapshot.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub(crate) fn grown_objects(
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

/// Snapshots of one process, the oldest first.
pub type Series = Arc<[SnapshotId]>;

/// Returns the snapshots of a series, in its order.
pub(super) fn snapshots_of<'a>(series: &Series, needs: &'a Needs) -> Vec<&'a Snapshot> {
    series.iter().map(|id| needs.snapshot(*id)).collect()
}

/// Asks for the growth of classes over a series.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct GrowthOf(pub Series);

impl Question for GrowthOf {
    type Answer = Growth;

    fn snapshots(&self) -> Vec<SnapshotId> {
        self.0.to_vec()
    }

    fn run(&self, needs: &Needs, cancel: &CancelToken) -> Result<Growth, Cancelled> {
        growth(&snapshots_of(&self.0, needs), cancel)
    }
}

/// A list of a growth.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SeriesList {
    /// The groups; row ids are indices into [`GrowthGroup::ALL`].
    Groups,
    /// The classes of a group; row ids are indices into [`Growth::classes`].
    Classes(GrowthGroup, GrowthSort),
    /// The new objects of a class; row ids are node ordinals of the last snapshot.
    Objects { class: u32, sort: Sort },
}

/// The question for a list of a growth.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct SeriesKey {
    pub series: Series,
    pub list: SeriesList,
    /// Classes: a part of the name.
    pub class_name: String,
}

impl Question for SeriesKey {
    type Answer = RowOrder;
    const LANE: Lane = Lane::Interactive;

    fn snapshots(&self) -> Vec<SnapshotId> {
        self.series.to_vec()
    }

    fn needs(&self) -> Vec<Need> {
        vec![Box::new(GrowthOf(Arc::clone(&self.series)))]
    }

    fn run(&self, needs: &Needs, cancel: &CancelToken) -> Result<RowOrder, Cancelled> {
        let growth = needs.answer(&GrowthOf(Arc::clone(&self.series)));
        let rows = match self.list {
            SeriesList::Groups => grown_groups(&growth, &self.class_name),
            SeriesList::Classes(group, sort) => grown_classes(&growth, group, sort, &self.class_name),
            SeriesList::Objects { class, sort } => match self.series.last() {
                Some(last) => grown_objects(&growth, needs.snapshot(*last), class, sort, cancel)?,
                None => Vec::new(),
            },
        };
        Ok(RowOrder { rows: Arc::new(rows) })
    }

    fn list(&self) -> Option<Self> {
        let list = match self.list {
            SeriesList::Groups => SeriesList::Groups,
            SeriesList::Classes(group, _) => SeriesList::Classes(group, GrowthSort::BY_RETAINED_GROWTH),
            SeriesList::Objects { class, .. } => SeriesList::Objects { class, sort: Sort::BY_RETAINED_SIZE },
        };
        Some(Self { series: Arc::clone(&self.series), list, class_name: String::new() })
    }
}
